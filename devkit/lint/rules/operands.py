# SPDX-License-Identifier: Apache-2.0
"""Comparisons: operators against the variable's type, values against those that it can have."""

from collections.abc import Iterator, Mapping
from typing import Any

from devkit.lint.canvas import Node
from devkit.lint.finding import Path, Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.quoting import quoted
from devkit.lint.reading import records, selector, text
from devkit.lint.rules.rule import Subject
from devkit.lint.values import values_of
from devkit.lint.variables import ANY, type_of

_EMPTINESS = ("empty", "not empty", "null", "not null", "exists", "not exists")
_LIST = ("contains", "not contains", *_EMPTINESS)
OPERATORS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"contains", "not contains", "start with", "end with", "is", "is not", *_EMPTINESS}),
    "number": frozenset({"=", "≠", ">", "<", "≥", "≤", *_EMPTINESS}),
    "boolean": frozenset({"is", "is not", *_EMPTINESS}),
    "object": frozenset(_EMPTINESS),
    "file": frozenset(_EMPTINESS),
    "array[string]": frozenset(_LIST),
    "array[number]": frozenset(_LIST),
    "array[boolean]": frozenset(_LIST),
    "array[object]": frozenset(_EMPTINESS),
    "array[file]": frozenset({*_LIST, "all of"}),
}
_KNOWN = frozenset[str]().union(*OPERATORS.values())  # the schema refuses any other
_EXACT = frozenset({"is", "is not"})
_VAR_TYPES = frozenset({*OPERATORS, "integer", "float", "secret", "array", "array[any]", ANY})

type Condition = Mapping[str, Any]


def conditions(subject: Subject) -> Iterator[tuple[Node, Path, Condition, tuple[str, ...]]]:
    """Every comparison of an if-else or a loop, with the selector of what it compares."""
    for node in subject.of_kind("if-else", "loop"):
        places = [(node.at("break_conditions"), node.data.get("break_conditions"))]
        places += [
            ((*path, "conditions"), case.get("conditions"))
            for path, case in records(node.data.get("cases"), node.at("cases"))
        ]
        for path, listed in places:
            for where, condition in records(listed, path):
                found = selector(condition.get("variable_selector"))
                if found and len(found) > 1:
                    yield node, where, condition, found


def operand_types(subject: Subject) -> Iterator[Problem]:
    """A comparison uses an operator for the variable's type; otherwise the run fails."""
    for _, path, condition, found in conditions(subject):
        kind, operator = type_of(subject.canvas, found), text(condition.get("comparison_operator"))
        allowed = OPERATORS.get(kind)
        if allowed and operator in _KNOWN - allowed and not condition.get("sub_variable_condition"):
            what = f"{'.'.join(found)!r} is a {kind}, which {operator!r} does not compare"
            yield Problem((*path, "comparison_operator"), what, f"use one of: {', '.join(sorted(allowed))}")
        value = condition.get("value")
        if (
            kind == "number"
            and isinstance(value, str)
            and value
            and "{{#" not in value
            and not is_number(value)
        ):
            yield Problem(
                (*path, "value"), f"a number is compared with {quoted(value)}", "compare it with a number"
            )
        said = text(condition.get("varType"))
        if said and (said not in _VAR_TYPES or (kind in OPERATORS and _differs(said, kind))):
            yield Problem((*path, "varType"), f"varType is {said!r}", f"{'.'.join(found)!r} is a {kind}")


def operand_values(subject: Subject) -> Iterator[Problem]:
    """A comparison uses a value that the variable can have."""
    for _, path, condition, found in conditions(subject):
        known = values_of(subject.canvas, found, subject.providers)
        operator, value = text(condition.get("comparison_operator")), condition.get("value")
        if known is None or not isinstance(value, str) or "{{#" in value:
            continue
        possible = {
            "start with": any(one.startswith(value) for one in known),
            "end with": any(one.endswith(value) for one in known),
            "contains": any(value in one for one in known),
        }.get(operator, value in known or operator not in _EXACT)
        if not possible or (operator in {"start with", "end with"} and not value):
            yield Problem(
                (*path, "value"),
                f"{'.'.join(found)!r} is never {quoted(value)}",
                did_you_mean(value, known, "value"),
            )


def _differs(said: str, kind: str) -> bool:
    return {"integer": "number", "float": "number", "secret": "string"}.get(said, said) != kind


def is_number(value: str) -> bool:
    """True for the text of a number."""
    try:
        float(value)
    except ValueError:
        return False
    return True
