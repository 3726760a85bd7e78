# SPDX-License-Identifier: Apache-2.0
"""Writes the SDK's frames, many at a time.

The SDK builds three models and flushes twice for each frame, and an answer has a frame per variable. Here the frames of
one answer are put together and leave in one write. What is written is the same, frame by frame.
"""

import json
import sys
from typing import Any, Final, cast

from dify_plugin.core.entities.message import SessionMessage
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.__base.writer_entities import Event
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from approvals.dify.surrogates import mended

_HELD_AT_MOST: Final = 65_536  # bytes; what is longer leaves at once
_STREAM: Final = SessionMessage.Type.STREAM.value
_SHOWN_AT_ONCE: Final = frozenset({"log"})  # progress is no use when it comes with the answer


class FrameWriter(ResponseWriter):
    """The frames of one call. Answers wait for their end, or for the next frame that somebody waits for."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._length = 0

    def put(
        self, event: Event, session_id: str | None = None, data: dict[str, Any] | BaseModel | None = None
    ) -> None:
        """Write a frame, now or together with the next ones."""
        line = _line({"event": event.value, "session_id": session_id, "data": data})
        self._held.append(line)
        self._length += len(line)
        if not _can_wait(data) or self._length > _HELD_AT_MOST:
            self._release()

    def stream_object(self, data: dict[str, Any] | BaseModel) -> SessionMessage:
        """A part of an answer, as the dict that `session_message` takes: its parts were checked when they were made."""
        content = data.model_dump() if isinstance(data, BaseModel) else data
        return cast("SessionMessage", {"type": _STREAM, "data": content})

    def write(self, data: str) -> None:
        """Write text as it is."""
        _send(data.encode(errors="replace"))

    def done(self) -> None:
        """The call is over."""
        self._release()

    def _release(self) -> None:
        if self._held:
            together = b"".join(self._held)
            self._held.clear()
            self._length = 0
            _send(together)


def _line(frame: dict[str, Any]) -> bytes:
    try:
        return to_json(frame) + b"\n\n"
    except PydanticSerializationError:  # half of a surrogate pair, from a model's reply or a database
        text = json.dumps(
            to_jsonable_python(frame, serialize_unknown=True, inf_nan_mode="null"), ensure_ascii=True
        )
        return mended(text.encode()) + b"\n\n"


def _send(data: bytes) -> None:
    sys.stdout.flush()  # what somebody printed before us stays before us
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _can_wait(data: object) -> bool:
    """True for a part of an answer that nobody needs before the rest."""
    if not isinstance(data, dict) or data.get("type") != _STREAM:
        return False
    part = data.get("data")
    return isinstance(part, dict) and part.get("type") not in _SHOWN_AT_ONCE
