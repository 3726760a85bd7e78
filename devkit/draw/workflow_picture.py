# SPDX-License-Identifier: Apache-2.0
"""A workflow as a picture: a box for each node, in the colour of its type, and an arrow for each edge."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from devkit.draw.layout import (
    BOX,
    HANDLE_SIZE,
    LANE,
    LINE_HEIGHT,
    MARGIN,
    PITCH,
    TITLE_SIZE,
    Layout,
    Placed,
    handle_name,
    placed,
)
from devkit.draw.overview import LEVEL_KIND, level_of
from devkit.draw.svg import box, card, path, text, width_of

_COLOURS: Mapping[str, tuple[str, str]] = {
    "start": ("blue", "start"),
    "trigger-webhook": ("blue", "webhook"),
    "trigger-schedule": ("blue", "schedule"),
    "tool": ("green", "plugin"),
    "human-input": ("orange", "person"),
    LEVEL_KIND: ("orange", "level"),
    "if-else": ("teal", "question"),
    "template-transform": ("violet", "text"),
    "variable-aggregator": ("grey", "whichever ran"),
    "assigner": ("grey", "remember"),
    "answer": ("pink", "answer"),
    "http-request": ("green", "http"),
    "code": ("violet", "code"),
    "iteration-start": ("grey", "iteration"),
    "end": ("blue", "output"),
}
_TAG = 11.0

type Edge = Mapping[str, Any]
type Frame = tuple[str, float, float, float, float]
"""The title of an iteration, and the corners around what is inside: left, top, right, bottom."""


def workflow_picture(name: str, graph: Mapping[str, Any]) -> str:
    """The SVG of one workflow's graph, or of a part of it: an edge that leaves the part names where it goes."""
    edges, layout = graph["edges"], placed(graph["nodes"], graph["edges"])
    nodes = layout.nodes
    frames = {
        node["id"]: _frame(node, nodes) for node in graph["nodes"] if node["data"]["type"] == "iteration"
    }
    parts = [
        *(_frame_shape(frame) for frame in frames.values()),
        *_edges(edges, layout, frames),
        *(shape for node in nodes.values() for shape in _node(node)),
        *_ends(edges, nodes, frames),
    ]
    right = max(node.x for node in nodes.values()) + BOX
    tags = [_tag_end(nodes[edge["source"]], edge) for edge in _leaving(edges, nodes, frames)]
    bottom = max(node.y + node.height for node in nodes.values())
    return card(max(right, *tags, 0) + MARGIN, bottom + MARGIN, f"Workflow {name}", parts)


def _node(node: Placed) -> Iterator[str]:
    colour, kind = _COLOURS[node.kind]
    yield box(node.x, node.y, BOX, node.height, colour)
    yield text(node.x + 10, node.y + 15, kind, size=_TAG, quiet=True, rim=False)
    for number, line in enumerate(node.title):
        y = node.y + 31 + number * LINE_HEIGHT
        yield text(node.x + 10, y, line, size=TITLE_SIZE, bold=True, rim=False)
    if len(node.handles) > 1:
        for handle in node.handles:
            word = handle_name(handle) or "done"
            y = node.leaves_at(handle) + HANDLE_SIZE / 3
            yield text(node.x + BOX - 8, y, word, size=HANDLE_SIZE, quiet=True, anchor="end", rim=False)


def _frame(shell: Mapping[str, Any], nodes: Mapping[str, Placed]) -> Frame:
    first = next(nodes[key] for key in nodes if key.startswith(shell["id"]))
    row = [node for node in nodes.values() if abs(node.middle - first.middle) < first.height]
    row = [node for node in row if first.x <= node.x < first.x + shell["width"] / 304 * PITCH]
    left, right = min(node.x for node in row) - 10, max(node.x for node in row) + BOX + 10
    top, bottom = min(node.y for node in row) - 26, max(node.y + node.height for node in row) + 12
    return shell["data"]["title"], left, top, right, bottom


def _frame_shape(frame: Frame) -> str:
    title, left, top, right, bottom = frame
    shape = box(left, top, right - left, bottom - top, "frame", dashed=True)
    return shape + text(left + 12, top + 17, title, size=TITLE_SIZE, bold=True, rim=False)


def _edges(edges: Sequence[Edge], layout: Layout, frames: Mapping[str, Frame]) -> Iterator[str]:
    lanes = [0] * len(layout.under)
    for edge in edges:
        ends = [edge[end] for end in ("source", "target")]
        if any(end not in layout.nodes and end not in frames for end in ends):
            continue
        source, target = (layout.nodes.get(end) for end in ends)
        x, y = _start(edge, layout.nodes, frames)
        to_x, to_y = _end(edge, layout.nodes, frames)
        if source and target and source.band != target.band:
            lane = lanes[source.band]
            lanes[source.band] += 1
            turn = x + 5 + lane % 4 * 3
            level = layout.under[source.band] + lane * LANE
            yield path(f"M{x:g} {y:g} L{turn:g} {y:g} L{turn:g} {level:g} L{to_x - 15:g} {level:g} "
                       f"L{to_x - 15:g} {to_y:g} L{to_x:g} {to_y:g}")  # fmt: skip
            continue
        bend = max(13.0, min(60.0, (to_x - x) / 2))
        yield path(f"M{x:g} {y:g} C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}")


def _start(edge: Edge, nodes: Mapping[str, Placed], frames: Mapping[str, Frame]) -> tuple[float, float]:
    if edge["source"] in frames:
        _, _, top, right, bottom = frames[edge["source"]]
        return right, (top + bottom) / 2
    node = nodes[edge["source"]]
    return node.x + BOX, node.leaves_at(edge["sourceHandle"])


def _end(edge: Edge, nodes: Mapping[str, Placed], frames: Mapping[str, Frame]) -> tuple[float, float]:
    if edge["target"] in frames:
        _, left, top, _, bottom = frames[edge["target"]]
        return left - 1, (top + bottom) / 2
    node = nodes[edge["target"]]
    return node.x - 1, node.middle


def _leaving(
    edges: Sequence[Edge], nodes: Mapping[str, Placed], frames: Mapping[str, Frame]
) -> Iterator[Edge]:
    """The edges that end outside of the picture."""
    return (edge for edge in edges if edge["source"] in nodes and edge["target"] not in {*nodes, *frames})


def _ends(edges: Sequence[Edge], nodes: Mapping[str, Placed], frames: Mapping[str, Frame]) -> Iterator[str]:
    """Where the edges of a part lead to, and where they come from."""
    for edge in _leaving(edges, nodes, frames):
        node = nodes[edge["source"]]
        y = node.leaves_at(edge["sourceHandle"])
        yield path(f"M{node.x + BOX:g} {y:g} L{node.x + BOX + 18:g} {y:g}")
        yield text(node.x + BOX + 22, y + 4, _named(edge["target"]), size=_TAG, quiet=True)
    for target in nodes.values():
        earlier = {
            _named(edge["source"])
            for edge in edges
            if edge["target"] == target.node_id and edge["source"] not in {*nodes, *frames}
        }
        if earlier:
            yield path(f"M{target.x - 22:g} {target.middle:g} L{target.x - 1:g} {target.middle:g}")
            said = f"from {', '.join(sorted(earlier))}"
            yield text(target.x - 22, target.y - 6, said, size=_TAG, quiet=True)


def _tag_end(source: Placed, edge: Edge) -> float:
    return source.x + BOX + 22 + width_of(_named(edge["target"]), _TAG)


def _named(node_id: str) -> str:
    level = level_of(node_id)
    return {None: node_id, "vp": "VP"}.get(level, str(level).capitalize())
