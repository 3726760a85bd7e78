# SPDX-License-Identifier: Apache-2.0
"""The graph of a workflow as the rules see it: nodes, edges, who comes before whom. Takes any document."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from devkit.lint.finding import Path
from devkit.lint.reading import mapping, records, sequence, text

GRAPH: Path = ("workflow", "graph")
NOTE = "custom-note"
CONTAINERS = frozenset({"iteration", "loop"})
ROOTS = frozenset({"start", "trigger-webhook", "trigger-schedule", "trigger-plugin", "datasource"})
TRIGGERS = frozenset({"trigger-webhook", "trigger-schedule", "trigger-plugin"})


@dataclass(frozen=True, slots=True)
class Node:
    """A node that can run; notes are none. `parent` is the loop or iteration that it lies in, or empty."""

    node_id: str
    kind: str
    data: Mapping[str, Any]
    path: Path
    parent: str

    @property
    def title(self) -> str:
        """What a person calls it."""
        return text(self.data.get("title")) or self.node_id

    def at(self, *steps: str | int) -> Path:
        """The path of a part of the node's data."""
        return (*self.path, "data", *steps)


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from a handle of one node to another node."""

    edge_id: str
    source: str
    handle: str
    target: str
    data: Mapping[str, Any]
    path: Path


class Canvas:
    """Nodes and edges, and what follows from them."""

    def __init__(self, document: object) -> None:
        top = mapping(document)
        workflow = mapping(top.get("workflow"))
        graph = mapping(workflow.get("graph"))
        self.mode = text(mapping(top.get("app")).get("mode"))
        self.drawn = tuple(_nodes(graph))
        self.nodes: Mapping[str, Node] = {node.node_id: node for node in reversed(self.drawn)}
        self.edges = tuple(_edges(graph))
        self.environment = _names(workflow.get("environment_variables"))
        self.conversation = _names(workflow.get("conversation_variables"))
        self.beginnings = {
            text(mapping(one).get("name")): text(mapping(one).get("value"))
            for one in sequence(workflow.get("conversation_variables"))
        }
        self.has_graph = isinstance(workflow.get("graph"), dict)

    @cached_property
    def next_nodes(self) -> Mapping[str, frozenset[str]]:
        """What runs directly after a node. A container leads to the first of its children."""
        found: dict[str, set[str]] = defaultdict(set)
        for edge in self.edges:
            found[edge.source].add(edge.target)
        for node in self.nodes.values():
            if node.kind in CONTAINERS:
                found[node.node_id].update(self._first_children(node))
        return {key: frozenset(value & self.nodes.keys()) for key, value in found.items()}

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """Every node that may have run before a node, the containers around it included."""
        before: dict[str, set[str]] = defaultdict(set)
        for edge in self.edges:
            if edge.source in self.nodes:
                before[edge.target].add(edge.source)
        for node in self.nodes.values():
            if node.parent in self.nodes:
                before[node.node_id].add(node.parent)
        return {node_id: _closure(before, node_id) for node_id in self.nodes}

    @cached_property
    def reachable(self) -> frozenset[str]:
        """What a run can come to, from any root."""
        roots = {node.node_id for node in self.nodes.values() if node.kind in ROOTS}
        return frozenset(roots).union(*(_closure(self.next_nodes, root) for root in roots))

    def reached_from(self, node_id: str) -> frozenset[str]:
        """The node itself and all that may run after it."""
        return _closure(self.next_nodes, node_id) | {node_id}

    def children(self, node_id: str) -> tuple[Node, ...]:
        """The nodes inside a loop or iteration."""
        return tuple(node for node in self.nodes.values() if node.parent == node_id)

    def handles(self, node_id: str) -> frozenset[str]:
        """The handles of a node from which an edge leads."""
        return frozenset(edge.handle for edge in self.edges if edge.source == node_id)

    def _first_children(self, node: Node) -> Iterator[str]:
        yield text(node.data.get("start_node_id"))
        yield from (
            child.node_id for child in self.children(node.node_id) if child.kind == f"{node.kind}-start"
        )


def _nodes(graph: Mapping[str, Any]) -> Iterator[Node]:
    for path, shell in records(graph.get("nodes"), (*GRAPH, "nodes")):
        data = mapping(shell.get("data"))
        if shell.get("type") == NOTE or data.get("type") == NOTE:
            continue
        parent = text(shell.get("parentId")) or text(data.get("iteration_id")) or text(data.get("loop_id"))
        yield Node(text(shell.get("id")), text(data.get("type")), data, path, parent)


def _edges(graph: Mapping[str, Any]) -> Iterator[Edge]:
    for path, edge in records(graph.get("edges"), (*GRAPH, "edges")):
        yield Edge(
            text(edge.get("id")),
            text(edge.get("source")),
            text(edge.get("sourceHandle")) or "source",
            text(edge.get("target")),
            mapping(edge.get("data")),
            path,
        )


def _names(variables: object) -> Mapping[str, str]:
    """The type of each variable, by name."""
    return {
        text(mapping(one).get("name")): text(mapping(one).get("value_type")) or "string"
        for one in sequence(variables)
    }


def _closure(steps: Mapping[str, Iterable[str]], start: str) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(steps.get(start, ()))
    while waiting:
        node_id = waiting.pop()
        if node_id not in found:
            found.add(node_id)
            waiting.extend(steps.get(node_id, ()))
    return frozenset(found)
