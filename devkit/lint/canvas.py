# SPDX-License-Identifier: Apache-2.0
"""The graph of a workflow: nodes, edges, and which node runs before which. Takes any document."""

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

    @property
    def usual_id(self) -> str:
        """The id that Dify gives such an edge."""
        return f"{self.source}-{self.handle}-{self.target}-target"

    @property
    def agrees(self) -> bool:
        """True when the id is the one that Dify gives such an edge."""
        return self.edge_id == self.usual_id

    @property
    def target_in_id(self) -> str:
        """The target that the id names, where it names the same source and handle as the edge; else empty."""
        start, rest = f"{self.source}-{self.handle}-", "-target"
        fits = self.edge_id.startswith(start) and self.edge_id.endswith(rest)
        return self.edge_id[len(start) : -len(rest)] if fits else ""

    @property
    def start_in_id(self) -> str:
        """`source-handle` that the id names, where it names the same target as the edge; else empty."""
        rest = f"-{self.target}-target"
        return self.edge_id.removesuffix(rest) if self.edge_id.endswith(rest) else ""


@dataclass(frozen=True, repr=False, eq=False)
class Canvas:
    """Nodes and edges, and what follows from them. `drawn` has every node in the order of the file.

    `complete` is False where an edge leads to or from a node that nobody can name: what runs before what is then
    not known. `environment` and `conversation` have the type of each variable by its name, `beginnings` the text
    that a conversation variable begins with.
    """

    mode: str
    drawn: tuple[Node, ...]
    edges: tuple[Edge, ...]
    environment: Mapping[str, str]
    conversation: Mapping[str, str]
    beginnings: Mapping[str, str]
    has_graph: bool
    complete: bool = True

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by id; of two with one id the first."""
        return {node.node_id: node for node in reversed(self.drawn)}

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


def read_canvas(document: object) -> Canvas:
    """The canvas of a document, as the file says."""
    top = mapping(document)
    workflow = mapping(top.get("workflow"))
    graph = mapping(workflow.get("graph"))
    conversation = [mapping(one) for one in sequence(workflow.get("conversation_variables"))]
    return Canvas(
        mode=text(mapping(top.get("app")).get("mode")),
        drawn=tuple(_nodes(graph)),
        edges=tuple(_edges(graph)),
        environment=_names(workflow.get("environment_variables")),
        conversation=_names(workflow.get("conversation_variables")),
        beginnings={text(one.get("name")): text(one.get("value")) for one in conversation},
        has_graph=isinstance(graph.get("nodes"), list),
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
    """The type of each variable by its name, and by the name in its selector where the two differ."""
    found: dict[str, str] = {}
    for _, one in records(variables, ()):
        kind = text(one.get("value_type")) or "string"
        for name in (text(one.get("name")), *map(text, sequence(one.get("selector"))[1:2])):
            found.setdefault(name, kind)
    return found


def _closure(steps: Mapping[str, Iterable[str]], start: str) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(steps.get(start, ()))
    while waiting:
        node_id = waiting.pop()
        if node_id not in found:
            found.add(node_id)
            waiting.extend(steps.get(node_id, ()))
    return frozenset(found)
