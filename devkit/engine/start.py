# SPDX-License-Identifier: Apache-2.0
"""Reads what a run starts with: the values of a start form, or the payload of a trigger, as Dify checks them."""

from collections.abc import Iterable, Mapping
from typing import Any

from approvals.errors import shown

_TEXT_TYPES = frozenset({"text-input", "paragraph", "select"})


class StartFormError(ValueError):
    """A value that Dify refuses before the run starts. The message names the field."""


def start_values(root: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that the root node offers to the others. Raises StartFormError."""
    match root["type"]:
        case "start":
            return {field["variable"]: _field_value(field, given) for field in root.get("variables") or ()}
        case "trigger-webhook":
            return _webhook_values(root, given)
        case _:
            return dict(given)


def _field_value(field: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    name, kind = field["variable"], field["type"]
    value = given.get(name)
    if value is None:
        if field.get("required"):
            raise StartFormError(f"{name} is required in input form")
        value = field.get("default")
        if value is None:
            return None
    if kind in _TEXT_TYPES:
        value = _text(field, value)
    elif kind == "number":
        value = _number(name, value)
    elif kind == "checkbox":
        value = _checkbox(value)
    return value.replace("\x00", "") if isinstance(value, str) else value


def _text(field: Mapping[str, Any], value: Any) -> str:
    name = field["variable"]
    if not isinstance(value, str):
        raise StartFormError(f"{name} in input form must be a string, found {shown(value)}")
    if field["type"] == "select" and value not in field["options"]:
        raise StartFormError(
            f"{name} in input form is {shown(value)}; allowed: {', '.join(field['options'])}"
        )
    longest = field.get("max_length")
    if field["type"] != "select" and longest and len(value) > longest:
        raise StartFormError(f"{name} in input form has {len(value)} characters; {longest} are allowed")
    return value


def _number(name: str, value: Any) -> int | float | None:
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        raise StartFormError(f"{name} in input form must be a number, found {shown(value)}")
    if not value.strip():
        return None
    try:
        return float(value) if "." in value else int(value)
    except ValueError:
        raise StartFormError(f"{name} in input form must be a number, found {shown(value)}") from None


def _checkbox(value: Any) -> Any:
    word = str(value).strip().lower()
    if word in {"true", "1", "yes", "on"}:
        return True
    return False if word in {"false", "0", "no", "off"} else value


def _webhook_values(root: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for part in _declared_parts(root):
        name = str(part["name"])
        if name not in given:
            if part.get("required"):
                raise StartFormError(f"the webhook needs {name!r}; got {', '.join(given) or 'nothing'}")
            continue
        values[name.replace("-", "_")] = given[name]
    return {**values, "_webhook_raw": dict(given)}


def _declared_parts(root: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for place in ("headers", "params", "body"):
        yield from root.get(place) or ()
