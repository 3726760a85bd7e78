# SPDX-License-Identifier: Apache-2.0
"""A reply read in one step is the reply read in two."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from approvals.analysis.json_in_text import read_json
from approvals.analysis.reply import AnalysisReply, ModelReply, ReplyInvalidError, parse_reply, reply_schema

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
                "total": {"amount": 9000.5, "currency": "USD"},
                "addresses_reader": False,
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
        return ModelReply.model_validate(read_json(text))
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


@pytest.mark.parametrize(
    ("total", "amount"),
    [
        ({"amount": 9000.5, "currency": "USD"}, "9000.5"),
        ({"amount": "9.000,50 €", "currency": "EUR"}, "9000.50"),
        ({"amount": "9.000", "currency": "EUR"}, "9000"),  # of two readings the larger
        ({"amount": "9,000"}, "9000"),
        (None, None),
    ],
)
def test_a_total_is_read_as_it_is_written(total: Any, amount: str | None) -> None:
    document = json.loads(REPLY)
    document["analyses"][0]["total"] = total

    (read,) = parse_reply(json.dumps(document), ["r-1"]).values()

    assert (read.total.amount if read.total else None) == (Decimal(amount) if amount else None)


@pytest.mark.parametrize(
    "total", [{"amount": -1}, {"amount": "much"}, {"amount": "NaN"}, {"amount": None}, 5]
)
def test_a_total_that_is_none_is_a_fault_of_the_reply(total: Any) -> None:
    document = json.loads(REPLY)
    document["analyses"][0]["total"] = total

    with pytest.raises(ReplyInvalidError, match="total"):
        parse_reply(json.dumps(document), ["r-1"])


def test_a_reply_of_a_model_that_knows_neither_total_nor_addresses_reader_is_read() -> None:
    document = json.loads(REPLY)
    del document["analyses"][0]["total"], document["analyses"][0]["addresses_reader"]

    (read,) = parse_reply(json.dumps(document), ["r-1"]).values()

    assert (read.total, read.addresses_reader) == (None, False)


def test_the_schema_asks_for_every_key_as_strict_output_needs() -> None:
    (analysis,) = (reply_schema()["properties"]["analyses"]["items"],)

    assert set(analysis["required"]) == set(analysis["properties"]) == set(AnalysisReply.model_fields)
