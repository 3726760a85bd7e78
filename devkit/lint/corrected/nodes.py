# SPDX-License-Identifier: Apache-2.0
"""Misspelt types, ids and containers of nodes."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace

from devkit.lint.canvas import CONTAINERS, Canvas, Node
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean, nearest
from devkit.lint.reading import text

type Problems = tuple[Problem, ...]


def correct_types(canvas: Canvas, known: Collection[str]) -> tuple[Canvas, Problems]:
    """A node of an unknown type, whose edges all say one that Dify has."""
    said: dict[str, set[str]] = defaultdict(set)
    for edge in canvas.edges:
        said[edge.source].add(text(edge.data.get("sourceType")))
        said[edge.target].add(text(edge.data.get("targetType")))
    nodes, problems = list(canvas.drawn), []
    for number, node in enumerate(nodes):
        right = next(iter(said[node.node_id])) if len(said[node.node_id]) == 1 else ""
        if node.kind not in known and right in known:
            nodes[number] = replace(node, kind=right)
            if node.kind:  # where there is no type at all, the schema reports it
                what = f"{node.title!r} is of type {node.kind!r}, and its edges say {right!r}"
                problems.append(Problem(node.at("type"), what, f"write {right!r}"))
    return replace(canvas, drawn=tuple(nodes)), tuple(problems)


def correct_ids(canvas: Canvas) -> tuple[Canvas, Problems]:
    """A node that no edge names, beside edges that name one which is not there: the node's id is misspelt."""
    touching: dict[str, list[bool]] = defaultdict(
        list
    )  # for each id: does the edge's own id agree with its ends
    for edge in canvas.edges:
        for end in {edge.source, edge.target}:
            touching[end].append(edge.agrees)
    silent = [node.node_id for node in canvas.drawn if node.node_id and node.node_id not in touching]
    right: dict[str, str] = {}
    problems = []
    for unknown, agree in touching.items():
        if not silent or not unknown or unknown in canvas.nodes or (len(agree) == 1 and not agree[0]):
            continue
        wrong = nearest(unknown, silent)
        if wrong:
            silent.remove(wrong)
            right[wrong] = unknown
            names = "one edge names" if len(agree) == 1 else f"{len(agree)} edges name"
            what = f"no edge leads to or from {wrong!r}, and {names} {unknown!r}, which is no node"
            problems.append(Problem((*canvas.nodes[wrong].path, "id"), what, f"did you mean {unknown!r}?"))
    nodes = [replace(node, node_id=right.get(node.node_id, node.node_id)) for node in canvas.drawn]
    return replace(canvas, drawn=tuple(_apart(canvas, nodes))), tuple(problems)


def _apart(canvas: Canvas, nodes: list[Node]) -> Iterator[Node]:
    """Of two nodes with one id, which the rule `node-id` reports, one gets the id that edges of its type name."""
    count = Counter(node.node_id for node in nodes)
    said: dict[str, set[str]] = defaultdict(set)
    for edge in canvas.edges:
        for end, kind in ((edge.source, "sourceType"), (edge.target, "targetType")):
            if end not in count:
                said[end].add(text(edge.data.get(kind)))
    for node in nodes:
        fits = [unknown for unknown, kinds in said.items() if kinds == {node.kind}]
        if count[node.node_id] > 1 and len(fits) == 1:
            count[node.node_id] -= 1
            del said[fits[0]]
            yield replace(node, node_id=fits[0])
        else:
            yield node


def correct_parents(canvas: Canvas) -> tuple[Canvas, Problems]:
    """A node in a container that is not there. The node's data may name the right one."""
    known = [node.node_id for node in canvas.drawn if node.kind in CONTAINERS]
    around = Counter(node.parent for node in canvas.drawn)
    nodes, problems = list(canvas.drawn), []
    for number, node in enumerate(nodes):
        if not node.parent or node.parent in known:
            continue
        said = [text(node.data.get(key)) for key in ("iteration_id", "loop_id")]
        right = next((one for one in said if one in known), None) or nearest(node.parent, known)
        what = f"{node.title!r} lies in {node.parent!r}, which is no loop and no iteration"
        problems.append(Problem(node.path, what, did_you_mean(node.parent, known, "container")))
        nodes[number] = replace(node, parent=right or (node.parent if around[node.parent] > 1 else ""))
    return replace(canvas, drawn=tuple(nodes)), tuple(problems)
