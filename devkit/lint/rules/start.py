# SPDX-License-Identifier: Apache-2.0
"""The fields of the start form."""

from collections.abc import Iterator

from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.quoting import quoted
from devkit.lint.reading import records, sequence, text
from devkit.lint.rules.operands import is_number
from devkit.lint.rules.rule import Subject


def fields(subject: Subject) -> Iterator[Problem]:
    """Fields of the start form have unique names and valid defaults, and no option twice."""
    for node in subject.of_kind("start"):
        seen: set[str] = set()
        for path, field in records(node.data.get("variables"), node.at("variables")):
            name = text(field.get("variable"))
            if name in seen:
                yield Problem((*path, "variable"), f"two fields have the name {name!r}", "rename one")
            seen.add(name)
            default = field.get("default")
            if (
                field.get("type") == "number"
                and isinstance(default, str)
                and default
                and not is_number(default)
            ):
                what = f"the default of {name!r} is {quoted(default)}"
                yield Problem((*path, "default"), what, "a number, or nothing")
            if field.get("type") != "select":
                continue
            options = [text(option) for option in sequence(field.get("options"))]
            if not options or len(set(options)) < len(options):
                yield Problem(
                    (*path, "options"),
                    f"the options of {name!r} are {quoted(options)}",
                    "list each choice once",
                )
            if default and default not in options:
                what = f"the default of {name!r} is {quoted(default)}"
                yield Problem((*path, "default"), what, did_you_mean(default, options, "option"))
