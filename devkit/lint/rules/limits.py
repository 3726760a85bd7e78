# SPDX-License-Identifier: Apache-2.0
"""Dify's limits on a run. Every node that starts counts as a step, in a loop once for each round."""

from collections.abc import Iterator

from devkit.lint.canvas import CONTAINERS, GRAPH, Node
from devkit.lint.finding import Problem
from devkit.lint.rules.rule import Subject

MAX_STEPS = 500  # WORKFLOW_MAX_EXECUTION_STEPS
MAX_DEPTH = 50  # MAX_TREE_DEPTH, nodes on the longest path
_ITEMS = 100  # a batch that should fit


def steps(subject: Subject) -> Iterator[Problem]:
    """All nodes and all rounds of loops fit into the 500 steps of a run."""
    outside = sum(not node.parent for node in subject.canvas.drawn)
    rounds = sum(_per_round(subject, loop) * _count(loop) for loop in subject.of_kind("loop"))
    if outside + rounds > MAX_STEPS:
        what = f"a run can take {outside + rounds} steps"
        yield Problem(
            (*GRAPH, "nodes"), what, f"Dify stops it after {MAX_STEPS}: fewer nodes, or fewer rounds"
        )


def steps_per_item(subject: Subject) -> Iterator[Problem]:
    """An iteration over 100 items fits into the 500 steps of a run."""
    outside = sum(not node.parent for node in subject.canvas.drawn)
    for node in subject.of_kind("iteration"):
        each = _per_round(subject, node)
        fits = max(0, MAX_STEPS - outside) // each if each else _ITEMS
        if fits < _ITEMS:
            what = f"{node.title!r} takes {each} steps for each item, so a run stops after {fits} items"
            yield Problem(
                (*node.path, "id"), what, "use fewer nodes inside, or one tool call for the whole list"
            )


def depth(subject: Subject) -> Iterator[Problem]:
    """No path has more than 50 nodes, the most that the canvas publishes."""
    longest: dict[str, int] = {}
    # A node has more ancestors than any node before it, unless there is a cycle, which has a rule of its own.
    order = sorted(subject.canvas.nodes, key=lambda node_id: len(subject.canvas.ancestors[node_id]))
    for node_id in order:
        length = longest.setdefault(node_id, 1)
        for after in subject.canvas.next_nodes.get(node_id, ()):
            longest[after] = max(longest.get(after, 1), length + 1)
    deepest = max(longest, key=lambda node_id: longest[node_id], default="")
    if deepest and longest[deepest] > MAX_DEPTH:
        what = f"the path to {deepest!r} has {longest[deepest]} nodes"
        yield Problem(subject.canvas.nodes[deepest].path, what, f"Dify publishes paths of up to {MAX_DEPTH}")


def _per_round(subject: Subject, container: Node) -> int:
    """The steps of one round; the hidden start node is none."""
    children = [
        child for child in subject.canvas.children(container.node_id) if not child.kind.endswith("-start")
    ]
    inner = (child for child in children if child.kind in CONTAINERS and child is not container)
    return len(children) + sum(_count(child) * _per_round(subject, child) for child in inner)


def _count(loop: Node) -> int:
    count = loop.data.get("loop_count")
    return count if isinstance(count, int) else 1
