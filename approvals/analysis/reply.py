# SPDX-License-Identifier: Apache-2.0
"""What the model may answer, and the strict reading of it."""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from approvals.domain.policy import AMOUNT_LIMIT
from approvals.domain.terms import Level, Risk
from approvals.errors import shown
from approvals.text.numbers import largest_reading

MAX_FACTORS = 10
_FENCE = re.compile(r"^```[a-zA-Z]*\s*\n(.*)\n?```\s*$", re.DOTALL)
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
    """A number, or text as people write it; of two readings the larger."""
    return largest_reading(value) if isinstance(value, str) else value


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
    """The analyses by id.

    Raises `ReplyInvalidError` unless the text is one JSON document of the right shape with each of `ids` once.
    """
    fenced = _FENCE.match(text.strip()) if "```" in text else None
    try:
        reply = _read(fenced[1] if fenced else text)
    except ValidationError as error:
        raise ReplyInvalidError(_first_faults(error)) from None
    except (ValueError, RecursionError):
        raise ReplyInvalidError(f"not a JSON document: {shown(text)}") from None
    got = [analysis.id for analysis in reply.analyses]
    if sorted(got) != sorted(ids):
        raise ReplyInvalidError(f"ids must be {shown(list(ids))}, each once; got {shown(got)}")
    return {analysis.id: analysis for analysis in reply.analyses}


def _read(text: str) -> ModelReply:
    """In one step; what fails is read once more in two, which says better what is wrong, and may be more lenient."""
    try:
        return ModelReply.model_validate_json(text)
    except ValidationError:
        return ModelReply.model_validate(_DECODER.decode(text))


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


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
