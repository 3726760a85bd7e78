# SPDX-License-Identifier: Apache-2.0
"""Violations of the JSON Schema, with how to correct them."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from devkit.lint.canvas import GRAPH
from devkit.lint.finding import Path, Problem, Strength
from devkit.lint.nearest import did_you_mean, nearest
from devkit.lint.quoting import quoted
from devkit.lint.reading import mapping

_FOLDER = FilePath(__file__).resolve().parents[2] / "schemas"
_FILES = {Strength.DIFY: "dify-workflow.schema.json", Strength.BUNDLE: "dify-workflow-bundle.schema.json"}
_ITEM = 4  # steps to one node or edge: workflow, graph, nodes, its number
_MISSING = " is missing"
_KINDS = {list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false"}
_PATTERNS = {
    "^[A-Za-z0-9_]{1,50}$": "letters, digits and _ only, at most 50: Dify does not find another id in a text",
    "^[A-Za-z_][A-Za-z0-9_]{0,29}$": "a letter or _ first, then letters, digits and _, at most 30",
}


@lru_cache(maxsize=2)
def schema(strength: Strength) -> Mapping[str, Any]:
    """The schema of that strength. Raises OSError."""
    loaded: dict[str, Any] = json.loads((_FOLDER / _FILES[strength]).read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=2)
def _validator(strength: Strength) -> Draft202012Validator:
    return Draft202012Validator(schema(strength))


@lru_cache(maxsize=1)
def node_types() -> frozenset[str]:
    """The types of node that Dify has."""
    listed = schema(Strength.BUNDLE)["$defs"]["NodeData"]["properties"]["type"]["enum"]
    return frozenset(listed) - {""}


def schema_problems(document: object, strength: Strength) -> Iterator[Problem]:
    """One problem for each place that the schema refuses, and for each misspelt key."""
    if not isinstance(document, dict):
        what = (
            "the file is empty"
            if document is None
            else f"the file holds {_KINDS.get(type(document), 'a value')}"
        )
        yield Problem((), what, "a workflow file has the keys app and workflow: export one in Dify")
        return
    found = [
        problem
        for error in _validator(strength).iter_errors(document)
        for problem in _problems(_nearest_cause(error))
    ]
    misspelt = {problem.path for problem in found if problem.what.endswith(_MISSING)}
    seen: set[Problem] = set()
    for problem in found:
        unknown = not problem.what.endswith(_MISSING) and problem.path in misspelt
        if problem not in seen and not unknown:
            seen.add(problem)
            yield problem


def is_read_later(document: object, path: Path) -> bool:
    """True for what Dify imports unread, and complains of aloud once it draws, publishes or runs it.

    That is what lies within a node or an edge. Only the data of Human Input nodes is read on import.
    """
    if path[:2] != GRAPH or len(path) <= _ITEM:
        return False
    graph: Any = mapping(mapping(document).get("workflow")).get("graph")
    if path[2] == "edges":
        return True
    node = mapping(graph["nodes"][path[3]])
    if not isinstance(node.get("data", {}), dict):
        return False
    return path[4] != "data" or mapping(node.get("data")).get("type") != "human-input"


def _nearest_cause(error: ValidationError) -> ValidationError:
    """Of several alternatives that all failed, the one that came furthest into the document."""
    while error.context:
        error = max(error.context, key=lambda cause: (len(cause.absolute_path), cause.validator != "type"))
    return error


def _problems(error: ValidationError) -> Iterator[Problem]:
    path, found = tuple(error.absolute_path), error.instance
    wanted: Any = error.validator_value  # what the keyword says
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    match error.validator:
        case "required" if isinstance(found, dict):
            for key in wanted:
                if key not in found:
                    near = nearest(key, [str(name) for name in found if name not in known])
                    remedy = f"did you mean {key!r} where the file says {near!r}?" if near else "add it"
                    yield Problem((*path, near) if near else path, f"{key!r}{_MISSING}", remedy)
        case "additionalProperties" if isinstance(found, dict):
            for key in found:
                if key not in known:
                    missing = [name for name in known if name not in found]
                    likely = missing if nearest(key, missing) else known
                    yield Problem(
                        (*path, str(key)),
                        f"{key!r} is not a key that belongs here",
                        did_you_mean(key, likely, "key"),
                    )
        case _:
            yield Problem(path, *_said(error, found))


def _said(error: ValidationError, found: object) -> tuple[str, str]:
    """What is wrong with a value, and how to correct it."""
    asked: Any = error.validator_value
    name = f"{error.absolute_path[-1]!r} is {quoted(found)}" if error.absolute_path else "this file"
    if error.absolute_path and isinstance(error.absolute_path[-1], int):
        name = f"item {error.absolute_path[-1] + 1} is {quoted(found)}"
    match error.validator:
        case "enum":
            return name, did_you_mean(found, [str(value) for value in asked if value is not None], "value")
        case "const":
            return name, f"it must be {quoted(asked)}"
        case "type":
            kinds = asked if isinstance(asked, str) else " or ".join(asked)
            quoting = ": put it into quotes" if "string" in kinds and isinstance(found, int | float) else ""
            return name, f"it must be of type {kinds}{quoting}"
        case "pattern":
            return name, _PATTERNS.get(asked, f"it must match {asked}")
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minimum" | "maximum" | "maxProperties":
            return name, _words(error.validator, asked)
    return name, "this is not allowed here"


def _words(keyword: str, limit: object) -> str:
    bound = "at least" if keyword.startswith("min") else "at most"
    unit = {"Length": "character", "Items": "item", "Properties": "key"}.get(keyword[3:])
    if unit is None:
        return f"it must be {bound} {limit}"
    return f"it must have {bound} {limit} {unit}" + ("" if limit == 1 else "s")
