# SPDX-License-Identifier: Apache-2.0
"""The Jinja text of a template node: it parses, and it reads only the node's own variables."""

import difflib
from collections.abc import Iterator

from jinja2 import TemplateError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from devkit.lint.canvas import Node
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.reading import records, text
from devkit.lint.rules.rule import Subject


class _Reader(SandboxedEnvironment):
    """Parses and compiles, never renders; and works out no arithmetic on the way, such as 9 ** 9 ** 9."""

    intercepted_binops = frozenset(SandboxedEnvironment.default_binop_table)


_JINJA = _Reader(autoescape=True)
_ALIKE = 0.85  # one letter more, less or other, in a word of seven or more


def jinja(subject: Subject) -> Iterator[Problem]:
    """A name that is no variable renders as nothing, in silence."""
    for node in subject.of_kind("template-transform"):
        known = {text(one.get("variable")) for _, one in records(node.data.get("variables"), ())}
        try:
            parsed = _JINJA.parse(text(node.data.get("template")))
            _JINJA.compile(parsed)
        except (TemplateError, SyntaxError, ValueError, RecursionError) as error:
            yield Problem(node.at("template"), f"the template does not parse: {error}", "mend it")
            continue
        yield from _unknown_names(node, parsed, known)
        yield from _unknown_filters(node, parsed)
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


def _misspelt_keys(subject: Subject, node: Node, parsed: nodes.Template) -> Iterator[Problem]:
    """A key of a JSON body that is almost the variable it holds, or almost a parameter of a tool at hand."""
    parameters = {one.name for tool in subject.declarations.values() for one in tool.parameters}
    for pair in parsed.find_all(nodes.Pair):
        key = pair.key.value if isinstance(pair.key, nodes.Const) else None
        words = parameters | ({pair.value.name} if isinstance(pair.value, nodes.Name) else set())
        near = difflib.get_close_matches(key, words, n=1, cutoff=_ALIKE) if isinstance(key, str) else []
        if near and key not in words:
            yield Problem(node.at("template"), f"the body has a key {key!r}", f"did you mean {near[0]!r}?")
