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


class Messages(list[Mapping[str, Any]]):
    """Several messages of one answer, which take the way through the SDK's generators as one."""


class FrameWriter(ResponseWriter):
    """The frames of one call."""

    def put(self, event: Event, session_id: str | None = None, data: object = None) -> None:
        """Write a frame, or one for each of several messages."""
        parts = (
            [{"type": _STREAM, "data": message} for message in data] if isinstance(data, Messages) else [data]
        )
        frame = {"event": event.value, "session_id": session_id}
        outlet.put(b"".join([frame_line({**frame, "data": part}) for part in parts]))

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


def frame_line(frame: Mapping[str, Any]) -> bytes:
    """A frame as it stands on the channel."""
    try:
        return to_json(frame) + _END
    except PydanticSerializationError:  # half of a surrogate pair, from a model's reply or a database
        text = json.dumps(
            to_jsonable_python(frame, serialize_unknown=True, inf_nan_mode="null"), ensure_ascii=True
        )
        return mended(text.encode()) + _END
