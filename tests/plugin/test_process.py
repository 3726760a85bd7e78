# SPDX-License-Identifier: Apache-2.0
"""The plugin as a process: how it starts, how it leaves, what two workspaces see of each other."""

import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devkit.host import HostStorage, PluginHost, Workspace
from devkit.llm_stub import LlmStub, Outcome
from tests.plugin.conftest import credentials_for
from tests.plugin.test_analyze import DESK

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "main")


def test_it_starts_without_a_network_or_a_place_to_write(tmp_path: Path) -> None:
    with PluginHost(command=COMMAND, cwd=ROOT, env={"HOME": str(tmp_path / "absent")}) as plugin:
        assert plugin.heartbeats >= 1
        assert plugin.violations == []
        assert plugin.declaration["name"] == "approvals"


def _wait_until(happened: Callable[[], bool]) -> None:
    """Wait for what another process does, ten seconds at most."""
    give_up = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_on_sigterm_the_calls_under_way_end_and_the_process_leaves_by_itself(stub: LlmStub) -> None:
    stub.clear()
    stub.always(Outcome.LATENCY, latency_ms=800)
    try:
        with PluginHost(
            command=COMMAND, cwd=ROOT, storage=HostStorage(), credentials=credentials_for(stub)
        ) as plugin:
            under_way = plugin.submit_tool("analyze_approval", DESK)
            _wait_until(lambda: stub.requests.in_flight == 1)
            plugin.send_signal(signal.SIGTERM)
            _wait_until(lambda: any("shutting down" in log["message"] for log in plugin.logs))
            late = plugin.invoke_tool("analyze_approval", DESK)

            assert under_way.result(10).variables["status"] == "ok"
            assert late.error is not None
            assert "shutting_down" in late.error.message
            assert plugin.process.wait(5)
            assert plugin.process.exit_code == 0
    finally:
        stub.clear()


def test_two_workspaces_with_one_key_never_see_each_others_requests(
    plugin: PluginHost, stub: LlmStub
) -> None:
    north, south = (Workspace(HostStorage(), credentials_for(stub)) for _ in range(2))
    asked = {**DESK, "request_id": "same-id"}
    plugin.invoke_tool("analyze_approval", asked, workspace=north).raise_for_error()
    submit = {"request_id": "same-id", "event": "submit"}
    unknown = plugin.invoke_tool("route_approval", submit, workspace=south).variables
    own = plugin.invoke_tool(
        "analyze_approval", {**asked, "content": "Something else."}, workspace=south
    ).raise_for_error()
    known = plugin.invoke_tool("route_approval", submit, workspace=north).variables

    assert unknown["error_code"] == "not_found"
    assert own.variables["replayed"] is False
    assert known["status"] == "ok"


def test_a_new_process_goes_on_where_the_killed_one_was(stub: LlmStub) -> None:
    stub.clear()
    storage = HostStorage()
    credentials = credentials_for(stub)
    with PluginHost(command=COMMAND, cwd=ROOT, storage=storage, credentials=credentials) as first:
        first.invoke_tool("analyze_approval", {**DESK, "request_id": "r-1"}).raise_for_error()
        first.kill()
    with PluginHost(command=COMMAND, cwd=ROOT, storage=storage, credentials=credentials) as second:
        answer = second.invoke_tool(
            "route_approval", {"request_id": "r-1", "event": "submit"}
        ).raise_for_error()

    assert answer.variables["state"] == "approved"


@pytest.mark.parametrize(
    ("changes", "explained"),
    [
        ({"api_key": "wrong"}, "api_key"),
        ({"api_key": ""}, "api_key is empty"),
        ({"base_url": "ftp://x/v1"}, "https://"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "refused"),
        ({"base_url": "https://no-such-host.invalid/v1"}, "no-such-host.invalid"),
        ({"allow_insecure_http": "false"}, "allow_insecure_http"),
        ({"rpm_limit": "many"}, "rpm_limit"),
        ({"deadline_seconds": "500"}, "deadline_seconds"),
        ({"prices": "{broken"}, "prices"),
    ],
    ids=str,
)
def test_saving_credentials_explains_what_is_wrong(
    plugin: PluginHost, stub: LlmStub, changes: dict[str, str], explained: str
) -> None:
    answer = plugin.validate_credentials(credentials_for(stub, **changes))

    assert answer.error is not None
    assert explained in answer.error.message
    assert "wrong" not in answer.error.message.replace("wrong_", "")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("setting", "url", "explained"),
    [
        ("store_url", "postgresql://ann:pass-word@127.0.0.1:9/approvals", "store_url does not work"),
        ("redis_url", "redis://:pass-word@127.0.0.1:9/0", "redis_url does not work"),
    ],
)
def test_a_dead_database_or_redis_is_not_saved(
    plugin: PluginHost, stub: LlmStub, setting: str, url: str, explained: str
) -> None:
    answer = plugin.validate_credentials(credentials_for(stub, **{setting: url}))

    assert answer.error is not None
    assert explained in answer.error.message
    assert "pass-word" not in answer.error.message


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("sk-ant-api03-abc", "https://api.anthropic.com/v1"),
        ("sk-proj-abc", "https://api.openai.com/v1"),
        ("AIzaSyAbc", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("gsk_abc", "https://api.groq.com/openai/v1"),
    ],
)
def test_a_key_of_another_provider_is_not_sent_to_the_default_address(
    plugin: PluginHost, key: str, address: str
) -> None:
    answer = plugin.validate_credentials({"api_key": key})

    assert answer.error is not None
    assert f"Set base_url to {address}" in answer.error.message
    assert key not in answer.error.message


def test_dify_shows_the_error_of_a_check_because_it_knows_its_class(
    plugin: PluginHost, stub: LlmStub
) -> None:
    answer = plugin.validate_credentials(credentials_for(stub, api_key="another-key"))

    assert answer.error is not None
    assert answer.error.error_type == "CredentialsValidateFailedError"


@pytest.mark.slow
@pytest.mark.parametrize(
    "channel", ["own"], indirect=True
)  # it waits for twelve seconds, whatever the channel
def test_a_check_ends_before_dify_gives_up_its_lock(
    plugin: PluginHost, stub: LlmStub, silent_port: int
) -> None:
    began = time.monotonic()
    answer = plugin.validate_credentials(credentials_for(stub, base_url=f"http://127.0.0.1:{silent_port}/v1"))

    assert answer.error is not None
    assert "did not answer within 12 seconds" in answer.error.message
    assert "deadline_seconds" not in answer.error.message
    assert time.monotonic() - began < 15


def test_saving_good_credentials_makes_one_cheap_call(plugin: PluginHost, stub: LlmStub) -> None:
    asked = stub.requests.count
    answer = plugin.validate_credentials(credentials_for(stub))

    assert answer.error is None
    assert stub.requests.count == asked + 1
