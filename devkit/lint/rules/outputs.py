# SPDX-License-Identifier: Apache-2.0
"""The outputs of a run."""

import difflib
from collections.abc import Iterator

from devkit.declarations import ToolDeclaration
from devkit.lint.finding import Problem
from devkit.lint.reading import mapping, records, selector, text
from devkit.lint.rules.rule import Subject
from devkit.lint.variables import ANY, type_of

_ALIKE = 0.8  # one letter more, less or other, in a word of five or more


def names(subject: Subject) -> Iterator[Problem]:
    """The names of outputs are unique over all Output nodes."""
    seen: set[str] = set()
    for node in subject.of_kind("end"):
        for path, output in records(node.data.get("outputs"), node.at("outputs")):
            name = text(output.get("variable"))
            if name in seen:
                yield Problem(
                    (*path, "variable"),
                    f"the output {name!r} is there twice",
                    "rename one, or join the paths first",
                )
            seen.add(name)


def name_typos(subject: Subject) -> Iterator[Problem]:
    """No output has the misspelt name of a variable."""
    tools = {name for tool in subject.declarations.values() for name in _names(tool)}
    for node in subject.of_kind("end"):
        for path, output in records(node.data.get("outputs"), node.at("outputs")):
            name, parts = text(output.get("variable")), selector(output.get("value_selector")) or ()
            near = difflib.get_close_matches(name, tools.union(parts), n=1, cutoff=_ALIKE)
            if near and name not in tools.union(parts):
                yield Problem(
                    (*path, "variable"), f"the output is called {name!r}", f"did you mean {near[0]!r}?"
                )


def _names(tool: ToolDeclaration) -> set[str]:
    """What a tool takes and gives."""
    return {*mapping(tool.output_schema.get("properties")), *(one.name for one in tool.parameters)}


def types(subject: Subject) -> Iterator[Problem]:
    """The type of an output is the type of its variable."""
    for node in subject.of_kind("end"):
        for path, output in records(node.data.get("outputs"), node.at("outputs")):
            found, said = selector(output.get("value_selector")), text(output.get("value_type"))
            kind = type_of(subject.canvas, found) if found and len(found) > 1 else ANY
            if ANY not in {kind, said} and said and _plain(said) != kind:
                yield Problem(
                    (*path, "value_type"), f"value_type is {said!r}", f"{'.'.join(found or ())!r} is a {kind}"
                )


def _plain(kind: str) -> str:
    return {"integer": "number", "float": "number", "secret": "string"}.get(kind, kind)
