# SPDX-License-Identifier: Apache-2.0
"""Writes the SDK's frames. What is written is the same as the SDK writes, frame by frame.

The SDK builds three models and flushes twice for each frame, and an answer has a frame per variable. Here a whole
answer is encoded in one go, and leaves with whatever else is written in the same turn of the event loop.
"""

from typing import Any, Final, cast

from dify_plugin.core.entities.message import SessionMessage
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.__base.writer_entities import Event
from pydantic import BaseModel

from approvals.dify.channel.frame_buffer import outlet
from approvals.dify.channel.frame_lines import Answer, answer_lines, frame_line

_STREAM: Final = SessionMessage.Type.STREAM.value
_LAST: Final[Any] = {"type": SessionMessage.Type.END.value, "data": {}}


class FrameWriter(ResponseWriter):
    """The frames of one call."""

    def put(self, event: Event, session_id: str | None = None, data: object = None) -> None:
        """Write a frame, or one for each message of an answer."""
        if isinstance(data, Answer):
            outlet.put(answer_lines(session_id, data))
        else:
            outlet.put(frame_line({"event": event.value, "session_id": session_id, "data": data}))

    def stream_object(self, data: object) -> SessionMessage:
        """A part of an answer, as what `session_message` takes: its parts were checked when they were made."""
        if isinstance(data, Answer):
            return data  # type: ignore[return-value] # which `put` knows
        content = data.model_dump() if isinstance(data, BaseModel) else data
        return cast("SessionMessage", {"type": _STREAM, "data": content})

    def stream_end_object(self) -> SessionMessage:
        """What ends an answer."""
        return _LAST  # type: ignore[no-any-return] # as above

    def write(self, data: str) -> None:
        """Write text as it is."""
        outlet.put(data.encode(errors="replace"))

    def done(self) -> None:
        """The call is over; what it wrote leaves by itself."""
