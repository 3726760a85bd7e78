# SPDX-License-Identifier: Apache-2.0
"""What the plugin's own channel to the daemon does better than the SDK's, and when the SDK's is used."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.host import HostStorage, PluginHost
from devkit.host.process import BASE_ENVIRONMENT
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import credentials_for
from tests.plugin.test_analyze import DESK, analyze

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "main")


@pytest.fixture(scope="module")
def own_channel(stub: LlmStub) -> Iterator[PluginHost]:
    with PluginHost(
        command=COMMAND, cwd=ROOT, storage=HostStorage(), credentials=credentials_for(stub)
    ) as host:
        yield host


def said_about_the_channel(host: PluginHost) -> str:
    return next(log["message"] for log in host.logs if '"event":"channel"' in log["message"].replace(" ", ""))


def test_a_tested_sdk_gets_the_own_channel_and_says_nothing(own_channel: PluginHost) -> None:
    assert not any('"parts"' in log["message"] for log in own_channel.logs)


def test_the_sdks_channel_can_be_forced_and_the_log_says_so() -> None:
    with PluginHost(command=COMMAND, cwd=ROOT, env={"APPROVALS_CHANNEL": "sdk"}) as host:
        said = said_about_the_channel(host)

    assert "APPROVALS_CHANNEL=sdk" in said
    assert host.violations == []


def test_an_sdk_that_was_not_tested_gets_its_own_channel_and_the_log_names_the_version(
    tmp_path: Path,
) -> None:
    program = (
        "from approvals.dify.channel import plugin\n"
        "plugin.TESTED_SDK_VERSIONS = frozenset({'0.0.1'})\n"
        "import runpy; runpy.run_module('main', run_name='__main__')\n"
    )
    with PluginHost(command=(sys.executable, "-c", program), cwd=ROOT) as host:
        said = said_about_the_channel(host)

    assert "is not a tested version" in said


def test_half_of_a_surrogate_pair_is_read_as_a_replacement_character(own_channel: PluginHost) -> None:
    answer = analyze(own_channel, content="half a pair \ud800 and the other \udc00").raise_for_error()

    assert answer.variables["status"] == "ok"


@pytest.mark.parametrize(
    "value",
    ["[" * 1_000 + "]" * 1_000, "1" * 5_000, "NaN1"],
    ids=["nested 1,000 deep", "an integer of 5,000 digits", "not JSON"],
)
def test_a_frame_that_cannot_be_read_is_answered_with_an_error(value: str) -> None:
    line = b'{"session_id":"broken-1","event":"request","data":{"a":%b}}\n' % value.encode()

    parts = [frame["data"] for frame in frames_for("broken-1", line)]

    assert [part["type"] for part in parts] == ["error", "end"]
    assert "cannot read this call" in parts[0]["data"]["message"]


def frames_for(session_id: str, line: bytes) -> list[dict[str, Any]]:
    """Send one line to a new process; the frames of a session up to its last."""
    found: list[dict[str, Any]] = []
    with subprocess.Popen(
        COMMAND, cwd=ROOT, env=BASE_ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        for received in process.stdout:
            frame = json.loads(received) if received.strip() else {}
            if frame.get("session_id") == session_id:
                found.append(frame)
                if frame["data"]["type"] == "end":
                    break
        process.kill()
    return found


def test_more_calls_than_the_plugin_serves_at_a_time_are_all_answered(stub: LlmStub) -> None:
    with PluginHost(
        command=COMMAND, cwd=ROOT, credentials=credentials_for(stub), env={"MAX_WORKER": "2"}
    ) as host:
        futures = [host.submit_tool("analyze_approval", DESK) for _ in range(9)]
        states = [future.result(timeout=30).variables["status"] for future in futures]

    assert states == ["ok"] * 9


def test_a_large_frame_is_read_in_linear_time(own_channel: PluginHost) -> None:
    def seconds(megabytes: int) -> float:
        began = own_channel.process.cpu_seconds()
        own_channel.invoke_tool("analyze_approval", {**DESK, "content": "x" * (megabytes << 20)})
        return own_channel.process.cpu_seconds() - began

    seconds(1)
    small, large = seconds(4), seconds(32)

    assert large < 12 * max(small, 0.05), "eight times the bytes; a quadratic reader takes 64 times as long"
