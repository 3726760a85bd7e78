# SPDX-License-Identifier: Apache-2.0
"""Where each node of a workflow stands in its picture.

The order of columns and rows is the canvas's own; only empty space is taken out. A long canvas is cut where
it has a gap, into bands that are read one below the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from devkit.draw.svg import wrapped

BOX = 148.0
PITCH = 196.0  # from one column to the next
TITLE_SIZE, HANDLE_SIZE = 12.0, 10.5
LINE_HEIGHT, HANDLE_HEIGHT = 15.0, 15.0
ROW_GAP, BAND_GAP, MARGIN = 26.0, 54.0, 30.0
_GAP = 450  # canvas units between two columns with nothing between them
_MOST_COLUMNS = 10
_HANDLES = {"fail-branch": "fails", "__timeout": "no answer", "false": "else", "true": "yes"}


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


def handle_name(handle: str) -> str:
    """A handle in a person's words; empty for the ordinary way out."""
    return "" if handle == "source" else _HANDLES.get(handle, handle.replace("_", " "))


def placed(shells: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> dict[str, Placed]:
    """Every node but notes and frames, by id."""
    nodes = [node for node in shells if node["type"] != "custom-note" and node["data"]["type"] != "iteration"]
    bands = _bands(sorted({node["positionAbsolute"]["x"] for node in nodes}))
    handles = {
        node["id"]: list(
            dict.fromkeys(edge["sourceHandle"] for edge in edges if edge["source"] == node["id"])
        )
        for node in nodes
    }
    found: dict[str, Placed] = {}
    top = MARGIN
    for number, columns in enumerate(bands):
        mine = [node for node in nodes if node["positionAbsolute"]["x"] in columns]
        rows = sorted({node["positionAbsolute"]["y"] for node in mine})
        for row in rows:
            here = [node for node in mine if node["positionAbsolute"]["y"] == row]
            tall = max(_height(node, handles[node["id"]]) for node in here)
            for node in here:
                x = MARGIN + 14 + columns.index(node["positionAbsolute"]["x"]) * PITCH
                found[node["id"]] = _placed(node, handles[node["id"]], number, x, top, tall)
            top += tall + ROW_GAP
        top += BAND_GAP - ROW_GAP
    return found


def _bands(columns: Sequence[int]) -> list[list[int]]:
    parts: list[list[int]] = [[columns[0]]]
    for before, column in pairwise(columns):
        if column - before > _GAP:
            parts.append([])
        parts[-1].append(column)
    bands: list[list[int]] = []
    for part in parts:
        if bands and len(bands[-1]) + len(part) <= _MOST_COLUMNS:
            bands[-1] += part
        else:
            bands.append(list(part))
    return bands


def _title(node: Mapping[str, Any]) -> list[str]:
    return wrapped(node["data"]["title"] or "each round", BOX - 22, TITLE_SIZE)


def _height(node: Mapping[str, Any], handles: Sequence[str]) -> float:
    ways = len(handles) * HANDLE_HEIGHT if len(handles) > 1 else 0
    return 30 + len(_title(node)) * LINE_HEIGHT + ways


def _placed(
    node: Mapping[str, Any], handles: Sequence[str], band: int, x: float, top: float, tall: float
) -> Placed:
    height = _height(node, handles)
    y = top + (tall - height) / 2
    return Placed(node["id"], node["data"]["type"], _title(node), handles, band, x, y, height)
