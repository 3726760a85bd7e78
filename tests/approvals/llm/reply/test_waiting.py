# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.llm.reply.complaint import Complaint, read_complaint
from approvals.llm.reply.waiting import named_wait, reset_wait

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-3"}, 0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:30 -0000"}, 30),
        ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "\xff"}, None),
        ({"retry-after": "5s"}, 5),
        ({"retry-after": "5 seconds"}, 5),
        ({"retry-after": "1m30s"}, 90),
        ({"retry-after": "5, 5"}, 5),
        ({"retry-after": "2, 7"}, 7),
        ({"retry-after": "500ms"}, 0.5),
        ({"retry-after": "2026-03-01T12:00:30Z"}, 30),
        ({"retry-after": "1772366430"}, 30),
        ({"retry-after": "1772366430000"}, 30),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "99999999"}, None),
        ({"retry-after": "Sun, 99 Mar 99999 12:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert named_wait(headers, Complaint(), NOW) == seconds


@given(st.text() | st.text("0123456789.:-+smhdTZGMT, "))
def test_any_retry_after_is_a_number_that_can_be_waited_for_or_none(value: str) -> None:
    seconds = named_wait({"retry-after": value}, Complaint(messages=[value]), NOW)

    assert seconds is None or 0 <= seconds <= 31 * 86_400


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Please try again in 6.2s.", 6.2),
        ("Please try again in 500ms.", 0.5),
        ("Please retry after 20 seconds.", 20),
        ("Please try again in 1h2m3.5s.", 3_723.5),
        ("Try again after 1 minute.", 60),
        ("Please wait 30 seconds before trying again", 30),
        ("Please wait for about 2 minutes", 120),
        ("Your limit resets in 3 hours", 10_800),
        ("retry-after: 4 sec", 4),
        ("请在 6 秒后重试", 6),
        ("请等待 1分30秒后再试", 90),
        ("Please try again later.", None),
        ("The request timed out after 30 seconds.", None),
        ("The model answered in 6.2s", None),
        ("try again in 99999 days", None),
    ],
)
def test_a_wait_in_words_is_read(words: str, seconds: float | None) -> None:
    assert named_wait({}, Complaint(messages=[words]), NOW) == (
        None if seconds is None else pytest.approx(seconds)
    )


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"error": {"retry_after": 3}}', 3),
        (b'{"error": {"retryAfter": "3s"}}', 3),
        (b'{"error": {"details": [{"retryDelay": "2.400s"}]}}', 2.4),
        (b'{"error": {"details": [{"retryDelay": {"seconds": 2, "nanos": 0}}]}}', 2),
        (b'{"error": "loading", "estimated_time": 20.0}', 20),
        (b'{"error": {"metadata": {"headers": {"Retry-After": "8"}}}}', 8),
        (b'{"error": {"retry_after": true}}', None),
        (b'{"error": {"retry_after": null}}', None),
    ],
)
def test_a_wait_in_a_field_is_read(body: bytes, seconds: float | None) -> None:
    assert named_wait({}, read_complaint(body), NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset-requests": "1s"}, 1),
        ({"x-ratelimit-reset-requests": "120ms", "x-ratelimit-reset-tokens": "6s"}, 6),
        ({"x-ratelimit-reset-requests": "8s", "x-ratelimit-reset-tokens": "6m0s"}, 8),
        ({"x-ratelimit-reset-requests-day": "33011.4", "x-ratelimit-reset-tokens-minute": "11.4"}, 11.4),
        (
            {
                "x-ratelimit-remaining-requests-day": "0",
                "x-ratelimit-reset-requests-day": "33011.4",
                "x-ratelimit-remaining-tokens-minute": "5",
                "x-ratelimit-reset-tokens-minute": "11.4",
            },
            33_011.4,
        ),
        ({"x-ratelimit-reset": "1772366430"}, 30),
        ({"x-ratelimit-reset": "1772366430000"}, 30),
        ({"x-rate-limit-reset": "30"}, 30),
        ({"ratelimit-reset": "30"}, 30),
        ({"ratelimit": '"default";r=0;t=30'}, 30),
        ({"x-ratelimit-reset": "1772366399"}, 0),
        ({"x-ratelimit-limit-requests": "5"}, None),
        ({"x-ratelimit-reset": "soon"}, None),
    ],
)
def test_the_limit_that_is_used_up_says_how_long(headers: dict[str, str], seconds: float | None) -> None:
    assert reset_wait(headers, Complaint(), NOW) == seconds
