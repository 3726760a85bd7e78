# SPDX-License-Identifier: Apache-2.0
"""Bodies and answers in the document, with the words of the tools' YAML files."""

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from approvals.domain.terms import Event, IfRefused, Language, Level
from approvals.web.api import analyze, events

_TOOLS: Final = Path(__file__).resolve().parents[2] / "tools"
_ID: Final = {"type": "string", "pattern": "^([A-Za-z0-9][A-Za-z0-9._:@-]{0,127})?$"}
_SHAPES: Final[Mapping[str, dict[str, Any]]] = {
    "request_id": _ID,
    "revision_of": _ID,
    "amount": {"type": ["string", "number"], "minimum": 0, "maximum": 1e15},
    "currency": {"type": "string", "pattern": "^([A-Za-z]{3})?$"},
    "document_date": {"type": "string", "examples": ["2026-11-03"]},
    "priority": {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 5},
            {"type": "string", "enum": ["urgent", "high", "normal", "low", "1", "2", "3", "4", "5", ""]},
        ]
    },
    "deadline_hours": {"type": ["string", "number"], "exclusiveMinimum": 0, "maximum": 8784},
    "language": {"type": "string", "enum": [*(language.value for language in Language), ""]},
    "policy": {"type": ["string", "object"]},
}
"""Parameters of an analysis that are not just text."""
_WORDS: Final[Mapping[str, type[Event] | type[Level] | type[IfRefused]]] = {
    "event": Event,
    "actor_level": Level,
    "if_refused": IfRefused,
}


@cache
def tool(name: str) -> dict[str, Any]:
    """A tool's YAML file."""
    loaded: dict[str, Any] = yaml.safe_load((_TOOLS / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def tool_answer(name: str, optional: Collection[str] = ()) -> dict[str, Any]:
    """The variables of a tool as an object; all are there but the optional ones."""
    properties = tool(name)["output_schema"]["properties"]
    required = [field for field in properties if field not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def analyze_body() -> dict[str, Any]:
    """The body of `analyze`. Every parameter may stand beside `content`, or in `context`."""
    fields = {name: _parameter("analyze_approval", name) for name in analyze.PARAMETERS}
    context = {
        "type": ["object", "null"],
        "description": "What else is known of the request. A field with the name of a parameter is that parameter.",
        "properties": fields,
        "additionalProperties": True,
    }
    content = {**_described("analyze_approval", "content"), "type": "string", "minLength": 1}
    example = {
        "content": "Two monitors for the design team, 640 EUR in total.",
        "context": {"request_type": "purchase", "amount": 640, "currency": "EUR", "priority": "normal"},
    }
    return {
        "type": "object",
        "properties": {"content": content, "context": context, **fields},
        "required": ["content"],
        "additionalProperties": False,
        "examples": [example],
    }


def event_body() -> dict[str, Any]:
    """The body of `events`: plain, or in the envelope of Standard Webhooks."""
    fields = {name: _parameter("route_approval", name) for name in events.PARAMETERS}
    fields["request_id"] = {"type": "string", "description": "If given, the one in the path."}
    event = {**fields, "event": _shape("route_approval", "event")}
    plain = {"type": "object", "properties": event, "required": ["event"], "additionalProperties": False}
    envelope = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "description": "Ends with the event, as in `approval.approve`."},
            "timestamp": {"type": "string"},
            "data": {"type": "object", "properties": fields, "additionalProperties": False},
        },
        "required": ["data"],
        "additionalProperties": False,
    }
    return {"anyOf": [plain, envelope], "examples": [{"event": "approve", "actor": "ann@example.com"}]}


def record_answer() -> dict[str, Any]:
    """What `record` answers."""
    found = tool("find_approvals")["output_schema"]["properties"]
    one = found["approvals"]["items"]["properties"]
    summary = {name: one[name] for name in one if name != "history"}
    standing = {name: found[name] for name in ("next_step", "brief", "signatures_left")}
    ledger = {"type": "array", "items": {"type": "object"}, "description": "Its entries, oldest first."}
    required = ["request_id", "state", "version", "record", "ledger", "ledger_ok", "next_step", "brief"]
    return {
        "type": "object",
        "properties": {**summary, **standing, "ledger": ledger},
        "required": required,
        "additionalProperties": True,
    }


def health_answer() -> dict[str, Any]:
    """What `health` answers."""
    store = {
        "type": "object",
        "properties": {"reachable": {"type": "boolean"}, "reason": {"type": "string"}},
        "required": ["reachable", "reason"],
        "additionalProperties": True,
    }
    states = {"type": "string", "enum": ["closed", "open", "half_open"]}
    properties = {
        "status": {"type": "string", "enum": ["ok", "degraded", "down"]},
        "version": {"type": "string"},
        "breakers": {"type": "object", "additionalProperties": states, "description": "By model."},
        "limiter": {"type": "object"},
        "in_flight": {"type": "integer", "minimum": 0},
        "store": store,
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _parameter(name: str, parameter: str) -> dict[str, Any]:
    """A parameter as a field, where null is the same as leaving it out."""
    shape = _shape(name, parameter)
    if "anyOf" in shape:
        return {**shape, "anyOf": [*shape["anyOf"], {"type": "null"}]}
    types = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
    words = {"enum": [*shape["enum"], None]} if "enum" in shape else {}
    return {**shape, "type": [*types, "null"], **words}


def _shape(name: str, parameter: str) -> dict[str, Any]:
    described = _described(name, parameter)
    if parameter in _WORDS:
        return {**described, "type": "string", "enum": [word.value for word in _WORDS[parameter]]}
    if name == "analyze_approval":
        shape = {"type": ["string", "number"]} if parameter in analyze.NUMBERS else {"type": "string"}
        return {**described, **_SHAPES.get(parameter, shape)}
    return {**described, "type": ["string", "integer"] if parameter == "expected_version" else "string"}


def _described(name: str, parameter: str) -> dict[str, Any]:
    (found,) = (one for one in tool(name)["parameters"] if one["name"] == parameter)
    return {"description": found["human_description"]["en_US"]}
