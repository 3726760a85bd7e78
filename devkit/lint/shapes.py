# SPDX-License-Identifier: Apache-2.0
"""The parts of objects and lists, where a tool's output schema declares them."""

from collections.abc import Mapping
from typing import Any

from devkit.lint.canvas import Canvas
from devkit.lint.reading import mapping, selector, text

type Shape = Mapping[str, Any]

NOTHING: Shape = {}
_MIN = 2  # a node and a variable


def shape_of(canvas: Canvas, wanted: tuple[str, ...], depth: int = 0) -> Shape:
    """The JSON Schema of what a selector leads to; empty when no file says."""
    node = canvas.nodes.get(wanted[0]) if len(wanted) >= _MIN else None
    if node is None or depth > len(canvas.nodes):
        return NOTHING
    found = NOTHING
    if node.kind == "tool":
        found = mapping(keys_of(mapping(node.data.get("output_schema"))).get(wanted[1]))
    elif node.kind == "iteration" and wanted[1] == "item":
        items = selector(node.data.get("iterator_selector")) or ()
        found = item_of(shape_of(canvas, items, depth + 1))
    for step in wanted[_MIN:]:
        found = mapping(keys_of(found).get(step))
    return found


def item_of(shape: Shape) -> Shape:
    """The shape of each item of a list."""
    return mapping(shape.get("items")) if text(shape.get("type")) == "array" else NOTHING


def keys_of(shape: Shape) -> Shape:
    """The keys of an object with their shapes; empty when they are not known."""
    return mapping(shape.get("properties"))
