# SPDX-License-Identifier: Apache-2.0
"""The Jinja text of a template node: it parses, and it reads only the node's own variables."""

from collections.abc import Iterator

from jinja2 import TemplateError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.reading import records, text
from devkit.lint.rules.rule import Subject


class _Reader(SandboxedEnvironment):
    """Parses and compiles, never renders; and works out no arithmetic on the way, such as 9 ** 9 ** 9."""

    intercepted_binops = frozenset(SandboxedEnvironment.default_binop_table)


_JINJA = _Reader(autoescape=True)


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
        made = {name.name for name in parsed.find_all(nodes.Name) if name.ctx == "store"}
        for name in sorted(meta.find_undeclared_variables(parsed) - known - made - _JINJA.globals.keys()):
            yield Problem(node.at("template"), f"the template reads {name!r}, which it is not given",
                          did_you_mean(name, known, "variable"))  # fmt: skip
