# SPDX-License-Identifier: Apache-2.0
"""A reply read in one step is the reply read in two."""

import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from approvals.analysis import reply
from approvals.analysis.reply import ModelReply

REPLY = json.dumps(
    {
        "analyses": [
            {
                "id": "r-1",
                "risk_level": "low",
                "approver_level": "manager",
                "auto_approve": True,
                "confidence": 0.9,
                "summary": "A routine purchase.",
                "factors": [{"claim": "small", "evidence": "twelve chairs"}],
            }
        ]
    }
)
PIECES = (
    "",
    "NaN",
    "Infinity",
    "1",
    "-1",
    "1e400",
    "null",
    "true",
    '"',
    "\\ud800",
    "\\u0000",
    "\n",
    "x",
    "{",
    "]",
    ",",
)


def read_in_two_steps(text: str) -> ModelReply | None:
    try:
        return ModelReply.model_validate(reply._DECODER.decode(text))
    except (ValidationError, ValueError):
        return None


def read_in_one_step(text: str) -> ModelReply | None:
    try:
        return ModelReply.model_validate_json(text)
    except ValidationError:
        return None


@given(st.integers(0, len(REPLY)), st.integers(0, 6), st.sampled_from(PIECES) | st.text(max_size=3))
def test_one_step_never_takes_what_two_would_refuse_and_reads_the_same(
    start: int, length: int, piece: str
) -> None:
    text = REPLY[:start] + piece + REPLY[start + length :]

    at_once = read_in_one_step(text)

    assert at_once is None or at_once == read_in_two_steps(text)


def test_the_ordinary_reply_is_read_in_one_step() -> None:
    assert read_in_one_step(REPLY) == read_in_two_steps(REPLY) is not None
