# SPDX-License-Identifier: Apache-2.0
"""Errors as public endpoints send them (`errors.json`), each with the failure that it means."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from approvals.llm.failures import FailureKind
from approvals.llm.reply import ReplyFailure, read_reply

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://api.example.com/v1/chat/completions"
ERRORS = json.loads((Path(__file__).parent / "errors.json").read_text())


def failure_of(case: dict[str, Any]) -> ReplyFailure:
    body = case["body"]
    raw = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
    headers = {name.lower(): value for name, value in case.get("headers", {}).items()}
    with pytest.raises(ReplyFailure) as caught:
        read_reply(case["status"], headers, raw, url=URL, model="m-1", now=NOW)
    return caught.value


@pytest.mark.parametrize(
    "case", ERRORS, ids=lambda case: f"{case['kind']} {case['status']} {str(case['body'])[:60]}"
)
def test_an_error_means_what_it_says(case: dict[str, Any]) -> None:
    failure = failure_of(case)

    assert failure.kind is FailureKind(case["kind"]), failure
    assert failure.feature == case.get("feature")
    assert failure.retry_after == pytest.approx(case["wait"]) if "wait" in case else True
    assert case.get("says", "") in failure.message
