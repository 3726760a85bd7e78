# SPDX-License-Identifier: Apache-2.0
"""Writes the SDK's frames. What is written is the same as the SDK writes, frame by frame.

The SDK builds three models and flushes twice for each frame, and an answer has a frame per variable. Here a whole
answer is encoded in one go, and leaves with whatever else is written in the same turn of the event loop.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from dify_plugin.core.entities.message import SessionMessage
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.__base.writer_entities import Event
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from approvals.dify.outlet import outlet
from approvals.dify.surrogates import mended

_STREAM: Final = SessionMessage.Type.STREAM.value
_END: Final = b"\n\n"
_OPENING: Final = b',"data":{"type":%s,"data":' % to_json(_STREAM)
_CLOSING: Final = b"}}" + _END


class Messages(list[Mapping[str, Any]]):
    """Several messages of one answer, which take the way through the SDK's generators as one."""


class FrameWriter(ResponseWriter):
    """The frames of one call."""

    def put(self, event: Event, session_id: str | None = None, data: object = None) -> None:
        """Write a frame, or one for each of several messages."""
        if isinstance(data, Messages):
            outlet.put(_lines(session_id, data))
        else:
            outlet.put(frame_line({"event": event.value, "session_id": session_id, "data": data}))

    def stream_object(self, data: object) -> SessionMessage:
        """A part of an answer, as what `session_message` takes: its parts were checked when they were made."""
        if isinstance(data, Messages):
            return cast("SessionMessage", data)
        content = data.model_dump() if isinstance(data, BaseModel) else data
        return cast("SessionMessage", {"type": _STREAM, "data": content})

    def write(self, data: str) -> None:
        """Write text as it is."""
        outlet.put(data.encode(errors="replace"))

    def done(self) -> None:
        """The call is over; what it wrote leaves by itself."""


def _lines(session_id: str | None, messages: Messages) -> bytes:
    """A frame for each message. What they have in common is encoded once."""
    around = {"event": Event.SESSION.value, "session_id": session_id}
    try:
        opening = to_json(around)[:-1] + _OPENING
        return b"".join([opening + to_json(message) + _CLOSING for message in messages])
    except PydanticSerializationError:
        frames = ({**around, "data": {"type": _STREAM, "data": message}} for message in messages)
        return b"".join(map(frame_line, frames))


def frame_line(frame: Mapping[str, Any]) -> bytes:
    """A frame as it stands on the channel."""
    try:
        return to_json(frame) + _END
    except PydanticSerializationError:  # half of a surrogate pair, from a model's reply or a database
        text = json.dumps(
            to_jsonable_python(frame, serialize_unknown=True, inf_nan_mode="null"), ensure_ascii=True
        )
        return mended(text.encode()) + _END
