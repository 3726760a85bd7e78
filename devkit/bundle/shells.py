# SPDX-License-Identifier: Apache-2.0
"""What Dify keeps around a node's data: where it stands, how large it is drawn, how a note is written."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

NODE_WIDTH = 244
COLUMN = 304  # from one node to the next, in canvas units


def node_shell(  # noqa: PLR0913 - the parts of Dify's node shell
    node_id: str, shell: str, data: dict[str, Any], column: float, y: int, width: int, height: int
) -> dict[str, Any]:
    """A node as it lies on the canvas: `column` steps from the left, `y` units from the top."""
    position = {"x": 80 + round(column * COLUMN), "y": y}
    return {
        "id": node_id,
        "type": shell,
        "data": data,
        "position": position,
        "positionAbsolute": dict(position),
        "width": width,
        "height": height,
        "sourcePosition": "right",
        "targetPosition": "left",
        "selected": False,
    }


def drawn_height(data: Mapping[str, Any]) -> int:
    """About what Dify draws; it measures for itself once the canvas is open."""
    rows = {
        "start": len(data.get("variables", ())),
        "if-else": 2 * len(data.get("cases", ())) + 1,
        "human-input": len(data.get("user_actions", ())) + 4,
        "tool": 2 if data.get("error_strategy") else 0,
        "end": len(data.get("outputs", ())),
        "variable-aggregator": len(data.get("variables", ())) + _group_rows(data),
        "assigner": len(data.get("items", ())),
        "answer": 1 + len(data.get("answer", "")) // 36,
        "http-request": 1,
    }
    description = 12 + 16 * (1 + len(data["desc"]) // 36) if data["desc"] else 0
    return 54 + 28 * rows.get(data["type"], 1) + description


def _group_rows(data: Mapping[str, Any]) -> int:
    groups = data.get("advanced_settings", {}).get("groups", ())
    return sum(1 + len(group["variables"]) for group in groups)


def rich_text(lines: Sequence[str]) -> str:
    """Text in the format of the note editor, one paragraph a line."""
    paragraphs = [
        {
            "type": "paragraph",
            "version": 1,
            "direction": "ltr",
            "format": "",
            "indent": 0,
            "textFormat": 0,
            "textStyle": "",
            "children": [
                {
                    "type": "text",
                    "version": 1,
                    "detail": 0,
                    "format": 1 if number == 0 else 0,
                    "mode": "normal",
                    "style": "",
                    "text": line,
                }
            ],
        }
        for number, line in enumerate(lines)
    ]
    root = {
        "type": "root",
        "version": 1,
        "direction": "ltr",
        "format": "",
        "indent": 0,
        "children": paragraphs,
    }
    return json.dumps({"root": root}, ensure_ascii=False)
