# SPDX-License-Identifier: Apache-2.0
"""Every way in which an endpoint can fail, seen from outside.

For each: the documented kind and code, what it cost, no later than the deadline plus 250 ms, lanes that work
afterwards, and nothing secret in what comes out.
"""

import json
import time
from dataclasses import dataclass
from decimal import Decimal

import pytest

from approvals.errors import ErrorCode
from approvals.llm import FailureKind, LlmClient
from approvals.llm.exchange import StepLimits
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import KEY, SLACK, StillClock, asked, refused
from tests.approvals.llm.endpoints import (
    ScriptedEndpoint,
    Step,
    answer,
    completion,
    dripped,
    error,
    flooded,
    good,
    http,
    sent,
    silent,
)

GOOD = http(200, json.dumps(completion()).encode())
HEAD, _, BODY = GOOD.partition(b"\r\n\r\n")
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Fault:
    """What the endpoint does each time it is asked, and what must come of it."""

    step: Step
    kind: FailureKind
    code: ErrorCode
    attempts: int = 1
    cost_known: bool = True
    says: str = ""


UNAVAILABLE = ErrorCode.MODEL_UNAVAILABLE
FAULTS = {
    "429": Fault(error(429), FailureKind.RATE_LIMITED, ErrorCode.RATE_LIMITED, 4, says="rpm_limit"),
    "500": Fault(error(500, "boom"), FailureKind.SERVER_ERROR, UNAVAILABLE, 4, says="500: boom"),
    "502 with a page": Fault(
        answer(b"<html><h1>Bad gateway</h1>", 502),
        FailureKind.SERVER_ERROR,
        UNAVAILABLE,
        4,
        says="502: a web page. Try",
    ),
    "503": Fault(error(503), FailureKind.SERVER_ERROR, UNAVAILABLE, 4),
    "529": Fault(error(529, "overloaded"), FailureKind.SERVER_ERROR, UNAVAILABLE, 4, says="overloaded"),
    "408": Fault(error(408), FailureKind.TRY_AGAIN, UNAVAILABLE, 4),
    "409": Fault(error(409), FailureKind.TRY_AGAIN, UNAVAILABLE, 4),
    "401": Fault(error(401, f"bad key {KEY}"), FailureKind.AUTH, ErrorCode.BAD_PARAMETER, says="api_key"),
    "403": Fault(error(403, f"{KEY} may not"), FailureKind.AUTH, ErrorCode.BAD_PARAMETER, says="may not"),
    "402": Fault(error(402, "Insufficient Balance"), FailureKind.NO_BUDGET, ErrorCode.BUDGET_EXCEEDED),
    "429 without money": Fault(
        error(429, "quota", code="insufficient_quota"), FailureKind.NO_BUDGET, ErrorCode.BUDGET_EXCEEDED
    ),
    "404 model": Fault(
        error(404, "The model `x` does not exist", code="model_not_found"),
        FailureKind.MODEL_UNKNOWN,
        ErrorCode.BAD_PARAMETER,
        says="'deepseek-v3.2'",
    ),
    "400 model": Fault(error(400, "Model Not Exist"), FailureKind.MODEL_UNKNOWN, ErrorCode.BAD_PARAMETER),
    "404 path": Fault(
        answer(b"<html>Not Found", 404), FailureKind.PATH_UNKNOWN, ErrorCode.BAD_PARAMETER, says="base_url"
    ),
    "400": Fault(
        error(400, "prompt is too long"),
        FailureKind.REQUEST_REFUSED,
        ErrorCode.BAD_PARAMETER,
        says="too long",
    ),
    "400 that nobody knows": Fault(
        error(400, "no"), FailureKind.REQUEST_REFUSED, ErrorCode.BAD_PARAMETER, attempts=3, says="400: no"
    ),
    "407": Fault(answer(b"", 407), FailureKind.PROXY_REFUSED, UNAVAILABLE, says="HTTPS_PROXY"),
    "error without a number inside a 200": Fault(
        answer({"error": "upstream timeout"}),
        FailureKind.SERVER_ERROR,
        UNAVAILABLE,
        4,
        says="upstream timeout",
    ),
    "redirect": Fault(
        sent(http(302, b"", {"Location": "https://else.example/v1"}), keep=True),
        FailureKind.REDIRECT,
        UNAVAILABLE,
        says="'else.example'",
    ),
    "error inside a 200": Fault(
        answer({"error": {"code": 502, "message": "upstream down"}}),
        FailureKind.SERVER_ERROR,
        UNAVAILABLE,
        4,
        says="502: upstream down",
    ),
    "reset before the reply": Fault(
        sent(b"", reset=True), FailureKind.CONNECTION_LOST, UNAVAILABLE, 4, cost_known=False
    ),
    "closed before the reply": Fault(
        sent(b""), FailureKind.CONNECTION_LOST, UNAVAILABLE, 4, cost_known=False
    ),
    "reset in the head": Fault(
        sent(HEAD[:20], reset=True), FailureKind.CONNECTION_LOST, UNAVAILABLE, 4, cost_known=False
    ),
    "reset in the body": Fault(
        sent(GOOD[:-30], reset=True), FailureKind.CONNECTION_LOST, UNAVAILABLE, 4, cost_known=False
    ),
    "half a reply": Fault(
        sent(GOOD[:-30]), FailureKind.CONNECTION_LOST, UNAVAILABLE, 4, cost_known=False, says="middle"
    ),
    "half a chunked reply": Fault(
        sent(CHUNKED + b"10\r\n{"), FailureKind.CONNECTION_LOST, UNAVAILABLE, 4, cost_known=False
    ),
    "half a reply of no declared length": Fault(
        sent(ENDLESS + BODY[:-30]), FailureKind.REPLY_MALFORMED, UNAVAILABLE, cost_known=False
    ),
    "prose instead of JSON": Fault(
        answer(b"Sure! Here you go"), FailureKind.REPLY_MALFORMED, UNAVAILABLE, cost_known=False, says="Sure!"
    ),
    "JSON of the wrong shape": Fault(
        answer({"answer": 42}), FailureKind.REPLY_MALFORMED, UNAVAILABLE, cost_known=False, says="answer"
    ),
    "JSON that is a list": Fault(answer([]), FailureKind.REPLY_MALFORMED, UNAVAILABLE, cost_known=False),
    "JSON without end": Fault(
        answer(b"[" * 100_000), FailureKind.REPLY_MALFORMED, UNAVAILABLE, cost_known=False
    ),
    "no HTTP at all": Fault(
        sent(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), FailureKind.REPLY_MALFORMED, UNAVAILABLE, cost_known=False
    ),
    "another protocol": Fault(
        sent(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"),
        FailureKind.REPLY_MALFORMED,
        UNAVAILABLE,
        cost_known=False,
    ),
    "unknown encoding": Fault(
        answer(b"??", headers={"Content-Encoding": "br"}),
        FailureKind.REPLY_MALFORMED,
        UNAVAILABLE,
        cost_known=False,
    ),
    "50 MB announced": Fault(
        silent(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n"),  # not a byte of it is waited for
        FailureKind.REPLY_TOO_LARGE,
        UNAVAILABLE,
        cost_known=False,
        says="1,048,576",
    ),
    "50 MB unannounced": Fault(
        flooded(ENDLESS, 50 * MIB), FailureKind.REPLY_TOO_LARGE, UNAVAILABLE, cost_known=False
    ),
    "no text": Fault(
        answer(completion(choices=[{"message": {"content": None}, "finish_reason": "length"}])),
        FailureKind.REPLY_EMPTY,
        ErrorCode.MODEL_REPLY_INVALID,
        says="'length'",
    ),
}
SECONDS = 0.4
LATE = {
    "hang": silent(),
    "hang in the head": silent(HEAD[:20]),
    "hang in the body": silent(GOOD[:-30]),
    "drip": dripped(GOOD),
    "drip in the head": dripped(HEAD[20:] + b"\r\n\r\n" + BODY, start=HEAD[:20]),
    "drip in the body": dripped(BODY, start=HEAD + b"\r\n\r\n"),
    "drip inside a chunk's size": dripped(b"0" * 200, start=CHUNKED),
    "drip of interim replies": dripped(b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
    "slow close": silent(ENDLESS + BODY),
}


def assert_usable(client: LlmClient) -> None:
    """No lane is lost, and each of them works."""
    assert client.slots.in_use == client.slots.waiting == 0
    for _ in range(3):
        assert asked(client).text == "fine"


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_documented_outcome(
    endpoint: ScriptedEndpoint, client_at: ClientAt, name: str
) -> None:
    fault = FAULTS[name]
    endpoint.script = [fault.step] * fault.attempts
    client = client_at(endpoint.base_url, StillClock())

    failure = refused(client, 60)

    assert (failure.kind, failure.code) == (fault.kind, fault.code)
    assert fault.says in failure.message
    assert failure.spend.attempts == fault.attempts == len(endpoint.received)
    assert failure.spend.cost_known is fault.cost_known
    assert failure.spend.cost_usd == (Decimal("0.0000196") if name == "no text" else 0)
    assert_usable(client)


@pytest.mark.parametrize("name", LATE)
def test_whatever_is_slow_ends_with_the_deadline(
    endpoint: ScriptedEndpoint, client_at: ClientAt, name: str
) -> None:
    endpoint.script = [LATE[name]]
    client = client_at(endpoint.base_url)
    started = time.monotonic()

    failure = refused(client, SECONDS)

    assert time.monotonic() - started < SECONDS + SLACK
    assert (failure.kind, failure.code) == (FailureKind.DEADLINE, ErrorCode.DEADLINE_EXCEEDED)
    assert not failure.spend.cost_known
    assert failure.spend.attempts == 1
    assert_usable(client)


def test_an_error_whose_text_never_comes_is_still_that_error(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    endpoint.script = [silent(b"HTTP/1.1 401 No\r\nContent-Length: 50\r\n\r\n{")]
    client = client_at(endpoint.base_url, steps=StepLimits(error_text=0.1))
    started = time.monotonic()

    assert refused(client, 5).kind is FailureKind.AUTH
    assert time.monotonic() - started < 0.1 + SLACK
    assert_usable(client)


def test_one_bad_moment_is_not_seen_by_the_caller(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    endpoint.script = [error(503), sent(b"", reset=True), good("at last")]
    client = client_at(endpoint.base_url, StillClock())

    reply = asked(client, 60)

    assert (reply.text, reply.spend.attempts) == ("at last", 3)
    assert not reply.spend.cost_known  # the reset one may have been billed
