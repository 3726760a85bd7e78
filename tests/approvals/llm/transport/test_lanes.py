# SPDX-License-Identifier: Apache-2.0
import threading
import time

import httpx
import pytest

from approvals.clock import SystemClock
from approvals.environment import tls_context
from approvals.llm import FailureKind
from approvals.llm.transport import LaneTransport
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import StillClock, asked, question, refused
from tests.approvals.llm.endpoints import (
    Conversation,
    ScriptedEndpoint,
    answer,
    completion,
    good,
    http,
    sent,
    silent,
)


def slowly(conversation: Conversation) -> bool:
    conversation.pause(0.03)
    return good()(conversation)


def test_calls_one_after_the_other_share_one_connection(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    client = client_at(endpoint.base_url)

    for _ in range(10):
        asked(client)

    assert (endpoint.connections, len(endpoint.received)) == (1, 10)


def test_calls_at_the_same_time_have_a_lane_each_and_no_more_than_there_are(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [slowly] * 20
    client = client_at(endpoint.base_url, lanes=4)
    texts: list[str] = []
    callers = [threading.Thread(target=lambda: texts.append(asked(client).text)) for _ in range(20)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert texts == ["fine"] * 20
    assert endpoint.connections == 4
    assert (client.slots.in_use, client.slots.waiting) == (0, 0)


def test_the_lane_used_last_is_used_first(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    clock = StillClock()
    client = client_at(endpoint.base_url, clock)
    endpoint.script = [slowly] * 2
    callers = [threading.Thread(target=asked, args=(client,)) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert "2 idle" in repr(client.transport)
    for _ in range(3):
        clock.sleep(15)
        asked(client)

    assert endpoint.connections == 2  # the other one rested until it was closed
    assert "1 idle" in repr(client.transport)


def test_a_failed_lane_is_never_used_again(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    endpoint.script = [good(), sent(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), good()]
    client = client_at(endpoint.base_url, attempts=1)

    asked(client)
    refused(client)
    asked(client)

    assert endpoint.connections == 2


def test_a_connection_that_the_endpoint_ends_is_not_kept(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [answer(completion(), headers={"Connection": "close"})]
    client = client_at(endpoint.base_url)

    asked(client)

    assert "0 idle" in repr(client.transport)
    assert asked(client).spend.attempts == 1


def test_a_lane_that_rested_too_long_is_replaced_before_it_is_used(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    clock = StillClock()
    client = client_at(endpoint.base_url, clock)
    asked(client)
    clock.sleep(19)
    asked(client)
    assert endpoint.connections == 1

    clock.sleep(21)
    asked(client)
    assert endpoint.connections == 2
    assert "1 idle" in repr(client.transport)


def test_idle_lanes_of_a_busier_time_are_closed_one_by_one(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    clock = StillClock()
    client = client_at(endpoint.base_url, clock, lanes=3)
    endpoint.script = [slowly] * 3
    callers = [threading.Thread(target=asked, args=(client,)) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert "3 idle" in repr(client.transport)
    for _ in range(4):
        clock.sleep(15)
        asked(client)

    assert "1 idle" in repr(client.transport)


def test_a_connection_that_was_closed_while_idle_is_noticed_before_anything_is_sent(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    client = client_at(endpoint.base_url)
    asked(client)
    endpoint.hang_up()
    time.sleep(0.05)  # the news travels over the loopback

    reply = asked(client)

    assert (reply.spend.attempts, reply.spend.cost_known) == (1, True)
    assert endpoint.connections == 2


def test_a_connection_that_is_closed_just_as_it_is_used_is_asked_again_at_once_on_a_new_one(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    clock = StillClock()
    endpoint.script = [good(), sent(b"", reset=True), good("second")]
    client = client_at(endpoint.base_url, clock)
    asked(client)

    reply = asked(client)

    assert (reply.text, reply.spend.attempts) == ("second", 2)
    assert not reply.spend.cost_known  # nobody knows whether the first was read
    assert clock.slept == []  # no wait, and the breaker has seen two successes alone
    assert "0 failed and 0 slow of the last 2" in repr(client.breakers)


def test_one_stale_connection_makes_all_idle_ones_suspect(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [slowly, slowly]
    client = client_at(endpoint.base_url)
    callers = [threading.Thread(target=asked, args=(client,)) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert "2 idle" in repr(client.transport)
    endpoint.script = [sent(b"", reset=True)]

    assert asked(client).spend.attempts == 2
    assert endpoint.connections == 3
    assert "1 idle" in repr(client.transport)


def test_a_new_connection_that_is_closed_without_an_answer_is_a_failure(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [sent(b"")]

    failure = refused(client_at(endpoint.base_url, attempts=1))

    assert (failure.kind, failure.spend.attempts) == (FailureKind.CONNECTION_LOST, 1)


def test_words_that_nobody_asked_for_make_a_lane_unusable(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    whole = http(200, b'{"choices":[{"message":{"content":"mine"}}]}')
    endpoint.script = [
        sent(whole + http(200, b'{"choices":[{"message":{"content":"not mine"}}]}'), keep=True)
    ]
    client = client_at(endpoint.base_url, attempts=1)

    assert asked(client).text == "mine"
    assert asked(client).text == "fine"
    assert endpoint.connections == 2


def test_waiting_for_a_lane_ends_with_the_deadline(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    client = client_at(endpoint.base_url, lanes=1)
    assert client.slots.acquire(1)

    failure = refused(client, 0.1)

    client.slots.release()
    assert failure.kind is FailureKind.DEADLINE
    assert "max_concurrency" in failure.message
    assert failure.spend.attempts == 0
    assert failure.spend.waited_seconds >= 0.1
    assert "0 slow of the last 0" in repr(client.breakers)
    assert asked(client, request=question()).text == "fine"


def test_a_transport_that_is_closed_keeps_no_connection(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    client = client_at(endpoint.base_url)
    asked(client)
    client.transport.close()
    assert "0 idle" in repr(client.transport)

    assert asked(client).text == "fine"  # a call that was under way still gets its answer
    assert "0 idle" in repr(client.transport)
    assert endpoint.connections == 2


def test_what_breaks_in_the_middle_leaves_no_slot_and_no_lane_behind(
    endpoint: ScriptedEndpoint, client_at: ClientAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_at(endpoint.base_url, lanes=1)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("approvals.llm.transport.connection.ReplyParser.feed", interrupted)
        with pytest.raises(KeyboardInterrupt):
            asked(client)

    assert (client.slots.in_use, repr(client.transport)) == (0, "LaneTransport(0 idle)")
    assert asked(client).text == "fine"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb"])
def test_a_header_with_a_line_break_is_not_sent(endpoint: ScriptedEndpoint, value: str) -> None:
    transport = LaneTransport(StillClock(), context=tls_context())
    request = httpx.Request("GET", endpoint.base_url, headers={"X": value})

    with pytest.raises(httpx.LocalProtocolError):
        transport.handle_request(request)
    assert endpoint.connections == 0


def test_one_transport_keeps_the_connections_of_two_servers_apart(endpoint: ScriptedEndpoint) -> None:
    with ScriptedEndpoint() as other, LaneTransport(StillClock(), context=tls_context()) as transport:
        for server in (endpoint, other, endpoint):
            request = httpx.Request("POST", server.base_url, headers={"Host": "x"}, content=b"")
            assert transport.handle_request(request).read()

    assert (len(endpoint.received), len(other.received)) == (2, 1)


def test_httpxs_own_client_can_use_the_transport(endpoint: ScriptedEndpoint) -> None:
    with httpx.Client(transport=LaneTransport(SystemClock(), context=tls_context())) as client:
        replies = [client.post(endpoint.base_url, json={"n": n}) for n in range(3)]

    assert [reply.json()["usage"]["prompt_tokens"] for reply in replies] == [100] * 3
    assert endpoint.connections == 1


def test_without_a_deadline_httpxs_timeouts_hold(endpoint: ScriptedEndpoint) -> None:
    endpoint.script = [silent()]
    transport = LaneTransport(SystemClock(), context=tls_context())
    with httpx.Client(transport=transport, timeout=0.1) as client, pytest.raises(httpx.ReadTimeout):
        client.post(endpoint.base_url, json={})
