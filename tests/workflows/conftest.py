# SPDX-License-Identifier: Apache-2.0
"""One plugin process and one model stub for all workflow tests; each run is a request of its own."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from devkit.clock import HOURS_FILE, PLUGIN, Hours, OnTime
from devkit.engine import Run, ToolCaller, load_workflow
from devkit.engine.plugin_tools import PluginTools
from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from tests.workflows.address_stories import ADDRESSED
from tests.workflows.approval_stories import ANALYSED, STORIES
from tests.workflows.stories import RecordStage, Stage, Story, play
from tests.workflows.ways_in import ByChat, by_webhook

ROOT = Path(__file__).parents[2]
KEY = "key-of-the-workflow-tests"

type Runs = Mapping[str, Future[Run]]


@pytest.fixture(scope="session")
def stub() -> Iterator[LlmStub]:
    with LlmStub(api_key=KEY) as running:
        yield running


def credentials(stub: LlmStub) -> dict[str, str]:
    """What the workspace has saved for the plugin."""
    return {
        "api_key": KEY,
        "base_url": stub.base_url,
        "allow_insecure_http": "true",
        "deadline_seconds": "5",
    }


@pytest.fixture(scope="session")
def late(tmp_path_factory: pytest.TempPathFactory) -> Hours:
    """How late it is for the plugin of the stories."""
    return Hours(tmp_path_factory.mktemp("clock") / "hours")


@pytest.fixture(scope="session")
def plugin(stub: LlmStub, late: Hours) -> Iterator[PluginHost]:
    env = {HOURS_FILE: str(late.file)}
    with PluginHost(PLUGIN, cwd=ROOT, env=env, storage=HostStorage(), credentials=credentials(stub)) as host:
        yield host


@pytest.fixture(scope="session")
def tools(plugin: PluginHost, late: Hours) -> ToolCaller:
    """The plugin's tools, as a workflow calls them."""
    return OnTime(PluginTools(plugin), late)


@pytest.fixture(scope="session")
def stage(tools: ToolCaller) -> Stage:
    """The shipped workflow with the real plugin behind it."""
    return Stage(tools, load_workflow(ROOT / "workflows" / "approval.yml").with_retry_interval(0))


@pytest.fixture(scope="session")
def address_stage(tools: ToolCaller) -> Stage:
    """The workflow for Dify 1.20, which writes to whom the policy names."""
    return Stage(tools, load_workflow(ROOT / "workflows" / "approval_v2.yml").with_retry_interval(0))


@pytest.fixture(scope="session")
def resume_stage(tools: ToolCaller) -> RecordStage:
    """The workflow that goes on from a record."""
    return RecordStage(
        tools, load_workflow(ROOT / "workflows" / "approval_resume.yml").with_retry_interval(0)
    )


@pytest.fixture(scope="session")
def webhook_stage(tools: ToolCaller) -> Stage:
    """The workflow that another system starts."""
    workflow = load_workflow(ROOT / "workflows" / "approval_webhook.yml").with_retry_interval(0)
    return Stage(tools, workflow, by_webhook)


@pytest.fixture(scope="session")
def chat_stage(tools: ToolCaller) -> Stage:
    """The chatflow, asked in four messages."""
    return Stage(
        tools, load_workflow(ROOT / "workflows" / "approval_chat.yml").with_retry_interval(0), ByChat()
    )


@pytest.fixture(scope="session")
def runs(stage: Stage) -> Runs:
    """Every story, played once."""
    return played(stage)


@pytest.fixture(scope="session")
def address_runs(address_stage: Stage) -> Runs:
    """Every story, and those of addresses."""
    return played(address_stage, ADDRESSED)


@pytest.fixture(scope="session")
def webhook_runs(webhook_stage: Stage) -> Runs:
    """Every story, begun by a webhook."""
    return played(webhook_stage)


@pytest.fixture(scope="session")
def resume_runs(resume_stage: Stage) -> Runs:
    """Every story that leaves a record, taken up from it."""
    return played(resume_stage, ANALYSED)


@pytest.fixture(scope="session")
def chat_runs(chat_stage: Stage) -> Runs:
    """Every story, begun in a conversation: the run of its last message."""
    return played(chat_stage)


def played(stage: Stage, stories: Mapping[str, Story] = STORIES) -> Runs:
    """Four at a time, as most of a run is the engine's own waiting."""
    with ThreadPoolExecutor(4) as pool:
        return {name: pool.submit(play, stage, story) for name, story in stories.items()}
