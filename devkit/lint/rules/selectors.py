# SPDX-License-Identifier: Apache-2.0
"""References to variables: of earlier nodes, of the workflow, of the system."""

import re
from collections.abc import Iterator, Mapping

from devkit.lint.canvas import Canvas, Node
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.references import REFERENCE, SPECIAL, Reference, texts
from devkit.lint.rules.rule import Subject
from devkit.lint.shapes import keys_of, shape_of
from devkit.lint.variables import CHAT_ONLY, SYSTEM, inside, outputs

_SCALARS = frozenset({"string", "number", "boolean"})
_HALF = re.compile(r"\{+#|#\}+|\{\{|\}\}")
_OWN_BRACES = frozenset(
    {"http-request", "llm", "agent", "code", "template-transform"}
)  # JSON and Jinja have them


def selectors(subject: Subject) -> Iterator[Problem]:
    """A selector or a `{{#node.variable#}}` names a variable of a node that runs earlier."""
    for reference in subject.references:
        problem = _problem(subject.canvas, reference)
        if problem:
            what, remedy = problem
            yield Problem(reference.path, what, remedy)


def templates(subject: Subject) -> Iterator[Problem]:
    """Text in braces is a reference that Dify replaces."""
    for node in subject.canvas.drawn:
        for path, value in texts(node):
            rest = SPECIAL.sub("", REFERENCE.sub("", value))
            found = re.search(r"\{\{#.{0,60}?#\}\}", rest) or (
                _HALF.search(rest) if _plain(node, value) else None
            )
            if found:
                remedy = (
                    "write {{#node.variable#}}: ids of letters, digits and _, two braces and # on each side"
                )
                yield Problem(path, f"{found[0]!r} is not replaced by a variable", remedy)


def _plain(node: Node, value: str) -> bool:
    return node.kind not in _OWN_BRACES and "#" in value


def _problem(canvas: Canvas, reference: Reference) -> tuple[str, str] | None:  # noqa: PLR0911 - a way out for each fault
    """What is wrong with a reference, and how to correct it."""
    said = ".".join(reference.selector)
    if len(reference.selector) < 2:  # noqa: PLR2004 - a node and a variable
        return f"{said!r} names no variable", "name the node and its variable"
    head, name = reference.selector[:2]
    match head:
        case "sys":
            return _system(canvas, name)
        case "env":
            return _known(name, canvas.environment, f"there is no environment variable {name!r}")
        case "conversation":
            return _known(name, canvas.conversation, f"there is no conversation variable {name!r}")
        case "rag":
            return None
    node = canvas.nodes.get(head)
    if node is None:
        heads = [*canvas.nodes, "sys", "env", "conversation"]
        return f"{said!r}: there is no node {head!r}", did_you_mean(head, heads, "node")
    return (
        _order(canvas, node, reference)
        or _output(canvas, node, reference)
        or _part(canvas, reference.selector)
    )


def _system(canvas: Canvas, name: str) -> tuple[str, str] | None:
    if name in CHAT_ONLY and canvas.mode == "workflow":
        return f"sys.{name} exists in a chatflow only", "use a field of the start form"
    return _known(name, SYSTEM, f"there is no system variable {name!r}")


def _known(name: str, known: Mapping[str, str], what: str) -> tuple[str, str] | None:
    return None if name in known else (what, did_you_mean(name, known, "variable"))


def _order(canvas: Canvas, node: Node, reference: Reference) -> tuple[str, str] | None:
    reader = reference.node
    if not canvas.complete or not {node.node_id, reader.node_id} <= canvas.reachable:
        return None  # the cause is reported: an edge without an end, or a node that no run comes to
    if node.node_id in canvas.ancestors.get(reader.node_id, ()) or node.node_id == reader.node_id:
        return None
    if reference.within and node.parent == reader.node_id:
        return None
    if node.parent and node.parent != reader.parent:
        return f"{node.title!r} lies inside {node.parent!r}", f"read an output of {node.parent!r} instead"
    return (
        f"{node.title!r} ({node.node_id}) does not run before {reader.title!r}",
        "read a node that does, or connect them",
    )


def _output(canvas: Canvas, node: Node, reference: Reference) -> tuple[str, str] | None:
    name, rest = reference.selector[1], reference.selector[2:]
    known = outputs(node)
    if known is None:
        return None
    reader = canvas.nodes.get(reference.node.node_id)
    if reader is not None and node.node_id == reader.parent:
        known = {**known, **inside(node)}
    if node.kind == "start" and name.startswith("sys."):
        return None  # the form of before 0.6
    if name not in known:
        return f"{node.title!r} ({node.node_id}) has no output {name!r}", did_you_mean(name, known, "output")
    if rest and known[name] in _SCALARS:
        return f"{name!r} of {node.title!r} is a {known[name]} and has no part {rest[0]!r}", "read it whole"
    in_group = node.kind == "variable-aggregator" and known[name] == "object" and mapping_of_groups(node)
    if in_group and rest != ("output",):
        return (
            f"a group's value is its 'output', not {'.'.join(rest)!r}",
            f"write [{node.node_id}, {name}, output]",
        )
    return None


def _part(canvas: Canvas, wanted: tuple[str, ...]) -> tuple[str, str] | None:
    """A part of an object is one that the object is declared to have."""
    for end in range(2, len(wanted)):
        whole, part = wanted[:end], wanted[end]
        known = keys_of(shape_of(canvas, whole))
        if known and part not in known:
            return f"{'.'.join(whole)!r} has no part {part!r}", did_you_mean(part, known, "part")
    return None


def mapping_of_groups(node: Node) -> bool:
    """True for an aggregator that has groups."""
    settings = node.data.get("advanced_settings")
    return isinstance(settings, dict) and settings.get("group_enabled") is True
