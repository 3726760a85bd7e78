# SPDX-License-Identifier: Apache-2.0
"""A real plugin on the real SDK, called as the platform calls it."""

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from devkit.host import HostError, PluginHost, ToolAnswer, ViolationKind


def call(host: PluginHost, tool: str, **parameters: Any) -> ToolAnswer:
    return host.invoke_tool(tool, parameters, provider="tiny")


def test_a_started_plugin_has_declared_itself(running: PluginHost) -> None:
    assert running.declaration["author"] == "acme"
    assert [log["message"] for log in running.logs][:1] == ["Installed tool: tiny"]
    assert running.heartbeats >= 1
    assert running.start_seconds is not None
    assert 0 < running.start_seconds < 60
    assert running.rss_bytes() > 1_000_000


def test_all_kinds_of_messages_are_merged(running: PluginHost) -> None:
    answer = running.invoke_tool(
        "echo",
        {"say": "grüezi"},
        provider="tiny",
        credentials={"key": "mine"},
        user_id="ada",
        app_id="app",
    ).raise_for_error()

    assert answer.variables["said"] == "grüezi"
    assert answer.variables["streamed"] == "one two"
    assert answer.json == [{"said": "grüezi"}, {"again": "grüezi"}]
    assert answer.text == "you said grüezi"
    assert [log["label"] for log in answer.logs] == ["heard"]
    assert [answer.variables[name] for name in ("key", "user_id", "app_id")] == ["mine", "ada", "app"]
    assert answer.seconds > 0


def test_messages_can_be_watched_as_they_come(running: PluginHost) -> None:
    seen: list[Any] = []

    answer = running.invoke_tool("echo", {"say": "x"}, provider="tiny", on_message=seen.append)

    assert seen == answer.messages


def test_an_error_keeps_what_was_said_before_and_brings_the_traceback(running: PluginHost) -> None:
    answer = call(running, "fail")

    assert answer.variables == {"half": "done"}
    assert answer.error is not None
    assert (answer.error.error_type, answer.error.message) == ("LookupError", "nothing there")
    assert "tools/fail.py" in answer.error.traceback


def test_credentials_are_validated_by_the_plugin(running: PluginHost) -> None:
    assert running.validate_credentials({"key": "right"}, provider="tiny").error is None

    refused = running.validate_credentials({"key": "wrong"}, provider="tiny").error

    assert refused is not None
    assert str(refused) == "ToolProviderCredentialValidationError: the key is not right"


def test_200_calls_in_flight_from_one_thread_get_their_own_answers(running: PluginHost) -> None:
    """Each way carries more than the pipes hold."""
    said = {number: f"{number} " * 1000 for number in range(200)}

    calls = {
        number: running.submit_tool("echo", {"say": text}, provider="tiny") for number, text in said.items()
    }

    assert {number: future.result(60).variables["said"] for number, future in calls.items()} == said


def test_full_pipes_in_both_directions_stop_nobody(running: PluginHost) -> None:
    """The caller's thread still writes requests while the reading thread has storage answers to write."""
    value = "v" * 20_000
    steps = [["set", "big", value], ["get", "big"]]

    calls = [running.submit_tool("store", {"steps": steps}, provider="tiny") for _ in range(50)]

    assert all(future.result(60).variables["outcomes"] == [None, value] for future in calls)


def test_many_threads_may_call_at_once(running: PluginHost) -> None:
    found: dict[int, Any] = {}

    def ask(number: int) -> None:
        steps = [["set", f"t{number}", str(number)], ["get", f"t{number}"]]
        found[number] = call(running, "store", steps=steps).variables["outcomes"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: [None, str(number)] for number in range(40)}


def test_a_stray_print_is_a_violation_and_a_big_answer_is_measured(tiny_plugin: Path) -> None:
    with PluginHost(cwd=tiny_plugin) as host:
        call(host, "loud", line="debugging here")
        assert [(v.kind, v.excerpt) for v in host.violations] == [(ViolationKind.NOT_JSON, "debugging here")]

        assert len(call(host, "loud", size=1_500_000).text) == 1_500_000
        assert host.violations[1].kind is ViolationKind.LONG_LINE
        assert host.longest_line > 1_500_000


def test_a_plugin_that_dies_in_flight_ends_all_its_calls(tiny_plugin: Path) -> None:
    with PluginHost(cwd=tiny_plugin) as host:
        waiting = [host.submit_tool("slow", {}, provider="tiny") for _ in range(5)]
        killer = call(host, "slow", die=True)

        for answer in [killer, *(future.result(20) for future in waiting)]:
            assert answer.variables == {"started": "yes"}
            with pytest.raises(HostError, match=r"PluginExited: .*code 7"):
                answer.raise_for_error()


def test_sigterm_ends_a_plugin_that_is_busy(tiny_plugin: Path) -> None:
    host = PluginHost(cwd=tiny_plugin).start()
    waiting = host.submit_tool("slow", {}, provider="tiny")

    assert host.stop() == -signal.SIGTERM
    error = waiting.result(0).error
    assert error is not None
    assert error.error_type == "PluginExited"
    assert "exit_code=-15" in repr(host)


def test_an_endpoint_gets_the_request_and_its_answer_comes_back(running: PluginHost) -> None:
    response = running.invoke_endpoint(
        "POST", "/mirror/ada?b=2&a=1", {"X-Signature": "s", "X-Real-IP": "10.0.0.1"}, b"body", {"token": "t"}
    )

    seen = response.json()
    assert (response.status, response.headers["X-Seen"]) == (201, "yes")
    assert (seen["name"], seen["body"], seen["token"]) == ("ada", "body", "t")
    assert seen["query"] == {"a": "1", "b": "2"}
    assert seen["headers"]["X-Signature"] == "s"
    assert "X-Real-Ip" not in seen["headers"]


def test_a_streamed_response_keeps_its_pieces(running: PluginHost) -> None:
    response = running.invoke_endpoint("GET", "/stream")

    assert (response.status, response.chunks) == (200, (b"one ", b"two"))


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/nowhere", {}, 404),
        ("DELETE", "/ask", {}, 404),
        ("GET", "/ask", {"With_Underscore": "x"}, 500),
    ],
)
def test_a_request_that_no_handler_takes_has_the_platforms_status(
    running: PluginHost, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert running.invoke_endpoint(method, path, headers).status == status


def test_an_endpoint_calls_the_plugins_own_tool_through_the_platform(running: PluginHost) -> None:
    response = running.invoke_endpoint("GET", "/ask?say=hello")

    assert response.json()["said"] == "hello"
    assert response.json()["key"] == "saved"


def test_a_host_that_was_not_started_says_so(tmp_path: Path) -> None:
    host = PluginHost(cwd=tmp_path)

    with pytest.raises(HostError, match=r"call start\(\) first"):
        host.invoke_tool("any", {})
    assert host.stop() is None
    assert "not started" in repr(host)
