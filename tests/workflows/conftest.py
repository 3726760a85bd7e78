# SPDX-License-Identifier: Apache-2.0
"""One plugin process and one model stub for all workflow tests; each run is a request of its own."""

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from devkit.engine import Run, Workflow, load_workflow
from devkit.engine.plugin_tools import PluginTools
from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from tests.workflows.approval_stories import STORIES
from tests.workflows.stories import Stage, play

ROOT = Path(__file__).parents[2]
KEY = "key-of-the-workflow-tests"


@pytest.fixture(scope="session")
def stub() -> Iterator[LlmStub]:
    with LlmStub(api_key=KEY) as running:
        yield running


@pytest.fixture(scope="session")
def plugin(stub: LlmStub) -> Iterator[PluginHost]:
    credentials = {
        "api_key": KEY,
        "base_url": stub.base_url,
        "allow_insecure_http": "true",
        "deadline_seconds": "5",
    }
    command = [sys.executable, "-m", "main"]
    with PluginHost(command, cwd=ROOT, storage=HostStorage(), credentials=credentials) as host:
        yield host


@pytest.fixture(scope="session")
def stage(plugin: PluginHost) -> Stage:
    """The shipped workflow with the real plugin behind it."""
    return Stage(PluginTools(plugin), approval_workflow())


@pytest.fixture(scope="session")
def runs(stage: Stage) -> Mapping[str, Future[Run]]:
    """Every story, played once. Four at a time, as most of a run is the engine's own waiting."""
    with ThreadPoolExecutor(4) as pool:
        return {name: pool.submit(play, stage, story) for name, story in STORIES.items()}


def approval_workflow() -> Workflow:
    """`approval.yml`, without the seconds that it waits before it repeats a failed node."""
    return load_workflow(ROOT / "workflows" / "approval.yml").with_retry_interval(0)
