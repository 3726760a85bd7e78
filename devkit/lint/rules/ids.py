# SPDX-License-Identifier: Apache-2.0
"""Ids and types of nodes and edges, the data of edges, and notes."""

import json
import re
from collections.abc import Iterable, Iterator

from devkit.lint.canvas import GRAPH, NOTE
from devkit.lint.finding import Problem
from devkit.lint.quoting import quoted
from devkit.lint.reading import mapping, records, text
from devkit.lint.rules.rule import Subject

_ID = re.compile(r"[A-Za-z0-9_]{1,50}")


def node_ids(subject: Subject) -> Iterator[Problem]:
    """Every node has a unique id."""
    seen: set[str] = set()
    graph = mapping(mapping(mapping(subject.document).get("workflow")).get("graph"))
    for path, node in records(graph.get("nodes"), (*GRAPH, "nodes")):
        node_id = text(node.get("id"))
        if not node_id:
            yield Problem(path, "the node has no id", "give it one")
        elif node_id in seen:
            yield Problem(
                (*path, "id"), f"the id {node_id!r} belongs to two nodes", "give one of them another id"
            )
        seen.add(node_id)


def node_id_form(subject: Subject) -> Iterator[Problem]:
    """Node ids consist of letters, digits and _; Dify does not replace references to any other id."""
    for node in subject.canvas.drawn:
        if node.node_id and not _ID.fullmatch(node.node_id):
            remedy = "use letters, digits and _, at most 50: texts that refer to it stay as they are"
            yield Problem((*node.path, "id"), f"the id is {quoted(node.node_id)}", remedy)


def edge_ids(subject: Subject) -> Iterator[Problem]:
    """Every edge has a unique id, and no two edges connect the same handle to the same node."""
    ids: set[str] = set()
    ways: set[tuple[str, str, str]] = set()
    for edge in subject.canvas.edges:
        if edge.edge_id and edge.edge_id in ids:
            yield Problem((*edge.path, "id"), f"the id {edge.edge_id!r} belongs to two edges", "rename one")
        ids.add(edge.edge_id)
        way = (edge.source, edge.handle, edge.target)
        if way in ways:
            yield Problem(edge.path, f"a second edge from {edge.source!r} to {edge.target!r}", "remove one")
        ways.add(way)


def edge_id_form(subject: Subject) -> Iterator[Problem]:
    """Edge ids have the form that Dify writes, so that a re-export changes nothing."""
    for edge in subject.canvas.edges:
        if not edge.agrees:
            what = f"the edge's id is {quoted(edge.edge_id)}"
            yield Problem((*edge.path, "id"), what, f"Dify writes {edge.usual_id!r}")


def edge_ends(subject: Subject) -> Iterable[Problem]:
    """Both ends of an edge are nodes of the file."""
    return subject.misspelt("edge-end")


def node_types(subject: Subject) -> Iterable[Problem]:
    """A node has a type that Dify knows, the one that its edges name."""
    return subject.misspelt("node-type")


def edge_data(subject: Subject) -> Iterator[Problem]:
    """An edge states the types of its two nodes, and the loop or iteration that it lies in."""
    nodes = subject.canvas.nodes
    for edge in subject.canvas.edges:
        source, target = nodes.get(edge.source), nodes.get(edge.target)
        if source is None or target is None:
            continue
        for key, kind in (("sourceType", source.kind), ("targetType", target.kind)):
            if key in edge.data and edge.data[key] != kind:  # the schema asks for both keys
                yield Problem(
                    (*edge.path, "data", key),
                    f"{key} is {quoted(edge.data.get(key))}",
                    f"the node is {kind!r}",
                )
        around = nodes[source.parent].kind if source.parent in nodes else ""
        for key in ("iteration_id", "loop_id"):
            if edge.data.get(key) and edge.data[key] != source.parent:
                what = f"{key} is {quoted(edge.data[key])}"
                yield Problem(
                    (*edge.path, "data", key), what, f"the edge lies in {source.parent or 'no container'!r}"
                )
        for key, kind in (("isInIteration", "iteration"), ("isInLoop", "loop")):
            if key in edge.data and edge.data[key] is not (around == kind):
                what = f"{key} is {quoted(edge.data[key])}"
                yield Problem((*edge.path, "data", key), what, f"the edge lies in {around or 'no container'}")


def notes(subject: Subject) -> Iterator[Problem]:
    """The text of a note is the JSON of Dify's editor; any other text breaks the canvas."""
    graph = mapping(mapping(mapping(subject.document).get("workflow")).get("graph"))
    for path, node in records(graph.get("nodes"), (*GRAPH, "nodes")):
        written = mapping(node.get("data")).get("text")
        if node.get("type") == NOTE and not _is_rich_text(written):
            yield Problem(
                (*path, "data", "text"),
                "the note's text is not the editor's JSON",
                "save it in Dify's editor",
            )


def _is_rich_text(written: object) -> bool:
    try:
        return isinstance(json.loads(text(written) or "null")["root"]["children"], list)
    except (ValueError, TypeError, LookupError, RecursionError):
        return False
