# SPDX-License-Identifier: Apache-2.0
"""Takes a large workflow apart for its pictures: an overview in which each level is one box, and one level alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from approvals.domain.terms import Level

LEVEL_KIND = "level"

type Shell = Mapping[str, Any]
type Graph = Mapping[str, Sequence[Shell]]


def level_of(node_id: str) -> Level | None:
    """The level that a node belongs to, by its name."""
    name, _, last = node_id.rpartition("_")
    return Level(last) if name and last in set(Level) else None


def overview(graph: Graph) -> Graph:
    """The same graph with each level as one box. A workflow without levels stays as it is."""
    nodes: list[Shell] = []
    for shell in graph["nodes"]:
        level = level_of(shell["id"])
        if level is None:
            nodes.append(shell)
        elif shell["id"] == f"gate_{level}":
            title = f"{'VP' if level is Level.VP else level.capitalize()}: asked if needed"
            nodes.append({**shell, "id": str(level), "data": {"type": LEVEL_KIND, "title": title}})
    edges: dict[tuple[str, str, str], Shell] = {}
    for edge in graph["edges"]:
        source, target = (str(level_of(edge[end]) or edge[end]) for end in ("source", "target"))
        handle = "source" if level_of(edge["source"]) else edge["sourceHandle"]
        if source != target:
            edges.setdefault(
                (source, handle, target),
                {**edge, "source": source, "target": target, "sourceHandle": handle},
            )
    return {"nodes": nodes, "edges": list(edges.values())}


def one_level(graph: Graph, level: Level) -> Graph:
    """The nodes of one level, and the edges that begin or end there."""
    nodes = [shell for shell in graph["nodes"] if level_of(shell["id"]) is level]
    ids = {shell["id"] for shell in nodes}
    edges = [edge for edge in graph["edges"] if {edge["source"], edge["target"]} & ids]
    return {"nodes": nodes, "edges": edges}
