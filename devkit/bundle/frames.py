# SPDX-License-Identifier: Apache-2.0
"""What Dify keeps around an iteration, and around the nodes inside one."""

from typing import Any

from devkit.bundle.shells import COLUMN, NODE_WIDTH, node_shell

INNER_Z = 1002
_MARGIN, _TOP = 100, 68  # from the frame's corner to its start


def iteration_shells(
    node_id: str, data: dict[str, Any], column: float, y: int, columns: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The frame, wide enough for `columns` nodes, and the small node where each round starts."""
    width = _MARGIN + columns * COLUMN
    outer = {**node_shell(node_id, "custom", data, column, y, width, 260), "zIndex": 1}
    begin = {"type": "iteration-start", "title": "", "desc": "", "isInIteration": True}
    shell = _within(outer, data["start_node_id"], "custom-iteration-start", begin, (24, _TOP), (44, 48))
    return outer, {**shell, "draggable": False, "selectable": False}


def inner_shell(
    outer: dict[str, Any], node_id: str, data: dict[str, Any], column: float, height: int
) -> dict[str, Any]:
    """A node inside the frame `outer`, `column` steps from its start."""
    inside = {**data, "isInIteration": True, "isInLoop": False, "iteration_id": outer["id"]}
    offset = (_MARGIN + round(column * COLUMN), _TOP)
    return _within(outer, node_id, "custom", inside, offset, (NODE_WIDTH, height))


def _within(
    outer: dict[str, Any],
    node_id: str,
    shell: str,
    data: dict[str, Any],
    offset: tuple[int, int],
    size: tuple[int, int],
) -> dict[str, Any]:
    corner = outer["position"]
    return {
        **node_shell(node_id, shell, data, 0, 0, *size),
        "position": {"x": offset[0], "y": offset[1]},  # inside a frame Dify counts from its corner
        "positionAbsolute": {"x": corner["x"] + offset[0], "y": corner["y"] + offset[1]},
        "parentId": outer["id"],
        "extent": "parent",
        "zIndex": INNER_Z,
    }
