# SPDX-License-Identifier: Apache-2.0
"""Misspelt ends and handles of edges. Dify writes both into the edge's id, which often still has the right one."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from devkit.lint.branches import ELSE, FAILURE, TIMEOUT, branches
from devkit.lint.canvas import ROOTS, Canvas, Edge, Node
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean, nearest
from devkit.lint.reading import text

type Problems = tuple[Problem, ...]

_GUESSES = 20  # a file with more unknown ids than these is not misspelt but cut apart


def correct_ends(canvas: Canvas) -> tuple[Canvas, Problems]:
    """Edges that lead to or from a node that is not there. One problem for each such id."""
    wrong: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, edge in enumerate(canvas.edges):
        for end, node_id in (("source", edge.source), ("target", edge.target)):
            if node_id not in canvas.nodes:
                wrong[node_id].append((number, end))
    edges, problems = list(canvas.edges), []
    for unknown, places in wrong.items():
        guesses = [_likely_end(canvas, canvas.edges[number], end) for number, end in places[:_GUESSES]]
        right = guesses[0] if len(set(guesses)) == 1 and len(wrong) <= _GUESSES else None
        for number, end in places:
            if right and end == "source":
                edges[number] = replace(edges[number], source=right)
            elif right:
                edges[number] = replace(edges[number], target=right)
        number, end = places[0]
        more = f", nor is that of {len(places) - 1} more" if len(places) > 1 else ""
        remedy = f"did you mean {right!r}?" if right else "name a node of this file, or remove the edge"
        what = f"the edge's {end} {unknown!r} is no node{more}"
        problems.append(Problem((*canvas.edges[number].path, end), what, remedy))
    known = canvas.nodes.keys()
    halves = any((edge.source in known) != (edge.target in known) for edge in edges)
    return replace(canvas, edges=tuple(edges), complete=not halves), tuple(problems)


def _likely_end(canvas: Canvas, edge: Edge, end: str) -> str | None:
    """The node that an edge with an unknown end was meant for."""
    unknown, other = (edge.source, edge.target) if end == "source" else (edge.target, edge.source)
    candidates = {one.node_id: one for one in _possible_ends(canvas, end, other)}
    in_id = edge.target_in_id if end == "target" else edge.start_in_id.removesuffix(f"-{edge.handle}")
    if in_id in candidates:
        return in_id
    said = text(edge.data.get(f"{end}Type"))
    alike = [name for name, one in candidates.items() if one.kind == said] or [*candidates]
    taken = {one.source if end == "source" else one.target for one in canvas.edges}
    left = [one for one in alike if one not in taken]
    return nearest(unknown, alike) or (left[0] if len(left) == 1 else None)


def _possible_ends(canvas: Canvas, end: str, other: str) -> Iterator[Node]:
    """Nodes on the same side of a container, to which the edge can lead without closing a cycle."""
    known = canvas.nodes.get(other)
    excluded = canvas.ancestors.get(other, frozenset()) if end == "target" else canvas.reached_from(other)
    for node in canvas.drawn:
        inside = known is None or node.parent == known.parent
        fits = node.kind not in ROOTS if end == "target" else bool(branches(node))
        if inside and fits and node.node_id not in excluded and node.node_id != other:
            yield node


def correct_handles(canvas: Canvas) -> tuple[Canvas, Problems]:
    """Edges that lead from a handle that their node does not have."""
    used: dict[str, set[str]] = defaultdict(set)
    for edge in canvas.edges:
        used[edge.source].add(edge.handle)
    edges, problems = list(canvas.edges), []
    for number, edge in enumerate(canvas.edges):
        node = canvas.nodes.get(edge.source)
        if node is None or not node.kind or edge.handle in (known := branches(node)):
            continue
        if known <= {ELSE, TIMEOUT}:
            continue  # a form without buttons, which a rule of its own reports
        free = known - used[edge.source]
        in_id = edge.start_in_id.removeprefix(f"{edge.source}-")
        near = nearest(edge.handle, free) or nearest(edge.handle, known)
        right = in_id if in_id in known else near or min(free, default=edge.handle)
        used[edge.source].add(right)
        edges[number] = replace(edge, handle=right)
        problems.append(_handle_problem(node, edge, right if right in known else None))
    return replace(canvas, edges=tuple(edges)), tuple(problems)


def _handle_problem(node: Node, edge: Edge, right: str | None) -> Problem:
    if edge.handle == "success-branch":
        remedy = "use 'source'"
    elif edge.handle == FAILURE:
        remedy = "set error_strategy to 'fail-branch', or remove the edge"
    else:
        remedy = f"did you mean {right!r}?" if right else did_you_mean(edge.handle, branches(node), "handle")
    return Problem((*edge.path, "sourceHandle"), f"{node.title!r} has no handle {edge.handle!r}", remedy)


def correct_ways(canvas: Canvas) -> tuple[Canvas, Problems]:
    """Edges between known nodes, whose id names a node or a handle to or from which no edge leads."""
    entered = {edge.target for edge in canvas.edges}
    lonely = {node.node_id for node in canvas.drawn if node.node_id not in entered and node.kind not in ROOTS}
    starts = {
        f"{node.node_id}-{handle}": (node.node_id, handle)
        for node in canvas.drawn
        for handle in branches(node) - canvas.handles(node.node_id)
    }
    edges, problems = list(canvas.edges), []
    for number, edge in enumerate(canvas.edges):
        if edge.agrees or not {edge.source, edge.target} <= canvas.nodes.keys():
            continue
        source, handle = starts.get(edge.start_in_id, (edge.source, edge.handle))
        if edge.target_in_id in lonely:
            what = f"the edge leads to {edge.target!r}, and its id names {edge.target_in_id!r}, to which no edge leads"
            problems.append(Problem((*edge.path, "target"), what, f"did you mean {edge.target_in_id!r}?"))
            edges[number] = replace(edge, target=edge.target_in_id)
        elif (source, handle) != (edge.source, edge.handle) and (
            source == edge.source or handle == edge.handle
        ):
            key, said, right = ("source", edge.source, source) if source != edge.source else (
                "sourceHandle", edge.handle, handle)  # fmt: skip
            what = f"the edge leads from {said!r}, and its id names {right!r}, from which no edge leads"
            problems.append(Problem((*edge.path, key), what, f"did you mean {right!r}?"))
            edges[number] = replace(edge, source=source, handle=handle)
    return replace(canvas, edges=tuple(edges)), tuple(problems)
