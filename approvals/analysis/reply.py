# SPDX-License-Identifier: Apache-2.0
"""What the model may answer, and the strict reading of it."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from approvals.analysis.json_in_text import objects_in, read_json
from approvals.domain.policy_types import AMOUNT_LIMIT
from approvals.domain.terms import Level, Risk
from approvals.errors import shown
from approvals.text.numbers import largest_reading

MAX_FACTORS = 10
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class ReplyInvalidError(Exception):
    """The reply is not what was asked for; the message is fit to be shown to the model."""


def _short(limit: int) -> BeforeValidator:
    """Text without control characters, cut to `limit`: people read it, so a model must not flood them."""

    def cut(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        # What can be printed holds none of them, and Python knows at once whether a text can.
        return (value if value.isprintable() else _CONTROL.sub("", value))[:limit]

    return BeforeValidator(cut)


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FactorReply(_Reply):
    """One claim and the words that it rests on."""

    claim: Annotated[str, _short(300)]
    evidence: Annotated[str, _short(500)] = Field(description="Words copied from the content.")


def _amount(value: Any) -> Any:
    """A number, or text as people write it; of two readings the larger. An absurd one counts as the largest allowed."""
    read = largest_reading(value) if isinstance(value, str) else value
    return AMOUNT_LIMIT if isinstance(read, int | float | Decimal) and read > AMOUNT_LIMIT else read


def _or_false(value: Any) -> Any:
    return False if value is None else value


class TotalReply(_Reply):
    """The whole amount that a text asks for, as the model reads it."""

    amount: Annotated[Decimal, BeforeValidator(_amount), Field(ge=0, le=AMOUNT_LIMIT, allow_inf_nan=False)]
    currency: Annotated[str, _short(20)] = ""


class AnalysisReply(_Reply):
    """What the model says of one request."""

    id: Annotated[str, Field(min_length=1)]
    risk_level: Risk
    approver_level: Level
    auto_approve: Annotated[bool, Field(strict=True)]
    confidence: Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]
    summary: Annotated[str, _short(600), Field(min_length=1)]
    total: TotalReply | None = None
    addresses_reader: Annotated[bool, BeforeValidator(_or_false)] = False
    factors: tuple[FactorReply, ...]


class ModelReply(_Reply):
    """The whole reply."""

    analyses: tuple[AnalysisReply, ...]


def parse_reply(text: str, ids: Sequence[str]) -> dict[str, AnalysisReply]:
    """The analyses by id, out of the one JSON object in `text` that has the right shape and each of `ids` once.

    Raises `ReplyInvalidError` where there is no such object, or where two differ.
    """
    try:
        return _with_ids(ModelReply.model_validate_json(text), ids)
    except (ValidationError, ReplyInvalidError):
        pass
    found = [(each, reply) for each in objects_in(text, "analyses") if (reply := _fitting(each.value, ids))]
    fitting = [reply for each, reply in found if each.is_final] or [reply for _, reply in found]
    if not fitting:
        raise ReplyInvalidError(_fault_of(text, ids))
    if any(reply != fitting[0] for reply in fitting):
        raise ReplyInvalidError("it holds more than one JSON document, and they differ")
    return fitting[0]


def _with_ids(reply: ModelReply, ids: Sequence[str]) -> dict[str, AnalysisReply]:
    got = [analysis.id for analysis in reply.analyses]
    if sorted(got) != sorted(ids):
        raise ReplyInvalidError(f"ids must be {shown(list(ids))}, each once; got {shown(got)}")
    return {analysis.id: analysis for analysis in reply.analyses}


def _fitting(value: Any, ids: Sequence[str]) -> dict[str, AnalysisReply] | None:
    try:
        return _with_ids(ModelReply.model_validate(value), ids)
    except (ValidationError, ReplyInvalidError):
        return None


def _fault_of(text: str, ids: Sequence[str]) -> str:
    """What is wrong with a text in which nothing fits: with the last object in it, or with the whole."""
    objects = [each.value for each in objects_in(text, "analyses")]
    try:
        value = objects[-1] if objects else read_json(text)
        _with_ids(ModelReply.model_validate(value), ids)
    except ValidationError as error:
        return _first_faults(error)
    except ReplyInvalidError as error:
        return str(error)
    except (ValueError, RecursionError):
        pass
    return f"not a JSON document: {shown(text)}"


def _first_faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False)[:3]
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}, found {shown(fault['input'])}"
        for fault in faults
    )


def reply_schema() -> dict[str, Any]:
    """The JSON Schema of the reply in the subset that strict structured output accepts: all keys required."""
    factor = _object({"claim": {"type": "string"}, "evidence": {"type": "string"}})
    total = _object({"amount": {"type": "number"}, "currency": {"type": "string"}})
    analysis = _object(
        {
            "id": {"type": "string"},
            "risk_level": {"type": "string", "enum": list(Risk)},
            "approver_level": {"type": "string", "enum": list(Level)},
            "auto_approve": {"type": "boolean"},
            "confidence": {"type": "number"},
            "summary": {"type": "string"},
            "total": {"anyOf": [total, {"type": "null"}]},
            "addresses_reader": {"type": "boolean"},
            "factors": {"type": "array", "items": factor},
        }
    )
    return _object({"analyses": {"type": "array", "items": analysis}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
