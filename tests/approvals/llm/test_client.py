# SPDX-License-Identifier: Apache-2.0
import gzip
import json
from decimal import Decimal

import httpx
import pytest

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import Deadline, FailureKind, ModelPrice
from approvals.llm.breaker import BreakerRules, BreakerState
from approvals.llm.rate_limit.limiter import FairLimiter, LimiterSnapshot, Reservation
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.token_bucket import Backend
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import Diary, StillClock, asked, question, refused
from tests.approvals.llm.endpoints import (
    Conversation,
    ScriptedEndpoint,
    answer,
    completion,
    error,
    good,
    sent,
    silent,
)


class Ledger:
    """A limiter that lets everything through and writes down what it is told."""

    def __init__(self, clock: StillClock) -> None:
        self._real = FairLimiter.in_memory(Limits(100_000, 100_000_000), clock)
        self.reserved: list[int] = []
        self.settled: list[int | None] = []
        self.pauses: list[float] = []

    def reserve(self, tokens: int, deadline: Deadline) -> Reservation:
        self.reserved.append(tokens)
        return self._real.reserve(tokens, deadline)

    def settle(self, reservation: Reservation, actual_tokens: int | None) -> None:
        self.settled.append(actual_tokens)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def snapshot(self) -> LimiterSnapshot:
        return LimiterSnapshot(Backend.MEMORY, 0, 0)


def test_an_answer_says_what_it_cost_and_how_long_it_took(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    reply = asked(client_at(endpoint.base_url))

    assert (reply.text, reply.model) == ("fine", "deepseek-v3.2")
    assert (reply.spend.prompt_tokens, reply.spend.completion_tokens) == (100, 20)
    assert reply.spend.cost_usd == Decimal("0.0000196")
    assert reply.spend.cost_known
    assert 0 <= reply.latency_ms < 5_000


def test_a_cost_that_the_reply_states_goes_before_every_price(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [answer(completion(usage={"prompt_tokens": 9, "completion_tokens": 1, "cost": 0.0123}))]

    assert asked(client_at(endpoint.base_url)).spend.cost_usd == Decimal("0.0123")


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": -5, "completion_tokens": 5}])
def test_an_answer_without_usage_is_used_but_its_cost_is_unknown(
    endpoint: ScriptedEndpoint, client_at: ClientAt, usage: object
) -> None:
    clock = StillClock()
    endpoint.script = [answer(completion(usage=usage))]
    ledger = Ledger(clock)

    reply = asked(client_at(endpoint.base_url, clock, limiter=ledger))

    assert reply.text == "fine"
    assert not reply.spend.cost_known
    assert ledger.settled == [None]  # the estimate stands


def test_the_cost_of_a_model_without_a_price_is_unknown(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    request = question("our-own-model")
    own = {"our-own-model": ModelPrice(Decimal(1), Decimal(1))}

    assert not asked(client_at(endpoint.base_url), request=request).spend.cost_known
    assert asked(client_at(endpoint.base_url, prices=own), request=request).spend.cost_usd == Decimal(
        "0.00012"
    )


def test_each_attempt_reserves_and_is_settled_with_what_is_known(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    clock = StillClock()
    endpoint.script = [error(503), sent(b"", reset=True), good()]
    ledger = Ledger(clock)

    asked(client_at(endpoint.base_url, clock, limiter=ledger), 60)

    assert ledger.reserved == [question().estimated_tokens()] * 3
    assert ledger.settled == [None, None, 120]


def test_what_was_never_sent_is_given_back(client_at: ClientAt) -> None:
    clock = StillClock()
    ledger = Ledger(clock)

    refused(client_at("http://127.0.0.1:1/v1", clock, limiter=ledger, attempts=2), 60)

    assert ledger.settled == [0, 0]


@pytest.mark.parametrize("header", ["20", "Sun, 01 Mar 2026 12:00:20 GMT"])
def test_a_429_pauses_everyone_for_as_long_as_the_endpoint_asks(
    endpoint: ScriptedEndpoint, client_at: ClientAt, header: str
) -> None:
    clock = StillClock()
    endpoint.script = [error(429, headers={"Retry-After": header})]
    client = client_at(endpoint.base_url, clock)

    reply = asked(client, 60)

    assert (reply.text, reply.spend.attempts) == ("fine", 2)
    assert 20 <= sum(clock.slept) < 21
    assert "0 failed" in repr(client.breakers)


def test_a_429_that_asks_for_more_than_is_left_is_not_waited_for(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    clock = StillClock()
    endpoint.script = [error(429, headers={"Retry-After": "61"})]
    client = client_at(endpoint.base_url, clock)

    assert refused(client, 60).kind is FailureKind.RATE_LIMITED
    assert refused(client, 60).kind is FailureKind.LIMITER_FULL  # the others learn it without asking
    assert clock.slept == []
    assert len(endpoint.received) == 1


def test_a_call_that_the_limits_leave_no_room_for_is_not_sent(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    client = client_at(endpoint.base_url, StillClock(), limits=Limits(1, 100_000))
    asked(client)

    failure = refused(client, 10)

    assert (failure.kind, failure.code) == (FailureKind.LIMITER_FULL, ErrorCode.RATE_LIMITED)
    assert failure.spend.attempts == 0
    assert len(endpoint.received) == 1


def test_a_call_larger_than_a_whole_minute_is_over_budget(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    failure = refused(client_at(endpoint.base_url, limits=Limits(10, 100)))

    assert failure.code is ErrorCode.BUDGET_EXCEEDED


def test_an_endpoint_that_keeps_failing_is_left_alone(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    clock = StillClock()
    endpoint.script = [error(500)] * 4
    client = client_at(endpoint.base_url, clock, attempts=1, rules=BreakerRules(window=4, minimum_calls=4))
    for _ in range(4):
        refused(client)

    failure = refused(client)

    assert (failure.kind, failure.code) == (FailureKind.CIRCUIT_OPEN, ErrorCode.CIRCUIT_OPEN)
    assert (failure.spend.attempts, failure.spend.cost_known) == (0, True)
    assert len(endpoint.received) == 4
    clock.sleep(31)
    assert asked(client).text == "fine"


@pytest.mark.parametrize(("status", "dialects"), [(400, 3), (401, 1), (404, 3), (429, 1)])
def test_what_is_the_callers_fault_does_not_count_against_the_endpoint(
    endpoint: ScriptedEndpoint, client_at: ClientAt, status: int, dialects: int
) -> None:
    endpoint.script = [error(status)] * 4 * dialects
    client = client_at(endpoint.base_url, attempts=1, rules=BreakerRules(window=4, minimum_calls=4))
    for _ in range(4):
        refused(client)

    assert client.breakers.of("deepseek-v3.2").state is BreakerState.CLOSED
    assert asked(client).text == "fine"


def test_hanging_counts_against_the_endpoint(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    endpoint.script = [silent()] * 2
    client = client_at(endpoint.base_url, rules=BreakerRules(window=2, minimum_calls=2))
    for _ in range(2):
        refused(client, 0.1)

    assert refused(client).kind is FailureKind.CIRCUIT_OPEN


def test_what_the_observer_hears_adds_up(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    diary = Diary()
    endpoint.script = [error(503), good(), error(401)]
    client = client_at(endpoint.base_url, StillClock(), observer=diary)

    asked(client, 60)
    refused(client, 60)

    assert diary.started == ["deepseek-v3.2 req-1"] * 2
    assert [failure for failure, _ in diary.attempts] == [FailureKind.SERVER_ERROR, None, FailureKind.AUTH]
    assert [failure for failure, _ in diary.calls] == [None, FailureKind.AUTH]
    assert [spend.attempts for _, spend in diary.calls] == [2, 1]
    assert all(waited >= 0 for _, waited in diary.attempts)


def test_only_wrong_settings_are_the_callers_fault(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    client = client_at(endpoint.base_url, StillClock(), attempts=1)
    faults = {}
    for status in (400, 401, 402, 403, 404, 429, 500):
        endpoint.script = [error(status)] * (3 if status in (400, 404) else 1)  # one for each dialect
        faults[status] = refused(client, 60).callers_fault

    assert faults == {400: False, 401: True, 402: False, 403: True, 404: True, 429: False, 500: False}


def test_an_error_is_an_approval_error(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    endpoint.script = [error(401)]

    assert isinstance(refused(client_at(endpoint.base_url)), ApprovalError)


def test_a_call_says_how_long_it_waited_and_how_long_the_model_took(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    clock = StillClock()
    endpoint.script = [error(429, headers={"Retry-After": "20"}), good()]

    reply = asked(client_at(endpoint.base_url, clock), 60)

    assert (reply.spend.waited_seconds, reply.spend.model_seconds) == (clock.monotonic(), 0.0)
    assert reply.latency_ms == round(clock.monotonic() * 1000)


def test_the_models_time_is_that_of_its_replies(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    def slow(conversation: Conversation) -> bool:
        conversation.pause(0.1)
        return good()(conversation)

    endpoint.script = [slow]

    reply = asked(client_at(endpoint.base_url))

    assert 0.1 <= reply.spend.model_seconds <= reply.latency_ms / 1000 + 0.001
    assert reply.spend.waited_seconds < 0.05


def test_a_call_that_fails_says_how_long_it_waited_too(client_at: ClientAt) -> None:
    clock = StillClock()

    failure = refused(client_at("http://127.0.0.1:1/v1", clock), 60)

    assert failure.spend.waited_seconds == clock.monotonic() > 0


class Answering:
    """What a mocked endpoint is asked, and what it answers in turn."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_any_transport_of_httpx_can_stand_in_for_the_network(client_at: ClientAt) -> None:
    endpoint = Answering(
        httpx.Response(503, text="busy"),
        httpx.ConnectError("no route"),
        httpx.Response(200, json=completion("from a mock"), headers={"X": "y"}),
    )
    client = client_at(
        "https://api.example.com/v1", StillClock(), transport=httpx.MockTransport(endpoint), attempts=4
    )

    reply = asked(client, 60)

    assert (reply.text, reply.spend.attempts, reply.spend.cost_known) == ("from a mock", 3, True)
    [request, *_] = endpoint.requests
    assert str(request.url) == "https://api.example.com/v1/chat/completions"
    assert json.loads(request.content)["model"] == "deepseek-v3.2"
    assert request.extensions["deadline"].remaining() <= 60
    assert request.extensions["timeout"]["connect"] <= 5


@pytest.mark.parametrize(
    ("error_of_transport", "kind", "cost_known"),
    [
        (httpx.ConnectTimeout("t"), FailureKind.CONNECT, True),
        (httpx.ConnectError("c"), FailureKind.CONNECT, True),
        (httpx.PoolTimeout("p"), FailureKind.CONNECT, True),
        (httpx.ProxyError("x"), FailureKind.CONNECT, True),
        (httpx.ReadTimeout("t"), FailureKind.TIMEOUT, False),
        (httpx.WriteTimeout("t"), FailureKind.TIMEOUT, False),
        (httpx.ReadError("r"), FailureKind.CONNECTION_LOST, False),
        (httpx.WriteError("w"), FailureKind.CONNECTION_LOST, False),
        (httpx.RemoteProtocolError("Server disconnected"), FailureKind.CONNECTION_LOST, False),
        (httpx.DecodingError("d"), FailureKind.REPLY_MALFORMED, False),
    ],
)
def test_each_exception_of_httpx_has_its_meaning(
    client_at: ClientAt, error_of_transport: httpx.HTTPError, kind: FailureKind, cost_known: bool
) -> None:
    transport = httpx.MockTransport(Answering(error_of_transport))

    failure = refused(client_at("https://api.example.com/v1", transport=transport, attempts=1))

    assert (failure.kind, failure.spend.cost_known) == (kind, cost_known)
    assert "api.example.com" in failure.message or kind is FailureKind.CONNECT


def test_a_reply_mocked_with_an_encoding_is_read(client_at: ClientAt) -> None:
    packed = gzip.compress(json.dumps(completion("packed")).encode())
    transport = httpx.MockTransport(
        Answering(httpx.Response(200, content=packed, headers={"Content-Encoding": "gzip"}))
    )

    assert asked(client_at("https://api.example.com/v1", transport=transport)).text == "packed"
