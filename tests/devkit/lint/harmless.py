# SPDX-License-Identifier: Apache-2.0
"""Which changes of a workflow cannot change what it does: each difference lies where only a person reads it.

"What it does" is which nodes run, what tools and services are given, and what a decision rests on.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

from jinja2 import Environment

from devkit.lint.canvas import Canvas
from devkit.lint.references import references

type Path = tuple[str | int, ...]

# Read by people, or by nobody: no run looks at them.
_SHOWN = {
    *(
        "title",
        "desc",
        "description",
        "label",
        "placeholder",
        "hint",
        "tool_label",
        "tool_description",
        "subject",
    ),
    *("icon", "icon_background", "author", "showAuthor", "theme"),
}
# Below these, a label or a description is part of what the model or the engine is told.
_NAMING = {"environment_variables", "parameters", "loop_variables"}
_DRAWN = {"position", "positionAbsolute", "width", "height", "viewport", "zIndex", "dragging"}
# A UUID only has to be unlike the others, which a rule checks where it matters.
_NAMES_ITSELF = {"id", "groupId"}
# What the person who imports the file sets or may set; whatever the schema takes there works.
_SETTINGS = {
    *("max_length", "timeout", "max_retries", "retry_interval", "parallel_nums", "number_limits", "email"),
    *("features", "options", "environment_variables", "timezone", "visual_config", "response_body"),
}
# Texts for people: their words may change, what is filled in may not.
_TEXTS = {"text", "body", "form_content", "answer", "template"}
_SINKS = {"human-input", "answer", "end"}
_PASSING = {"template-transform", "variable-aggregator", "iteration"}
_FILLED_IN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Where two documents differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            yield from differences(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new, strict=True)):
            yield from differences(*pair, (*path, number))
    elif old != new or type(old) is not type(new):
        yield path, old, new


def reason(path: Path, old: Any, new: Any, canvas: Canvas) -> str:
    """Why a difference is harmless; empty when it may not be."""
    names = {part for part in path if isinstance(part, str)}
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    reasons = {
        "where it is drawn": names & _DRAWN,
        "a setting": names & _SETTINGS and last != "name",
        "what it is called": path == ("app", "name") or (last in _SHOWN and not names & _NAMING),
        "a name that nothing refers to": last in _NAMES_ITSELF and "cases" not in path[-2:],
        "a word for a failure that nothing is compared with": "default_value" in names
        and last == "value"
        and not {old, new} & _compared(canvas),
        "the words of a text": isinstance(old, str)
        and isinstance(new, str)
        and _only_words(path, last, old, new, canvas),
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _compared(canvas: Canvas) -> set[Any]:
    """Every value that an if-else compares something with."""
    cases = [case for node in canvas.drawn for case in node.data.get("cases", ())]
    return {condition["value"] for case in cases for condition in case["conditions"]}


def _only_words(path: Path, last: str, old: str, new: str, canvas: Canvas) -> bool:
    if last == "code":
        return _python(old) == _python(new)
    same_filling = _FILLED_IN.findall(old) == _FILLED_IN.findall(new)
    if last == "template":
        return same_filling or _jinja(old) == _jinja(new) or _for_people(path, canvas)
    # A key of its own for each step is all that an idempotency key must be.
    free = path[-2:] in {("comment", "value"), ("idempotency_key", "value")}
    return same_filling and (last in _TEXTS or free)


def _python(code: str) -> str:
    """What Python makes of it: without comments, blanks, what a function is for, and the words of sentences."""
    tree = ast.parse(code)
    for part in ast.walk(tree):
        if isinstance(part, ast.FunctionDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:]
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value:
            part.value = "a sentence for a person"
    return ast.dump(tree)


def _jinja(template: str) -> list[tuple[str, str]]:
    """What Jinja makes of it: without the blanks between the words of an expression, and the words of sentences."""
    words = Environment().lex(template)  # noqa: S701 - nothing is rendered
    said = ((kind, "" if kind == "string" and " " in word else word) for _, kind, word in words)
    return [one for one in said if one[0] != "whitespace"]


def _for_people(path: Path, canvas: Canvas) -> bool:
    """True for a template whose text ends in a form, a mail, an answer or an Output, and decides nothing."""
    node_id = next(node.node_id for node in canvas.drawn if node.path == path[: len(node.path)])
    waiting, seen = [node_id], set[str]()
    while waiting:
        seen.add(node_id := waiting.pop())
        readers = [one.node for one in references(canvas) if one.selector[0] == node_id]
        if not all(reader.kind in _SINKS | _PASSING for reader in readers):
            return False
        waiting += [
            reader.node_id for reader in readers if reader.kind in _PASSING and reader.node_id not in seen
        ]
    return True
