# SPDX-License-Identifier: Apache-2.0
"""Connecting: what fails before anything is sent costs nothing, and says what to look at."""

import socket
import time
from collections.abc import Iterator

import pytest

from approvals.errors import ErrorCode
from approvals.llm import FailureKind, LlmError
from approvals.llm.exchange import StepLimits
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import SLACK, StillClock, asked, question, refused
from tests.approvals.llm.endpoints import ScriptedEndpoint, good, silent


def test_a_refused_connection_costs_nothing(client_at: ClientAt) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    failure = refused(client_at(f"http://127.0.0.1:{port}/v1", StillClock()), 60)

    assert (failure.kind, failure.code) == (FailureKind.REFUSED, ErrorCode.MODEL_UNAVAILABLE)
    assert f"127.0.0.1:{port}" in failure.message
    assert (failure.spend.attempts, failure.spend.cost_known) == (4, True)


def test_a_name_that_is_not_found_costs_nothing(client_at: ClientAt) -> None:
    failure = refused(client_at("http://no-such-host.invalid/v1", StillClock()), 60)

    assert (failure.kind, failure.code) == (FailureKind.NAME_NOT_FOUND, ErrorCode.MODEL_UNAVAILABLE)
    assert (failure.spend.attempts, failure.spend.cost_known) == (4, True)


def test_an_address_that_cannot_be_reached_costs_nothing(client_at: ClientAt) -> None:
    failure = refused(client_at("http://255.255.255.255/v1", StillClock()), 60)

    assert (failure.kind, failure.code) == (FailureKind.CONNECT, ErrorCode.MODEL_UNAVAILABLE)
    assert failure.spend.cost_known


@pytest.fixture
def full_listener() -> Iterator[int]:
    """The port of a server whose queue is full: connecting to it hangs, as it does behind many firewalls."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        queue = [socket.socket() for _ in range(3)]
        for one in queue:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port
        for one in queue:
            one.close()


def test_connecting_is_given_up_after_its_own_limit(full_listener: int, client_at: ClientAt) -> None:
    client = client_at(f"http://127.0.0.1:{full_listener}/v1", attempts=1, steps=StepLimits(connect=0.1))

    failure = refused(client)

    assert failure.kind is FailureKind.CONNECT
    assert failure.spend.cost_known


def test_connecting_ends_with_the_deadline(full_listener: int, client_at: ClientAt) -> None:
    client = client_at(f"http://127.0.0.1:{full_listener}/v1")
    started = time.monotonic()

    failure = refused(client, 0.3)

    assert time.monotonic() - started < 0.3 + SLACK
    assert failure.kind is FailureKind.DEADLINE
    assert "could be reached" in failure.message
    assert failure.spend.cost_known


def test_silence_has_a_limit_of_its_own_so_that_there_is_time_for_another_try(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [silent(), good("second try")]
    client = client_at(endpoint.base_url, steps=StepLimits(read=0.1))

    reply = asked(client)

    assert (reply.text, reply.spend.attempts) == ("second try", 2)
    assert not reply.spend.cost_known


def test_a_request_that_is_not_taken_ends_with_the_deadline(client_at: ClientAt) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts nothing, so its buffers fill up
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client = client_at(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        started = time.monotonic()
        with pytest.raises(LlmError) as caught:
            asked(client, 0.6, question(text="x" * 30_000_000))

    assert time.monotonic() - started < 0.6 + SLACK
    assert caught.value.kind is FailureKind.DEADLINE
