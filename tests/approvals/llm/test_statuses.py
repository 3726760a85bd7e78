# SPDX-License-Identifier: Apache-2.0
import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.llm.exchange import HttpReply
from approvals.llm.failures import FailureKind
from approvals.llm.statuses import failure_for, retry_after
from approvals.telemetry import remember_secret
from tests.approvals.llm.callers import KEY

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://api.example.com/v1/chat/completions"


def message(status: int, body: bytes) -> str:
    return failure_for(HttpReply(status, httpx.Headers(), body), URL, "m-1", NOW).message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({b"retry-after": b"7"}, 7),
        ({b"retry-after": b" 1.5 "}, 1.5),
        ({b"retry-after": b"0"}, 0),
        ({b"retry-after": b"-3"}, 0),
        ({b"retry-after-ms": b"250", b"retry-after": b"9"}, 0.25),
        ({b"retry-after": b"Sun, 01 Mar 2026 12:00:30 GMT"}, 30),
        ({b"retry-after": b"Sun, 01 Mar 2026 12:00:30 -0000"}, 30),
        ({b"retry-after": b"Sun, 01 Mar 2026 11:00:00 GMT"}, 0),
        ({b"retry-after": b"soon"}, None),
        ({b"retry-after": b"nan"}, None),
        ({b"retry-after": b"inf"}, None),
        ({b"retry-after": b"\xff"}, None),
        ({b"retry-after": b"Sun, 99 Mar 99999 12:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[bytes, bytes], seconds: float | None) -> None:
    assert retry_after(httpx.Headers(headers), NOW) == seconds


@given(st.binary())
def test_any_retry_after_is_a_number_that_can_be_waited_for_or_none(value: bytes) -> None:
    seconds = retry_after(httpx.Headers({b"retry-after": value}), NOW)

    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "too long"}}', "answered 400: too long. "),
        (b'{"error": "too long"}', "answered 400: too long. "),
        (b'{"message": "too long."}', "answered 400: too long. "),
        (b'{"detail": "too\\n  long"}', "answered 400: too long. "),
        (b"too long", "answered 400: too long. "),
        (b"<html>too long</html>", "answered 400. "),
        (b'{"other": 1}', "answered 400. "),
        (b"[" * 50_000, "answered 400"),
        (b"", "answered 400. "),
        (b"\xff\x00", "answered 400"),
    ],
)
def test_what_the_endpoint_complains_of_is_passed_on(body: bytes, said: str) -> None:
    assert said in message(400, body)


@given(
    st.integers(201, 999),
    st.binary() | st.recursive(st.text(), st.lists).map(lambda x: json.dumps(x).encode()),
)
def test_any_status_with_any_text_is_a_failure_that_can_be_shown(status: int, body: bytes) -> None:
    text = message(status, body)

    assert str(status) in text
    assert len(text) < 1_000
    assert text.isprintable()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_key_that_the_endpoint_repeats_is_not_passed_on(status: int) -> None:
    remember_secret(KEY)
    failure = failure_for(
        HttpReply(status, {}, json.dumps({"error": {"message": f"key {KEY} is bad"}}).encode()),
        URL,
        "m-1",
        NOW,
    )

    assert KEY not in failure.message
    assert KEY not in failure.complaint


def test_what_is_left_of_a_masked_key_is_not_passed_on_either() -> None:
    assert "sk-te" not in message(
        401, b'{"error": {"message": "Incorrect API key provided: sk-te*********cdef"}}'
    )


def test_a_redirect_is_never_followed_and_says_where_it_points() -> None:
    reply = HttpReply(307, httpx.Headers({"location": "https://evil.example/v1?x=1"}), b"")

    failure = failure_for(reply, URL, "m-1", NOW)

    assert failure.kind is FailureKind.REDIRECT
    assert "'evil.example'" in failure.message
    assert "x=1" not in failure.message


@pytest.mark.parametrize("location", [b"", b"/v2", b"https://[", b"\xff"])
def test_a_redirect_to_nowhere_is_one_all_the_same(location: bytes) -> None:
    assert "points" in failure_for(HttpReply(302, {b"location": location}, b""), URL, "m-1", NOW).message
