# SPDX-License-Identifier: Apache-2.0
"""Reads an unchecked document. A value of another kind than asked for counts as empty: the schema reports it,
and the rules go on with the rest."""  # noqa: D205, D209

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from devkit.lint.finding import Path


def mapping(value: object) -> Mapping[str, Any]:
    """The mapping without keys that are not text; empty when it is none."""
    if not isinstance(value, dict):
        return {}
    return value if all(isinstance(key, str) for key in value) else _texts(value)


def _texts(value: Mapping[Any, Any]) -> Mapping[str, Any]:
    return {key: item for key, item in value.items() if isinstance(key, str)}


def sequence(value: object) -> Sequence[Any]:
    """The list; empty when it is none."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """The text; empty when it is none."""
    return value if isinstance(value, str) else ""


def records(value: object, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The mappings of a list, each with its path."""
    for number, item in enumerate(sequence(value)):
        if isinstance(item, dict):
            yield (*path, number), mapping(item)


def selector(value: object) -> tuple[str, ...] | None:
    """A selector as texts; None when it is not a list of texts."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    return None
