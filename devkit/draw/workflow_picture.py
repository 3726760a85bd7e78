# SPDX-License-Identifier: Apache-2.0
"""A workflow as a picture: a box for each node, in the colour of its type, and an arrow for each edge."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from devkit.draw.layout import (
    BOX,
    HANDLE_SIZE,
    LINE_HEIGHT,
    MARGIN,
    TITLE_SIZE,
    Placed,
    handle_name,
    placed,
)
from devkit.draw.svg import FAULT, QUIET, box, card, path, text, width_of

_COLOURS: Mapping[str, tuple[str, str, str]] = {
    "start": ("#e8f1ff", "#2f6fde", "start"),
    "trigger-webhook": ("#e8f1ff", "#2f6fde", "webhook"),
    "trigger-schedule": ("#e8f1ff", "#2f6fde", "schedule"),
    "tool": ("#e9f7ef", "#1e8e5a", "plugin"),
    "human-input": ("#fff3e0", "#d9822b", "person"),
    "if-else": ("#eef7fb", "#2a93b5", "question"),
    "template-transform": ("#f4f1fb", "#7a5bc4", "text"),
    "variable-aggregator": ("#f3f5f7", "#66788a", "whichever ran"),
    "assigner": ("#f3f5f7", "#66788a", "remember"),
    "answer": ("#fdeef4", "#c2457f", "answer"),
    "http-request": ("#e9f7ef", "#1e8e5a", "http"),
    "code": ("#f4f1fb", "#7a5bc4", "code"),
    "iteration-start": ("#f3f5f7", "#66788a", "iteration"),
    "end": ("#e8f1ff", "#2f6fde", "output"),
}
_TAG = 10.5


def workflow_picture(name: str, graph: Mapping[str, Any]) -> str:
    """The SVG of one workflow's graph."""
    nodes = placed(graph["nodes"], graph["edges"])
    frames = {
        node["id"]: _frame(node, nodes) for node in graph["nodes"] if node["data"]["type"] == "iteration"
    }
    parts = [*(_frame_shape(frame) for frame in frames.values()), *_edges(graph["edges"], nodes, frames)]
    parts += [shape for node in nodes.values() for shape in _node(node)]
    right = max(node.x for node in nodes.values()) + BOX
    parts += _part_names(nodes)
    tags = list(_tag_ends(graph["edges"], nodes))
    bottom = max(node.y + node.height for node in nodes.values())
    return card(max(right, *tags, 0) + MARGIN, bottom + MARGIN, f"Workflow {name}", parts)


def _part_names(nodes: Mapping[str, Placed]) -> Iterator[str]:
    """The number of each part, where there are several."""
    last = max(node.band for node in nodes.values())
    for band in range(last + 1 if last else 0):
        top = min(node.y for node in nodes.values() if node.band == band)
        yield text(MARGIN - 8, top + 4, f"Part {band + 1}", size=TITLE_SIZE, fill=QUIET, bold=True)


def _node(node: Placed) -> Iterator[str]:
    fill, edge, kind = _COLOURS[node.kind]
    yield box(node.x, node.y, BOX, node.height, fill=fill, edge=edge)
    yield _inside(text(node.x + 11, node.y + 15, kind, size=9.5, fill=edge))
    for number, line in enumerate(node.title):
        y = node.y + 31 + number * LINE_HEIGHT
        yield _inside(text(node.x + 11, y, line, size=TITLE_SIZE, bold=True))
    if len(node.handles) > 1:
        for handle in node.handles:
            word = handle_name(handle) or "done"
            colour = FAULT if handle == "fail-branch" else QUIET
            y = node.leaves_at(handle) + HANDLE_SIZE / 3
            yield _inside(text(node.x + BOX - 9, y, word, size=HANDLE_SIZE, fill=colour, anchor="end"))


def _inside(words: str) -> str:
    """Text in a box needs no white rim."""
    return words.replace(" stroke='#ffffff' stroke-width='3' paint-order='stroke'", "")


type _Frame = tuple[str, float, float, float, float]


def _frame(shell: Mapping[str, Any], nodes: Mapping[str, Placed]) -> _Frame:
    """The title of an iteration, and the corners around what is inside: left, top, right, bottom."""
    inside = [nodes[key] for key in nodes if key.startswith(shell["id"])]
    first = inside[0]
    row = [node for node in nodes.values() if abs(node.middle - first.middle) < first.height]
    row = [node for node in row if first.x <= node.x < first.x + shell["width"] / 304 * 196]
    left, right = min(node.x for node in row) - 16, max(node.x for node in row) + BOX + 16
    return (
        shell["data"]["title"],
        left,
        min(node.y for node in row) - 28,
        right,
        max(node.y + node.height for node in row) + 14,
    )


def _frame_shape(frame: _Frame) -> str:
    title, left, top, right, bottom = frame
    shape = box(left, top, right - left, bottom - top, fill="#fafbfc", edge="#8795a1", dashed=True)
    return shape + _inside(text(left + 12, top + 17, title, size=TITLE_SIZE, bold=True))


def _edges(
    edges: Sequence[Mapping[str, Any]], nodes: Mapping[str, Placed], frames: Mapping[str, _Frame]
) -> Iterator[str]:
    for edge in edges:
        start, end = _start(edge, nodes, frames), _end(edge, nodes, frames)
        fault = edge["sourceHandle"] == "fail-branch"
        source = nodes.get(edge["source"])
        target = nodes.get(edge["target"])
        if source and target and source.band != target.band:
            yield from _tag(source, edge["sourceHandle"], target)
            continue
        (x, y), (to_x, to_y) = start, end
        bend = max(24.0, min(60.0, (to_x - x) / 2))
        yield path(
            f"M{x:g} {y:g} C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}", fault=fault
        )
    for target in nodes.values():
        bands = {
            nodes[edge["source"]].band + 1
            for edge in edges
            if edge["target"] == target.node_id and edge["source"] in nodes
        } - {target.band + 1}
        if bands:
            rows = ", ".join(map(str, sorted(bands)))
            yield path(f"M{target.x - 24:g} {target.y + 8:g} L{target.x - 1:g} {target.y + 8:g}")
            yield text(target.x - 4, target.y - 5, f"from part {rows}", size=_TAG, fill=QUIET)


def _start(
    edge: Mapping[str, Any], nodes: Mapping[str, Placed], frames: Mapping[str, _Frame]
) -> tuple[float, float]:
    if edge["source"] in frames:
        _, _, top, right, bottom = frames[edge["source"]]
        return right, (top + bottom) / 2
    node = nodes[edge["source"]]
    return node.x + BOX, node.leaves_at(edge["sourceHandle"])


def _end(
    edge: Mapping[str, Any], nodes: Mapping[str, Placed], frames: Mapping[str, _Frame]
) -> tuple[float, float]:
    if edge["target"] in frames:
        _, left, top, _, bottom = frames[edge["target"]]
        return left - 1, (top + bottom) / 2
    node = nodes[edge["target"]]
    return node.x - 1, node.middle


def _words(target: Placed) -> str:
    return f"→ {' '.join(target.title)}"


def _tag(source: Placed, handle: str, target: Placed) -> Iterator[str]:
    """An edge that leads to another part of the picture: a short line, and the name of where it goes."""
    x, y = source.x + BOX, source.leaves_at(handle)
    fault = handle == "fail-branch"
    yield path(f"M{x:g} {y:g} L{x + 14:g} {y:g}", fault=fault, arrow=False)
    yield text(x + 17, y + HANDLE_SIZE / 3, _words(target), size=_TAG, fill=FAULT if fault else QUIET)


def _tag_ends(edges: Sequence[Mapping[str, Any]], nodes: Mapping[str, Placed]) -> Iterator[float]:
    for edge in edges:
        source, target = nodes.get(edge["source"]), nodes.get(edge["target"])
        if source and target and source.band != target.band:
            yield source.x + BOX + 17 + width_of(_words(target), _TAG)
