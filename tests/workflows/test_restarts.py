# SPDX-License-Identifier: Apache-2.0
"""The plugin is killed and started again in the middle of every tool node: no step is lost, and none counts twice.

Where a run meets the same tool again, or another file calls it with the same values, only the connection breaks.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from approvals.domain.terms import Event, Level, State
from devkit.bundle.command import shipped_tools
from devkit.clock import HOURS_FILE, PLUGIN, Hours, OnTime
from devkit.engine import DaemonDownError, Loss, Run, Runner, RunStatus, load_workflow
from devkit.engine.plugin_tools import RestartablePlugin
from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from tests.workflows.address_stories import ADDRESSES
from tests.workflows.conftest import credentials
from tests.workflows.stories import PROVIDER, ROOT, Stage, Step, Story, take

DECIDED = Story(
    State.APPROVED,
    [Step(level, "escalate" if level.above else "approve", ADDRESSES[level]) for level in Level],
    [Level.MANAGER],
    approvers=ADDRESSES,
)
SILENT = replace(DECIDED, ends=State.EXPIRED, steps=[Step(level) for level in Level])


@dataclass(slots=True)
class RestartAtEveryNode:
    """The first call of each node is lost, at the nodes of `restarted` as the plugin starts anew.

    `met` has the nodes in their order.
    """

    restart: Callable[[], None]
    loss: Loss
    restarted: Collection[str]
    met: list[str] = field(default_factory=list)

    def before_call(self, node_id: str) -> None:
        if self.loss is Loss.CALL:
            self._meet(node_id)

    def after_call(self, node_id: str) -> None:
        if self.loss is Loss.ANSWER:
            self._meet(node_id)

    def _meet(self, node_id: str) -> None:
        if node_id not in self.met:
            self.met.append(node_id)
            if node_id in self.restarted:
                self.restart()
            raise DaemonDownError(node_id)


@pytest.fixture(scope="module")
def restartable(stub: LlmStub, late: Hours) -> Iterator[RestartablePlugin]:
    storage = HostStorage()

    def make_host() -> PluginHost:
        env = {HOURS_FILE: str(late.file)}
        return PluginHost(PLUGIN, cwd=ROOT, env=env, storage=storage, credentials=credentials(stub))

    with RestartablePlugin(make_host) as plugin:
        yield plugin


def events(plugin: RestartablePlugin, request_id: str) -> Sequence[str]:
    """What the request's ledger has, oldest first."""
    answer = plugin.call(
        PROVIDER, "find_approvals", {"request_id": request_id, "verify_ledger": "true"}, "app"
    )
    assert answer.variables["ledger_ok"]
    return [entry["event"] for entry in answer.variables["approvals"][0]["history"]]


def played(
    stage: Stage,
    plugin: RestartablePlugin,
    late: Hours,
    story: Story,
    loss: Loss,
    restarted: Collection[str],
) -> tuple[Run, list[str]]:
    """The story with a loss at every node, and the nodes that met one."""
    daemon = RestartAtEveryNode(plugin.restart, loss, restarted)
    run = replace(stage, tools=OnTime(plugin, late), daemon=daemon).start(story)
    for step in story.steps:
        take(run, step)
    return run, daemon.met


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize(
    ("story", "node", "first"),
    [(DECIDED, "decide", ["analyze", "submit"]), (SILENT, "timeout", [])],
    ids=["decided", "silent"],
)
def test_every_node_of_approval_outlives_a_restart(
    story: Story,
    node: str,
    first: list[str],
    loss: Loss,
    stage: Stage,
    restartable: RestartablePlugin,
    late: Hours,
) -> None:
    restarted = [*first, *(f"{node}_{level}" for level in (Level.MANAGER, Level.EXECUTIVE))]
    run, met = played(stage, restartable, late, story, loss, restarted)

    assert met == ["analyze", "submit", *(f"{node}_{level}" for level in Level)]
    assert run.status is RunStatus.PARTIAL
    assert (run.outputs["state"], run.outputs["error"]) == (story.ends, "")
    said = [step.action or Event.TIMEOUT for step in story.steps]
    assert events(restartable, run.run_id) == [Event.SUBMIT, *said]


@pytest.mark.parametrize("name", ["address_stage", "webhook_stage", "resume_stage", "chat_stage"])
def test_the_other_files_outlive_an_answer_lost_at_every_node(
    name: str, request: pytest.FixtureRequest, restartable: RestartablePlugin, late: Hours
) -> None:
    stage = request.getfixturevalue(name)
    run, met = played(stage, restartable, late, DECIDED, Loss.ANSWER, ["decide_director"])

    assert [node for node in met if node.startswith("decide_")] == [f"decide_{level}" for level in Level]
    assert run.status is RunStatus.PARTIAL
    request_id = next(node.inputs["request_id"] for node in run.trace if node.node_id == "decide_executive")
    assert events(restartable, request_id) == [Event.SUBMIT, *(step.action for step in DECIDED.steps)]


def test_a_batch_outlives_a_restart_at_every_node(restartable: RestartablePlugin) -> None:
    workflow = load_workflow(ROOT / "workflows" / "approval_batch.yml").with_retry_interval(500)
    daemon = RestartAtEveryNode(restartable.restart, Loss.ANSWER, ["analyze", "submit", "report"])
    requests = [
        {"request_id": f"R-{number}", "content": "A hall", "amount": 90_000, "requester": "Ann"}
        for number in range(3)
    ]

    run = Runner(restartable, shipped_tools(ROOT), daemon=daemon).start(
        workflow, {"requests": json.dumps(requests)}
    )

    assert daemon.met == ["analyze", "submit", "report"]
    assert run.status is RunStatus.PARTIAL
    assert all(events(restartable, one["request_id"]) == [Event.SUBMIT] for one in requests)
    assert run.outputs["report"].count("under review") == len(requests) + 1
