# SPDX-License-Identifier: Apache-2.0
"""Where each node of a workflow stands in its picture.

The order of columns and rows is the canvas's own; only empty space is taken out. A long canvas is cut into bands
that are read one below the other, so that a picture is never wider than a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devkit.draw.svg import wrapped

BOX = 126.0
PITCH = 152.0  # from one column to the next
TITLE_SIZE, HANDLE_SIZE = 12.0, 11.0
LINE_HEIGHT, HANDLE_HEIGHT = 15.0, 15.0
ROW_GAP, LANE, MARGIN = 22.0, 7.0, 30.0
_MOST_COLUMNS = 6
_HANDLES = {"__timeout": "no answer", "false": "else", "true": "yes"}


@dataclass(frozen=True, slots=True)
class Placed:
    """One node in the picture."""

    node_id: str
    kind: str
    title: Sequence[str]
    handles: Sequence[str]
    band: int
    x: float
    y: float
    height: float

    @property
    def middle(self) -> float:
        """Where edges arrive."""
        return self.y + self.height / 2

    def leaves_at(self, handle: str) -> float:
        """The height at which edges from a handle leave."""
        if len(self.handles) <= 1:
            return self.middle
        below = len(self.handles) - self.handles.index(handle)
        return self.y + self.height - below * HANDLE_HEIGHT + 2


@dataclass(frozen=True, slots=True)
class Layout:
    """All nodes by id, and where the space under each band begins, through which edges lead to the next bands."""

    nodes: Mapping[str, Placed]
    under: Sequence[float]


def handle_name(handle: str) -> str:
    """A handle in a person's words; empty for the ordinary way out."""
    return "" if handle == "source" else _HANDLES.get(handle, handle.replace("_", " "))


def placed(shells: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> Layout:
    """The place of every node but notes and frames."""
    nodes = [node for node in shells if node["type"] != "custom-note" and node["data"]["type"] != "iteration"]
    columns = sorted({node["positionAbsolute"]["x"] for node in nodes})
    bands = [columns[first : first + _MOST_COLUMNS] for first in range(0, len(columns), _MOST_COLUMNS)]
    handles = {node["id"]: _ways(node["id"], edges) for node in nodes}
    found: dict[str, Placed] = {}
    under: list[float] = []
    top = MARGIN
    for number, band in enumerate(bands):
        mine = [node for node in nodes if node["positionAbsolute"]["x"] in band]
        for row in sorted({node["positionAbsolute"]["y"] for node in mine}):
            here = [node for node in mine if node["positionAbsolute"]["y"] == row]
            tall = max(_height(node, handles[node["id"]]) for node in here)
            for node in here:
                x = MARGIN + 14 + band.index(node["positionAbsolute"]["x"]) * PITCH
                found[node["id"]] = _placed(node, handles[node["id"]], number, x, top, tall)
            top += tall + ROW_GAP
        under.append(top)
        last = columns.index(band[-1])
        crossing = sum(
            _column(columns, nodes, edge["source"]) <= last < _column(columns, nodes, edge["target"])
            for edge in edges
        )
        top += crossing * LANE + ROW_GAP
    return Layout(found, under)


def _ways(node_id: str, edges: Sequence[Mapping[str, Any]]) -> list[str]:
    """The handles that edges leave a node from, as Dify orders them: what else happens comes last."""
    used = dict.fromkeys(edge["sourceHandle"] for edge in edges if edge["source"] == node_id)
    return sorted(used, key=lambda handle: handle in {"false", "__timeout"})


def _column(columns: Sequence[int], nodes: Sequence[Mapping[str, Any]], node_id: str) -> int:
    for node in nodes:
        if node["id"] == node_id:
            return columns.index(node["positionAbsolute"]["x"])
    return -1


def _title(node: Mapping[str, Any]) -> list[str]:
    return wrapped(node["data"]["title"] or "each round", BOX - 20, TITLE_SIZE)


def _height(node: Mapping[str, Any], handles: Sequence[str]) -> float:
    ways = len(handles) * HANDLE_HEIGHT if len(handles) > 1 else 0
    return 30 + len(_title(node)) * LINE_HEIGHT + ways


def _placed(
    node: Mapping[str, Any], handles: Sequence[str], band: int, x: float, top: float, tall: float
) -> Placed:
    height = _height(node, handles)
    y = top + (tall - height) / 2
    return Placed(node["id"], node["data"]["type"], _title(node), handles, band, x, y, height)
