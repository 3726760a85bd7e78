# SPDX-License-Identifier: Apache-2.0
"""The Jinja text of template nodes: syntax, variables, filters and methods."""

import difflib
from collections.abc import Iterator

from jinja2 import TemplateError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from devkit.lint.canvas import Node
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.reading import records, selector, text
from devkit.lint.rules.rule import Subject
from devkit.lint.shapes import NOTHING, item_of, keys_of, shape_of


class _Reader(SandboxedEnvironment):
    """Parses and compiles, never renders; and works out no arithmetic on the way, such as 9 ** 9 ** 9."""

    intercepted_binops = frozenset(SandboxedEnvironment.default_binop_table)


_JINJA = _Reader(autoescape=True)
# What a variable can be once it is in a template, and Jinja's own loop.
_METHODS = frozenset(
    {"cycle", "changed", *(name for kind in (str, int, float, list, dict) for name in dir(kind))}
)
_ALIKE = 0.85  # one letter more, less or other, in a word of seven or more


def jinja(subject: Subject) -> Iterator[Problem]:
    """Jinja templates parse, and use variables, filters and methods that exist."""
    for node in subject.of_kind("template-transform"):
        known = {text(one.get("variable")) for _, one in records(node.data.get("variables"), ())}
        try:
            parsed = _JINJA.parse(text(node.data.get("template")))
            _JINJA.compile(parsed)
        except (TemplateError, SyntaxError, ValueError, RecursionError) as error:
            yield Problem(node.at("template"), f"the template does not parse: {error}", "correct the syntax")
            continue
        yield from _unknown_names(node, parsed, known)
        yield from _unknown_filters(node, parsed)
        yield from _unknown_methods(node, parsed)
        yield from _unknown_parts(subject, node, parsed)
        yield from _misspelt_keys(subject, node, parsed)


def _unknown_names(node: Node, parsed: nodes.Template, known: set[str]) -> Iterator[Problem]:
    made = {name.name for name in parsed.find_all(nodes.Name) if name.ctx == "store"}
    for name in sorted(meta.find_undeclared_variables(parsed) - known - made - _JINJA.globals.keys()):
        what = f"the template reads {name!r}, which it is not given"
        yield Problem(node.at("template"), what, did_you_mean(name, known, "variable"))


def _unknown_filters(node: Node, parsed: nodes.Template) -> Iterator[Problem]:
    """Jinja itself complains only when a run comes to the branch."""
    for kind, word, known in ((nodes.Filter, "filter", _JINJA.filters), (nodes.Test, "test", _JINJA.tests)):
        for part in parsed.find_all(kind):
            if part.name not in known:
                yield Problem(
                    node.at("template"),
                    f"there is no {word} {part.name!r}",
                    did_you_mean(part.name, known, word),
                )


def _unknown_methods(node: Node, parsed: nodes.Template) -> Iterator[Problem]:
    """`x.method()`: a run stops at one that no text, number, list or mapping has."""
    for call in parsed.find_all(nodes.Call):
        name = call.node.attr if isinstance(call.node, nodes.Getattr) else ""
        if name and name not in _METHODS:
            public = [method for method in _METHODS if not method.startswith("_")]
            yield Problem(
                node.at("template"),
                f"the template calls .{name}(), which nothing has",
                did_you_mean(name, public),
            )


def _unknown_parts(subject: Subject, node: Node, parsed: nodes.Template) -> Iterator[Problem]:
    """`item.key`, where a tool's output schema says which keys there are, and this is none of them."""
    shapes = {
        text(one.get("variable")): shape_of(subject.canvas, selector(one.get("value_selector")) or ())
        for _, one in records(node.data.get("variables"), ())
    }
    for loop in parsed.find_all(nodes.For):
        over = [shapes.get(name.name, NOTHING) for name in (loop.iter, *loop.iter.find_all(nodes.Name))
                if isinstance(name, nodes.Name)]  # fmt: skip
        if isinstance(loop.target, nodes.Name) and loop.target.name not in shapes and len(over) == 1:
            shapes[loop.target.name] = item_of(over[0])
    for part in parsed.find_all(nodes.Getattr):
        known = keys_of(shapes.get(part.node.name, NOTHING)) if isinstance(part.node, nodes.Name) else NOTHING
        if known and part.attr not in known:
            what = f"the template reads {part.attr!r}, which is no part of {getattr(part.node, 'name', '')!r}"
            yield Problem(node.at("template"), what, did_you_mean(part.attr, known, "part"))


def _misspelt_keys(subject: Subject, node: Node, parsed: nodes.Template) -> Iterator[Problem]:
    """A key of a JSON body that is almost the variable it holds, or almost a parameter of a tool at hand."""
    parameters = {one.name for tool in subject.declarations.values() for one in tool.parameters}
    for pair in parsed.find_all(nodes.Pair):
        key = pair.key.value if isinstance(pair.key, nodes.Const) else None
        words = parameters | ({pair.value.name} if isinstance(pair.value, nodes.Name) else set())
        near = difflib.get_close_matches(key, words, n=1, cutoff=_ALIKE) if isinstance(key, str) else []
        if near and key not in words:
            yield Problem(node.at("template"), f"the body has a key {key!r}", f"did you mean {near[0]!r}?")
