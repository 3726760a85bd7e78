# SPDX-License-Identifier: Apache-2.0
"""What the forms of workflow files ask for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from devkit.declarations import read_declarations
from devkit.lint.canvas import read_canvas
from devkit.lint.reading import mapping
from devkit.lint.rules.policies import offered_types
from devkit.lint.rules.rule import Subject

_FACTS: Final = frozenset({"vendor", "cost_center", "context"})
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C reads nine workflows in the time that the other one takes for one."""
_PLUGIN: Final = Path(__file__).resolve().parents[2]


class Form(NamedTuple):
    """The start form of a workflow file: the types that it offers, and what the tool that analyzes is told besides."""

    file: str
    types: frozenset[str]
    facts: frozenset[str]
    """Of `vendor`, `cost_center` and `context` those that are given to it."""


def read_forms(folder: Path) -> list[Form]:
    """Every workflow file with a form that offers types. One that cannot be read is left out."""
    tools = read_declarations(_PLUGIN)
    found = []
    for file in sorted(folder.glob("*.yml")):
        try:
            document = yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506 - it is the safe one
        except yaml.YAMLError:
            continue
        subject = Subject(document, read_canvas(document), tools)
        kinds = {kind.strip().casefold() for _, options in offered_types(subject) for kind in options}
        if kinds:
            found.append(Form(file.name, frozenset(kinds), frozenset(_facts(subject))))
    return found


def _facts(subject: Subject) -> Iterator[str]:
    for node in subject.own_tools():
        for name, given in mapping(node.data.get("tool_parameters")).items():
            if name in _FACTS and mapping(given).get("value"):
                yield str(name)
