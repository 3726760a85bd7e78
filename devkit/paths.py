# SPDX-License-Identifier: Apache-2.0
"""Counts the ways through a workflow. Dify lists each of them, edge by edge, at the start of every run.

Dify's stream filter walks every simple path from the start node to each Output and Answer node, and keeps what it
found for the length of the run. Twenty branches in a row that each lead back together are a million paths; a
workflow of that shape spends seconds before its first node and stores megabytes at each pause.

    counted = count_paths({"start": "start", "ask": "human-input", "end": "end"}, arrows, root="start")
    print(counted.paths, [one.node_id for one in counted.multipliers[:2]])
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

RESPONSES = frozenset({"answer", "end", "knowledge-index"})  # the node types to which Dify lists the paths
_NAMED_UP_TO = 10**12


class CyclicWorkflowError(ValueError):
    """The edges lead in a circle; Dify refuses such a workflow. `nodes` are the ids along the circle."""

    def __init__(self, nodes: Sequence[str]) -> None:
        super().__init__(f"the edges lead in a circle: {' -> '.join(nodes)}; remove one of them")
        self.nodes = tuple(nodes)


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A node with several ways out, and how many times fewer paths there would be if it kept only its busiest one."""

    node_id: str
    factor: float


@dataclass(frozen=True, slots=True)
class PathCount:
    """The simple paths from one root. `multipliers` has the nodes with more than one way, the worst first."""

    root: str
    paths: int
    by_output: Mapping[str, int]
    multipliers: tuple[Multiplier, ...]

    def __str__(self) -> str:
        """The number for a person: `81,654`, or `more than 1,000,000,000,000`."""
        many = self.paths > _NAMED_UP_TO
        return f"more than {_NAMED_UP_TO:,}" if many else f"{self.paths:,}"


def count_paths(types: Mapping[str, str], arrows: Iterable[tuple[str, str]], root: str) -> PathCount:
    """Count the simple paths from `root` to every Output and Answer node. Parallel edges are different paths.

    Args:
        types: The type of each node by its id. Arrows from or to an id that is not there are left out.
        arrows: Source and target of every edge, one pair per edge.
        root: The node that runs start from.

    Raises:
        CyclicWorkflowError: The edges that `root` reaches lead in a circle.

    """
    follows = _reached(types, arrows, root)
    order = _sorted(follows)
    return _counted(types, follows, order, root)


def _reached(
    types: Mapping[str, str], arrows: Iterable[tuple[str, str]], root: str
) -> dict[str, Counter[str]]:
    """What a run can reach: for each node, how many edges lead to which other node."""
    edges: dict[str, Counter[str]] = defaultdict(Counter)
    for source, target in arrows:
        if source in types and target in types:
            edges[source][target] += 1
    found: dict[str, Counter[str]] = {}
    waiting = [root]
    while waiting:
        node_id = waiting.pop()
        if node_id not in found:
            found[node_id] = edges[node_id]
            waiting.extend(edges[node_id])
    return found


def _sorted(follows: Mapping[str, Iterable[str]]) -> list[str]:
    """The nodes, each after all that it leads to."""
    try:
        return list(TopologicalSorter(follows).static_order())
    except CycleError as error:
        # The sorter takes what follows a node for what comes before it, and names the circle backwards.
        raise CyclicWorkflowError(list(reversed(error.args[1]))) from None


def _counted(
    types: Mapping[str, str], follows: Mapping[str, Counter[str]], order: Sequence[str], root: str
) -> PathCount:
    onwards: dict[str, int] = {}  # the ways from a node to all outputs
    for node_id in order:
        through = sum(edges * onwards[target] for target, edges in follows[node_id].items())
        onwards[node_id] = through + (types.get(node_id) in RESPONSES)
    until: Counter[str] = Counter({root: 1})  # the ways from the root to a node
    for node_id in reversed(order):
        for target, edges in follows[node_id].items():
            until[target] += edges * until[node_id]
    outputs = {node_id: until[node_id] for node_id in order if types.get(node_id) in RESPONSES}
    total = sum(outputs.values())
    multipliers = []
    for node_id in order:
        ways = onwards[node_id] - (types.get(node_id) in RESPONSES)
        busiest = max((onwards[target] for target in follows[node_id]), default=0)
        if saved := until[node_id] * (ways - busiest):
            multipliers.append(Multiplier(node_id, total / (total - saved)))
    multipliers.sort(key=lambda one: one.factor, reverse=True)
    return PathCount(root, total, outputs, tuple(multipliers))
