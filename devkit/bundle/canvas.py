# SPDX-License-Identifier: Apache-2.0
"""Puts nodes and edges on a canvas, with everything around them that Dify's own export has."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devkit.bundle.frames import INNER_Z, inner_shell, iteration_shells
from devkit.bundle.shells import NODE_WIDTH, drawn_height, node_shell, rich_text

DSL_VERSION = "0.6.0"  # Dify 1.13, the first with Human Input
DSL_VERSION_1_16 = "0.7.0"  # Dify 1.16 to 1.20

_NAMESPACE = uuid.UUID("b7e3c1a2-5d64-4f0e-9a87-2f6d1c0b9e35")


def stable_uuid(*names: str) -> str:
    """A UUID that is the same in every build, for what Dify wants to tell apart."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


@dataclass(frozen=True, slots=True)
class App:
    """What the workspace shows of the app."""

    name: str
    description: str
    icon: str
    icon_background: str
    mode: str = "workflow"
    opening: str = ""  # what a conversation begins with
    dsl_version: str = DSL_VERSION


@dataclass(slots=True)
class Canvas:
    """One workflow in the making. Nodes and edges keep the order in which they were added."""

    app: App
    corner: tuple[int, int] = (-80, -240)
    """The point of the canvas that stands in the window's corner when it opens."""
    zoom: float = 0.5
    environment: list[dict[str, Any]] = field(default_factory=list)
    _nodes: list[dict[str, Any]] = field(default_factory=list)
    _edges: list[dict[str, Any]] = field(default_factory=list)
    _types: dict[str, str] = field(default_factory=dict)
    _frames: dict[str, str] = field(default_factory=dict)
    _conversation: list[dict[str, Any]] = field(default_factory=list)

    def setting(self, name: str, description: str, value: str = "", *, secret: bool = False) -> None:
        """An environment variable: what the person who imports the workflow may change."""
        kind = "secret" if secret else "string"
        self.environment.append(self._variable("env", name, description, kind, value))

    def remembered(self, name: str, description: str) -> None:
        """A text that a conversation keeps from one message to the next; empty at first."""
        self._conversation.append(self._variable("conversation", name, description, "string", ""))

    def _variable(self, namespace: str, name: str, description: str, kind: str, value: str) -> dict[str, Any]:
        return {
            "id": stable_uuid(self.app.name, namespace, name),
            "name": name,
            "value_type": kind,
            "value": value,
            "description": description,
            "selector": [namespace, name],
        }

    def node(self, node_id: str, data: Mapping[str, Any], *, column: float, y: int) -> None:
        """A node, `column` steps from the left and `y` units from the top."""
        self._types[node_id] = data["type"]
        self._nodes.append(
            node_shell(node_id, "custom", dict(data), column, y, NODE_WIDTH, drawn_height(data))
        )

    def iteration(
        self, node_id: str, data: Mapping[str, Any], *, column: float, y: int, columns: int
    ) -> None:
        """A frame that runs what is inside once for each item of a list, and the place where each round starts."""
        shell, begin = iteration_shells(node_id, dict(data), column, y, columns)
        self._nodes += [shell, begin]
        self._types |= {node_id: data["type"], begin["id"]: begin["data"]["type"]}
        self._frames[begin["id"]] = node_id

    def inside(self, frame: str, node_id: str, data: Mapping[str, Any], *, column: float) -> None:
        """A node in a frame, `column` steps from the frame's own start."""
        outer = next(node for node in self._nodes if node["id"] == frame)
        self._types[node_id] = data["type"]
        self._frames[node_id] = frame
        self._nodes.append(inner_shell(outer, node_id, dict(data), column, drawn_height(data)))

    def note(
        self, node_id: str, lines: Sequence[str], *, column: float, y: int, theme: str = "yellow"
    ) -> None:
        """A note for people. The first line is bold."""
        width, height = 380, 40 + sum(12 + 20 * (1 + len(line) // 48) for line in lines)
        data = {
            "type": "",
            "title": "",
            "desc": "",
            "author": "",
            "showAuthor": False,
            "theme": theme,
            "width": width,
            "height": height,
            "text": rich_text(lines),
            "selected": False,
        }
        self._nodes.append(node_shell(node_id, "custom-note", data, column, y, width, height))

    def edge(self, source: str, target: str, *handles: str) -> None:
        """Edges from the named handles of one node to another; from `source` when none is named."""
        frame = self._frames.get(source)
        place = {"isInIteration": True, "iteration_id": frame} if frame else {"isInIteration": False}
        for handle in handles or ("source",):
            self._edges.append(
                {
                    "id": f"{source}-{handle}-{target}-target",
                    "type": "custom",
                    "source": source,
                    "sourceHandle": handle,
                    "target": target,
                    "targetHandle": "target",
                    "selected": False,
                    "zIndex": INNER_Z if frame else 0,
                    "data": {
                        "sourceType": self._types[source],
                        "targetType": self._types[target],
                        **place,
                        "isInLoop": False,
                    },
                }
            )

    def document(self) -> dict[str, Any]:
        """The whole file, as Dify imports it."""
        x, y = self.corner
        return {
            "version": self.app.dsl_version,
            "kind": "app",
            "app": {
                "name": self.app.name,
                "description": self.app.description,
                "mode": self.app.mode,
                "icon_type": "emoji",
                "icon": self.app.icon,
                "icon_background": self.app.icon_background,
                "use_icon_as_answer_icon": False,
            },
            "dependencies": [],
            "workflow": {
                "environment_variables": self.environment,
                "conversation_variables": self._conversation,
                "features": {**_FEATURES, "opening_statement": self.app.opening},
                "graph": {
                    "viewport": {"x": round(-x * self.zoom), "y": round(-y * self.zoom), "zoom": self.zoom},
                    "nodes": self._nodes,
                    "edges": self._edges,
                },
            },
        }


_FEATURES: Mapping[str, Any] = {
    "file_upload": {
        "enabled": False,
        "allowed_file_extensions": [],
        "allowed_file_types": ["image"],
        "allowed_file_upload_methods": ["local_file", "remote_url"],
        "number_limits": 3,
        "image": {"enabled": False, "number_limits": 3, "transfer_methods": ["local_file", "remote_url"]},
    },
    "opening_statement": "",
    "retriever_resource": {"enabled": True},
    "sensitive_word_avoidance": {"enabled": False},
    "speech_to_text": {"enabled": False},
    "suggested_questions": [],
    "suggested_questions_after_answer": {"enabled": False},
    "text_to_speech": {"enabled": False, "language": "", "voice": ""},
}
