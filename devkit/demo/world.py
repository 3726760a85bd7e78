# SPDX-License-Identifier: Apache-2.0
"""Everything the demo needs, started and stopped together: the plugin, a model, the engine."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from devkit.clock import HOURS_FILE, PLUGIN, Hours, OnTime
from devkit.demo.scenario import EXAMPLES, ModelIs
from devkit.engine import Runner, Workflow, load_workflow, read_declarations
from devkit.engine.plugin_tools import PluginTools
from devkit.host import HostStorage, PluginHost
from devkit.model_endpoint import ModelEndpoint, model_endpoint

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class World:
    """A running plugin with a model, and the workflows to run on them. `hours` is how late it is for the plugin.

    `workflow` takes requests in, `resume` takes the answers to questions.
    """

    host: PluginHost
    hours: Hours
    endpoint: ModelEndpoint
    workflow: Workflow
    resume: Workflow

    def runner(self, model: ModelIs) -> Runner:
        """A runner whose tool calls reach the plugin, with the model there or gone."""
        credentials = dict(self.endpoint.credentials())
        if model is ModelIs.DOWN:
            credentials |= {
                "base_url": f"http://127.0.0.1:{_closed_port()}/v1",
                "allow_insecure_http": "true",
                "deadline_seconds": "3",
            }
        tools = OnTime(PluginTools(self.host, credentials), self.hours)
        return Runner(caller=tools, declarations=read_declarations(ROOT))


@contextmanager
def running_world() -> Iterator[World]:
    """The demo's world, with the endpoint of `LLM_BASE_URL` if that is set, else the stub."""
    with model_endpoint() as endpoint, _plugin() as (host, hours):
        policy = (EXAMPLES / "policy-gbp.yaml").read_text(encoding="utf-8")
        workflow = load_workflow(ROOT / "workflows" / "approval.yml").with_retry_interval(10)
        resume = load_workflow(ROOT / "workflows" / "approval_resume.yml").with_retry_interval(10)
        yield World(host, hours, endpoint, workflow.with_environment(POLICY=policy), resume)


@contextmanager
def _plugin() -> Iterator[tuple[PluginHost, Hours]]:
    """The plugin, and how late it is for it: a form that nobody answers has run out on its clock, too."""
    with TemporaryDirectory() as folder:
        hours = Hours(Path(folder) / "hours")
        env = {HOURS_FILE: str(hours.file)}
        with PluginHost(command=PLUGIN, cwd=ROOT, env=env, storage=HostStorage()) as host:
            yield host, hours


def _closed_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
