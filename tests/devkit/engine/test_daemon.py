# SPDX-License-Identifier: Apache-2.0
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.engine import Loss, Outages, RestartAt, Run, RunStatus
from devkit.engine.plugin_tools import RestartablePlugin
from devkit.host import HostStorage, PluginHost
from tests.devkit.engine.worlds import ScriptedTools, act, output, runner, start, workflow

RETRY = {"retry_enabled": True, "max_retries": 3, "retry_interval": 1}
DONE = {"said": "done"}


def two_calls(daemon: Any, tools: ScriptedTools, **changes: Any) -> Run:
    nodes = {
        "start": start(),
        "one": act(**changes),
        "two": act(**changes),
        "output": output(said=["two", "said"]),
    }
    world = workflow(nodes, "start -> one, one -> two, two -> output")
    return runner(tools, daemon=daemon).start(world)


def test_a_node_that_retries_outlives_a_daemon_that_is_down() -> None:
    tools = ScriptedTools([DONE, DONE])

    run = two_calls(Outages({"two": 3}), tools, retry_config=RETRY)

    assert run.outputs == DONE
    assert len(tools.received) == 2
    assert [node.status for node in run.trace if node.node_id == "two"] == ["retry"] * 3 + ["succeeded"]
    assert run.errors[0].startswith("two: Failed to get tool runtime: Failed to request plugin daemon")


def test_a_node_that_does_not_retry_fails_the_run() -> None:
    run = two_calls(Outages({"*": 1}), ScriptedTools())

    assert run.status is RunStatus.FAILED
    assert run.path == ("start", "one")


@pytest.mark.parametrize(("loss", "calls"), [(Loss.CALL, 2), (Loss.ANSWER, 3)])
def test_a_restart_loses_a_call_or_its_answer(loss: Loss, calls: int) -> None:
    restarts: list[str] = []
    tools = ScriptedTools([DONE] * 3)
    daemon = RestartAt(lambda: restarts.append("now"), number=2, loss=loss)

    run = two_calls(daemon, tools, retry_config=RETRY)

    assert run.outputs == DONE
    assert (daemon.happened_at, len(restarts), len(tools.received)) == ("two", 1, calls)


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[RestartablePlugin]:
    folder = shutil.copytree(Path(__file__).parents[1] / "host" / "tiny_plugin", tmp_path / "tiny")
    storage = HostStorage()
    with RestartablePlugin(
        lambda: PluginHost(cwd=folder, storage=storage, credentials={"key": "x"})
    ) as running:
        yield running


def test_a_plugin_that_is_restarted_finds_what_it_stored(plugin: RestartablePlugin) -> None:
    def stored(*steps: list[str]) -> object:
        return plugin.call("acme/tiny/tiny", "store", {"steps": list(steps)}, "app").variables["outcomes"]

    stored(["set", "a", "1"])
    plugin.restart()

    assert stored(["get", "a"]) == ["1"]
    assert plugin.restarts == 1
