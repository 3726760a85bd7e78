# SPDX-License-Identifier: Apache-2.0
"""Turns a value from the variable pool into what a plugin receives, as Dify's API does on the way.

Dify converts by the declared type of the parameter, silently: that is why a plugin re-reads everything.
"""

import json
from collections.abc import Mapping
from typing import Any

from devkit.declarations import ToolDeclaration

_TEXT_TYPES = frozenset({"string", "secret-input", "select", "checkbox", "dynamic-select"})
_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})


def as_received(tool: ToolDeclaration, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as the plugin sees them. Undeclared names pass through as they are.

    Raises ValueError where Dify's own conversion fails, for instance "1e5" for a number.
    """
    types = {parameter.name: parameter.type for parameter in tool.parameters}
    return {
        name: converted(types[name], value) if name in types else value for name, value in parameters.items()
    }


def converted(kind: str, value: Any) -> Any:
    """One value, converted to a declared parameter type."""
    if kind in _TEXT_TYPES:
        return "" if value is None else str(value)
    match kind:
        case "boolean":
            return _boolean(value)
        case "number":
            return _number(value)
        case "array":
            return _parsed(value, list, [value])
        case "object":
            return _parsed(value, dict, {})
        case _:
            return value


def _boolean(value: Any) -> bool:
    word = value.lower() if isinstance(value, str) else None
    if word in _TRUE | _FALSE:
        return word in _TRUE
    return bool(value)


def _number(value: Any) -> int | float | None:
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and value:
        return float(value) if "." in value else int(value)
    return None


def _parsed(value: Any, wanted: type, fallback: Any) -> Any:
    if isinstance(value, wanted):
        return value
    try:
        parsed = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return fallback
    return parsed if isinstance(parsed, wanted) else fallback
