# SPDX-License-Identifier: Apache-2.0
"""What a plugin can say that it should not, and when it can stop saying anything."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devkit.host import HostError, HostFault, PluginHost, ViolationKind

Scripted = Callable[[str], PluginHost]


def kinds(host: PluginHost) -> list[ViolationKind]:
    return [breach.kind for breach in host.violations]


def ask(host: PluginHost, timeout: float = 20) -> object:
    return host.invoke_tool("any", {}, timeout=timeout).raise_for_error().text


def test_lines_that_do_not_belong_on_stdout_are_reported(scripted: Scripted) -> None:
    host = scripted("""
s = hear()["session_id"]
write("debugging")
write("[1]")
say({"event": "party", "data": {}})
in_session("nobody", "stream", {})
in_session(s, "whisper", {})
in_session(s, "end", {})
hear()
""")

    ask(host)

    assert kinds(host) == [
        ViolationKind.NOT_JSON,
        ViolationKind.NOT_JSON,
        ViolationKind.UNKNOWN_EVENT,
        ViolationKind.UNKNOWN_SESSION,
        ViolationKind.UNKNOWN_EVENT,
    ]
    assert host.violations[0].excerpt == "debugging"


def test_a_sound_plugin_has_no_violations_and_its_logs_are_kept(scripted: Scripted) -> None:
    host = scripted("""
s = hear()["session_id"]
write("")
say({"event": "log", "data": {"level": "INFO", "message": "hello"}})
say({"event": "error", "session_id": None, "data": {"error": "bad line"}})
in_session(s, "end", {})
hear()
""")

    ask(host)

    assert host.violations == []
    assert [log["level"] for log in host.logs] == ["INFO", "ERROR"]
    assert host.declaration["name"] == "scripted"


def test_a_long_line_passes_and_is_reported_with_its_size(scripted: Scripted) -> None:
    host = scripted("""
s = hear()["session_id"]
in_session(s, "stream", {"type": "text", "message": {"text": "x" * 1_000_000}})
in_session(s, "end", {})
hear()
""")

    assert len(str(ask(host))) == 1_000_000
    assert kinds(host) == [ViolationKind.LONG_LINE]
    assert host.longest_line == host.violations[0].size > 1_000_000


def test_a_line_over_the_platforms_limit_ends_every_call(scripted: Scripted) -> None:
    host = scripted("hear(); hear(); write('x' * 6_000_000); hear()")

    calls = [host.submit_tool("any", {}), host.submit_tool("any", {})]

    for call in calls:
        error = call.result(20).error
        assert error is not None
        assert error.error_type == HostFault.PLUGIN_EXITED
        assert "killed for a line of" in error.message
    assert kinds(host) == [ViolationKind.BROKEN_LINE]


def test_a_dead_plugin_ends_open_and_later_calls_with_its_last_words(scripted: Scripted) -> None:
    host = scripted("hear(); sys.stderr.write('out of coffee'); sys.stderr.flush(); os._exit(3)")

    for _ in range(2):
        with pytest.raises(HostError, match=r"PluginExited: .* code 3 .*out of coffee"):
            ask(host)


def test_after_a_timeout_late_lines_are_dropped_and_late_questions_get_no_answer(scripted: Scripted) -> None:
    """The platform closes the session, and the plugin is never told."""
    host = scripted("""
late = hear()["session_id"]
s = hear()["session_id"]
in_session(late, "stream", {"type": "text", "message": {"text": "late"}})
request = {"opt": "set", "key": "k", "value": "00"}
in_session(late, "invoke", {"type": "storage", "backwards_request_id": "1", "request": request})
in_session(late, "end", {})
in_session(s, "end", {})
hear()
""")

    with pytest.raises(HostError, match="HostTimeout"):
        ask(host, timeout=0.05)
    ask(host)

    assert host.violations == []
    assert host.workspace.storage.operations == 0


def test_a_plugin_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"PluginNotStarted: .*exit code 1.*No module named main"):
        PluginHost(cwd=tmp_path).start()


def test_a_plugin_that_does_not_get_ready_is_ended(tmp_path: Path) -> None:
    host = PluginHost([sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path)

    with pytest.raises(HostError, match="no heartbeat"):
        host.start(timeout=0.2)
    assert host.process.wait(0)
