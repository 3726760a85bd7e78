# SPDX-License-Identifier: Apache-2.0
"""Start nodes, reachability, cycles and ends of paths."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from devkit.lint.canvas import GRAPH, ROOTS, TRIGGERS, Edge
from devkit.lint.finding import Problem
from devkit.lint.rules.rule import Subject

_CHAT, _WORKFLOW = "advanced-chat", "workflow"
_EDGES = 200  # a tangle of more is not searched for the one edge that closes it
_LAST = frozenset({"end", "answer", "loop-end", "assigner", "tool", "http-request", "code", "llm", "agent"})


def roots(subject: Subject) -> Iterator[Problem]:
    """A start node or a trigger starts a run; there is one start node and one schedule at most."""
    starts = subject.of_kind("start")
    if not subject.of_kind(*ROOTS):
        yield Problem((*GRAPH, "nodes"), "nothing starts a run", "add a start node or a trigger")
    for extra in starts[1:]:
        yield Problem(extra.at("type"), f"{extra.title!r} is a second start node", "keep one")
    for extra in subject.of_kind("trigger-schedule")[1:]:
        yield Problem(
            extra.at("type"), f"{extra.title!r} is a second schedule", "keep one; Dify runs one only"
        )


def start_and_trigger(subject: Subject) -> Iterator[Problem]:
    """A file has a start node or triggers; Dify refuses a file with both."""
    if subject.of_kind("start"):
        for trigger in subject.of_kind(*TRIGGERS):
            what = f"{trigger.title!r} is a trigger beside a start node"
            yield Problem(
                trigger.at("type"), what, "keep one of the two; make a second workflow for the other"
            )


def modes(subject: Subject) -> Iterator[Problem]:
    """Answer nodes stand in chatflows only, Output nodes and triggers in workflows only."""
    mode = subject.canvas.mode
    wrong = {_CHAT: ("end", *TRIGGERS), _WORKFLOW: ("answer",)}.get(mode, ())
    for node in subject.of_kind(*wrong):
        yield Problem(
            node.at("type"),
            f"a node of type {node.kind!r} in an app of mode {mode!r}",
            "remove it or change the mode",
        )
    if mode == _CHAT and not subject.of_kind("answer"):
        yield Problem((*GRAPH, "nodes"), "the chatflow never answers", "add an answer node")


def unreachable(subject: Subject) -> Iterator[Problem]:
    """Every node can be reached. Of several unreachable nodes in a row the first is named."""
    canvas = subject.canvas
    if not canvas.complete or not subject.of_kind(*ROOTS):
        return  # the cause is reported: an edge without an end, or nothing that starts a run
    missed = [node for node in canvas.drawn if node.node_id not in canvas.reachable]
    ids = {node.node_id for node in missed}
    entered = {after for node_id in ids for after in canvas.next_nodes.get(node_id, ()) if after != node_id}
    first = [node for node in missed if node.node_id not in entered] or missed[:1]
    for node in first:
        behind = len((canvas.reached_from(node.node_id) & ids) - {node.node_id})
        others = (
            ""
            if not behind
            else ", nor to the node after it"
            if behind == 1
            else f", nor to {behind} after it"
        )
        what = f"no run reaches {node.title!r} ({node.node_id}){others}"
        yield Problem((*node.path, "id"), what, "connect it or remove it")


def cycles(subject: Subject) -> Iterator[Problem]:
    """Edges form no cycle. The canvas removes such an edge without a word, the engine refuses it."""
    canvas, before = subject.canvas, subject.canvas.ancestors
    tangled: dict[str, list[Edge]] = defaultdict(list)  # by the first of the nodes that lead to each other
    for edge in canvas.edges:
        if edge.source == edge.target or edge.target in before.get(edge.source, ()):
            around = {
                node_id for node_id in before.get(edge.target, ()) if edge.target in before.get(node_id, ())
            }
            tangled[min(around | {edge.target})].append(edge)
    for edges in tangled.values():
        # The edge that was drawn last, of those without which there would be no cycle.
        breaking = (
            [edge for edge in edges if not _is_cyclic(edges, without=edge)] if len(edges) <= _EDGES else []
        )
        edge = (breaking or edges)[-1]
        what = f"the edge from {edge.source!r} to {edge.target!r} closes a cycle"
        yield Problem((*edge.path, "target"), what, "remove it, or use a loop node")


def _is_cyclic(edges: Sequence[Edge], without: Edge) -> bool:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for edge in edges:
        if edge is not without:
            sorter.add(edge.target, edge.source)
    try:
        sorter.prepare()
    except CycleError:
        return True
    return False


def dead_ends(subject: Subject) -> Iterator[Problem]:
    """A path does not end at a node that only prepares data for another."""
    outside = [node for node in subject.canvas.drawn if not node.parent]
    for node in outside:
        if node.kind not in _LAST and node.node_id not in {edge.source for edge in subject.canvas.edges}:
            yield Problem(
                (*node.path, "id"), f"after {node.title!r} the run stops with no answer", "connect it onwards"
            )
