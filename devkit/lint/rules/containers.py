# SPDX-License-Identifier: Apache-2.0
"""Loops and iterations: their first node, the nodes inside, and edges across their border."""

from collections.abc import Iterator

from devkit.lint.canvas import CONTAINERS
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.reading import text
from devkit.lint.rules.rule import Subject


def containers(subject: Subject) -> Iterator[Problem]:
    """A loop or iteration starts at one of its nodes, and no edge crosses its border."""
    canvas = subject.canvas
    for node in canvas.drawn:
        if node.kind in CONTAINERS:
            first, inside = (
                text(node.data.get("start_node_id")),
                [one.node_id for one in canvas.children(node.node_id)],
            )
            if first not in inside:
                what = f"{node.title!r} starts at {first!r}, which does not lie in it"
                yield Problem(node.at("start_node_id"), what, did_you_mean(first, inside, "node"))
    yield from subject.misspelt("container-parent")
    for edge in canvas.edges:
        source, target = canvas.nodes.get(edge.source), canvas.nodes.get(edge.target)
        if source and target and source.parent != target.parent:
            what = f"the edge from {edge.source!r} to {edge.target!r} crosses the border of a container"
            yield Problem(
                edge.path, what, "connect nodes on the same side; read the container's output after it"
            )
