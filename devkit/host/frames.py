# SPDX-License-Identifier: Apache-2.0
"""The lines that a plugin and its host exchange: newline-delimited JSON over stdin and stdout."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from approvals.text.json_text import json_bytes

PLATFORM_LINE_LIMIT = 5 * 1024 * 1024
"""Bytes. The daemon kills a plugin that writes a longer line (its PLUGIN_STDIO_MAX_BUFFER_SIZE)."""

LONG_LINE = 1_000_000
"""Bytes. A line longer than this still passes, but is close enough to the limit to be reported."""

_EXCERPT = 200


class PluginEvent(StrEnum):
    """What a line of the plugin is about."""

    LOG = "log"
    ERROR = "error"
    SESSION = "session"
    HEARTBEAT = "heartbeat"


class SessionEvent(StrEnum):
    """What a session line carries."""

    STREAM = "stream"
    END = "end"
    ERROR = "error"
    INVOKE = "invoke"


class BackwardsEvent(StrEnum):
    """What the host says to a call that the plugin made."""

    RESPONSE = "response"
    ERROR = "error"
    END = "end"


class ViolationKind(StrEnum):
    """How a plugin can break the protocol on its stdout."""

    NOT_JSON = "not_json"
    UNKNOWN_EVENT = "unknown_event"
    UNKNOWN_SESSION = "unknown_session"
    LONG_LINE = "long_line"
    BROKEN_LINE = "broken_line"


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of the protocol: its kind, the size of the line in bytes, and how the line starts."""

    kind: ViolationKind
    size: int
    excerpt: str


def violation(kind: ViolationKind, line: bytes) -> Violation:
    """Describe `line`, keeping only its start."""
    return Violation(kind, len(line), line[:_EXCERPT].decode(errors="replace"))


class LineTooLongError(Exception):
    """A line passed the platform's limit. `size` is what had been read of it, in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a line of {size} bytes or more; the platform's limit is {PLATFORM_LINE_LIMIT}")
        self.size = size


class LineSplitter:
    """Cuts a stream of chunks into lines. The cost is linear, also for a line of many chunks."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes, without line ends. Raises `LineTooLongError`."""
        head, newline, rest = chunk.partition(b"\n")
        self._parts.append(head)
        self._size += len(head)
        if self._size > PLATFORM_LINE_LIMIT:
            raise LineTooLongError(self._size)
        if not newline:
            return []
        lines = [b"".join(self._parts), *rest.split(b"\n")]
        tail = lines.pop()
        self._parts = [tail]
        self._size = len(tail)
        return lines


def request_line(
    session_id: str,
    data: Mapping[str, Any],
    *,
    app_id: str | None = None,
    endpoint_id: str | None = None,
) -> bytes:
    """A request of the platform to the plugin. Raises `TypeError` when `data` is not JSON."""
    frame = {
        "session_id": session_id,
        "conversation_id": None,
        "message_id": None,
        "app_id": app_id,
        "endpoint_id": endpoint_id,
        "context": None,
        "event": "request",
        "data": data,
    }
    return json_bytes(frame) + b"\n"


def backwards_line(
    session_id: str,
    request_id: str,
    event: BackwardsEvent,
    *,
    message: str = "",
    data: Mapping[str, Any] | None = None,
) -> bytes:
    """One step of the answer to a call that the plugin made. The last step is always `END`."""
    frame = {
        "session_id": session_id,
        "event": "backwards_response",
        "data": {"backwards_request_id": request_id, "event": event, "message": message, "data": data},
    }
    return json_bytes(frame) + b"\n"
