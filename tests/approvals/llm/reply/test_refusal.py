# SPDX-License-Identifier: Apache-2.0
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.llm.failures import FailureKind
from approvals.llm.reply import ReplyFailure, read_reply
from approvals.telemetry import redacting
from tests.approvals.llm.callers import KEY

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://api.example.com/v1/chat/completions"


def failure_of(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> ReplyFailure:
    with pytest.raises(ReplyFailure) as caught:
        read_reply(status, headers or {}, body, url=URL, model="m-1", now=NOW)
    return caught.value


def message(status: int, body: bytes) -> str:
    return failure_of(status, body).message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "too long"}}', "answered 400: too long. "),
        (b'{"error": "too long"}', "answered 400: too long. "),
        (b'{"message": "too long."}', "answered 400: too long. "),
        (b'{"detail": "too\\n  long"}', "answered 400: too long. "),
        (b"too long", "answered 400: too long. "),
        (b"<html><title>too long</title></html>", "answered 400: a web page titled 'too long'. "),
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
    body = json.dumps({"error": {"message": f"key {KEY} is bad"}}).encode()

    with redacting({"api_key": KEY}):
        assert KEY not in message(status, body)


def test_what_is_left_of_a_masked_key_is_not_passed_on_either() -> None:
    assert "sk-te" not in message(
        401, b'{"error": {"message": "Incorrect API key provided: sk-te*********cdef"}}'
    )


def test_the_words_about_a_key_are_passed_on_where_they_hold_none() -> None:
    assert "invalid subscription key or wrong API endpoint" in message(
        401, b'{"error": {"message": "Access denied due to invalid subscription key or wrong API endpoint."}}'
    )


def test_a_redirect_is_never_followed_and_says_where_it_points() -> None:
    failure = failure_of(307, b"", {"location": "https://evil.example/v1?x=1"})

    assert failure.kind is FailureKind.REDIRECT
    assert "'evil.example'" in failure.message
    assert "x=1" not in failure.message


@pytest.mark.parametrize("location", ["", "/v2", "https://[", "\xff"])
def test_a_redirect_to_nowhere_is_one_all_the_same(location: str) -> None:
    assert "points" in failure_of(302, b"", {"location": location}).message


@pytest.mark.parametrize(
    "piece",
    [
        b"model ",
        b"the model's output ",
        b"invalid api ",
        b"quota ",
        b"rate ",
        b"try again ",
        b"max_tokens ",
        b"role ",
        b'{"error":',
        b"'{",
        b"<title>",
        b"1h",
        b"reset in 1",
        b"input ",
        b"system role ",
    ],
)
def test_the_reading_takes_time_in_proportion_to_the_text(piece: bytes) -> None:
    def seconds(size: int) -> float:
        body = (piece * (size // len(piece) + 1))[:size]
        started = time.process_time()
        failure_of(400, body)
        return time.process_time() - started

    assert min(seconds(64_000) for _ in range(3)) < 0.25


def test_an_error_of_many_messages_behind_a_200_is_read_as_quickly() -> None:
    messages = [{"message": f"{number} " + "the model's rate quota " * 700} for number in range(60)]
    body = json.dumps({"error": {"message": "no", "errors": messages}}).encode()
    started = time.process_time()

    failure_of(200, body)

    assert len(body) > 900_000
    assert time.process_time() - started < 0.5
