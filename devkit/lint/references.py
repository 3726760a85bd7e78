# SPDX-License-Identifier: Apache-2.0
"""The variables that a node reads: selectors, and `{{#node.variable#}}` in texts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devkit.lint.canvas import Canvas, Node
from devkit.lint.finding import Path
from devkit.lint.reading import mapping, records, selector, sequence

# Dify's own pattern; what does not match stays in the text as it is.
REFERENCE = re.compile(r"\{\{#([a-zA-Z0-9_]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}")
# Places that Dify fills in itself: a prompt's context and history, a form's address and its own fields.
SPECIAL = re.compile(
    r"\{\{#(context|histories|query|url|current|error_message|last_run|\$output\.[^#{}]*)#\}\}"
)

# Texts that nobody substitutes: prose for the canvas, code, Jinja, what another rule reads.
_PROSE = frozenset(
    {"title", "desc", "description", "label", "code", "template", "jinja2_text", "tool_description", "tool_label",
     "output_schema", "paramSchemas", "params", "default_value", "provider_name", "provider_id", "text_hint"}
)  # fmt: skip
# Selectors that mean nothing while the switch beside them is off.
_SWITCHED = frozenset({"context", "vision", "memory"})


@dataclass(frozen=True, slots=True)
class Reference:
    """One reading of a variable. `within` is a container that looks at its own children."""

    selector: tuple[str, ...]
    path: Path
    node: Node
    within: bool = False


def references(canvas: Canvas) -> Iterator[Reference]:
    """All of them, in the order of the file."""
    for node in canvas.drawn:
        for path, found in _selectors(node.data, node.at()):
            looks_inside = "output_selector" in path or "break_conditions" in path
            yield Reference(found, path, node, looks_inside)
        for path, value in texts(node):
            yield from (Reference(tuple(match.split(".")), path, node) for match in REFERENCE.findall(value))


def texts(node: Node) -> Iterator[tuple[Path, str]]:
    """The texts of a node in which Dify substitutes variables."""
    if node.kind != "start":
        yield from _texts(node.data, node.at())


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in mapping(value).items():
            if key not in _PROSE:
                yield from _texts(item, (*path, key))
    elif isinstance(value, list) and not _is_selector(path):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))


def _is_selector(path: Path) -> bool:
    return isinstance(path[-1], str) and (path[-1].endswith("selector") or path[-1] == "selector")


def _selectors(value: object, path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Selectors below a value. An empty one is none: the canvas leaves them behind."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _selectors(item, (*path, number))
        return
    data = mapping(value)
    if path[-1] in _SWITCHED and data.get("enabled") is not True:
        return
    for key, item in data.items():
        here = (*path, key)
        found = selector(item)
        if found and (_is_selector(here) or _is_variable(data, key)):
            yield here, found
        elif key == "variables" and data.get("output_type"):
            yield from _lists(item, here)
        elif key not in {"output_schema", "code", "paramSchemas", "params"}:
            yield from _selectors(item, here)
    if isinstance(data.get("body"), dict):
        yield from _files(data["body"], (*path, "body"))


def _is_variable(data: Mapping[str, Any], key: str) -> bool:
    """A value that its own type says to be a selector; `query` and `variable` are selectors when lists."""
    kind = data.get("type") or data.get("value_type") or data.get("input_type")
    return (key == "value" and kind == "variable") or key in {"query", "variable"}


def _lists(value: object, path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The selectors that an aggregator, or one of its groups, chooses from."""
    for number, item in enumerate(sequence(value)):
        found = selector(item)
        if found:
            yield (*path, number), found
        else:
            yield from _selectors([item], path) if isinstance(item, dict) else ()


def _files(body: object, path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for where, part in records(mapping(body).get("data"), (*path, "data")):
        found = selector(part.get("file"))
        if found:
            yield (*where, "file"), found
