# SPDX-License-Identifier: Apache-2.0
"""Bodies and answers in the document, with the words of the tools' YAML files."""

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from approvals.domain.terms import Event, IfRefused, Level
from approvals.web.api import analyze, events

_TOOLS: Final = Path(__file__).resolve().parents[2] / "tools"
_NUMBERS: Final = frozenset({"amount", "priority", "deadline_hours"})
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
        "type": "object",
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
    plain = {"type": "object", "properties": fields, "required": ["event"], "additionalProperties": False}
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
    described = _described(name, parameter)
    if parameter in _WORDS:
        return {**described, "type": "string", "enum": [word.value for word in _WORDS[parameter]]}
    if parameter == "policy":
        return {**described, "type": ["string", "object"]}
    if parameter in _NUMBERS or name == "analyze_approval":
        return {**described, "type": ["string", "number"]}
    return {**described, "type": ["string", "integer"] if parameter == "expected_version" else "string"}


def _described(name: str, parameter: str) -> dict[str, Any]:
    (found,) = (one for one in tool(name)["parameters"] if one["name"] == parameter)
    return {"description": found["human_description"]["en_US"]}
