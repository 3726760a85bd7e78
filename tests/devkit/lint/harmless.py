# SPDX-License-Identifier: Apache-2.0
"""Which changes of a workflow cannot change what it does: each difference lies where only a person reads it."""

import re
from collections.abc import Iterator
from typing import Any

type Path = tuple[str | int, ...]

# Read by people, or by nobody: no run looks at them.
_SHOWN = {"title", "desc", "description", "label", "placeholder", "hint", "tool_label", "tool_description",
          "name", "icon", "icon_background", "author", "showAuthor", "subject", "theme", "user_name"}  # fmt: skip
_DRAWN = {"position", "positionAbsolute", "width", "height", "viewport", "zIndex", "dragging"}
# A UUID only has to be unlike the others, which a rule checks where it matters.
_NAMES_ITSELF = {"id", "groupId"}
# What the person who imports the file is told to set, or may set; any value that the schema takes does its work.
_SETTINGS = {"max_length", "timeout", "max_retries", "retry_interval", "parallel_nums", "number_limits", "email",
             "features", "options", "environment_variables", "timezone", "visual_config", "status_code", "response_body"}  # fmt: skip
# Texts that are shown or sent: words may change, what is filled in may not.
_TEXTS = {
    "text",
    "body",
    "form_content",
    "answer",
    "template",
    "value",
    "default",
    "headers",
    "response_body",
    "url",
    "code",
}
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


def reason(path: Path, old: Any, new: Any) -> str:
    """Why a difference is harmless; empty when it may not be."""
    names = {part for part in path if isinstance(part, str)}
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    if names & _DRAWN:
        return "where it is drawn"
    if names & _SETTINGS and last != "name":
        return "a setting"
    if last in _SHOWN and "environment_variables" not in names and "parameters" not in names:
        return "what it is called on the canvas"
    if last in _NAMES_ITSELF and "cases" not in path[-2:]:
        return "a name that nothing refers to"
    if last in _TEXTS and isinstance(old, str) and isinstance(new, str) and _same_filling(old, new):
        return "the words of a text"
    return ""


def _same_filling(old: str, new: str) -> bool:
    return _FILLED_IN.findall(old) == _FILLED_IN.findall(new)
