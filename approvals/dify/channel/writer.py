# SPDX-License-Identifier: Apache-2.0
"""Writes the frames of a call, and the messages of a tool's answer among them.

The SDK builds three models and flushes twice for each frame, and an answer has some thirty frames. This writer encodes
a whole answer into one write.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from dify_plugin import Tool
from dify_plugin.core.entities.message import SessionMessage
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.__base.writer_entities import Event
from dify_plugin.entities.tool import ToolInvokeMessage
from pydantic import BaseModel

from approvals.dify.channel.frames import encode_frame, encode_stream, write_frames

type Message = Mapping[str, Any]


class Answer(ToolInvokeMessage):
    """A tool's whole answer, passed through the SDK as one message, which `FrameWriter` writes as many.

    The SDK validates a message against every kind of message in turn. For thirty messages that takes longer than the
    rest of the call.
    """

    variables: Mapping[str, Any]
    summary: str

    @classmethod
    def of(cls, variables: Mapping[str, Any], summary: str) -> "Answer":
        """An answer with these variables and a line of text. Its parts are not validated again."""
        text = cls.TextMessage.model_construct(text=summary)
        return cls.model_construct(
            type=cls.MessageType.TEXT, message=text, meta=None, variables=variables, summary=summary
        )

    def messages(self) -> Iterator[Message]:
        """One message per variable, then all of them as one JSON object, then the line of text."""
        for name, value in self.variables.items():
            yield _message("variable", variable_name=name, variable_value=value, stream=False)
        yield _message("json", json_object=self.variables)
        yield _message("text", text=self.summary)


def answer_messages(tool: Tool, variables: Mapping[str, Any], summary: str) -> Iterator[ToolInvokeMessage]:
    """What a tool yields to answer, whichever writer its session has."""
    if isinstance(tool.session.writer, FrameWriter):
        yield Answer.of(variables, summary)
        return
    for name, value in variables.items():
        yield tool.create_variable_message(name, value)
    yield tool.create_json_message(dict(variables))
    yield tool.create_text_message(summary)


class FrameWriter(ResponseWriter):
    """The frames of one call."""

    def put(self, event: Event, session_id: str | None = None, data: object = None) -> None:
        """Write one frame, or one for each message of an answer."""
        if isinstance(data, Answer):
            write_frames(encode_stream(session_id, data.messages()))
            return
        content = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
        write_frames(encode_frame({"event": event.value, "session_id": session_id, "data": content}))

    def stream_object(self, data: dict[str, Any] | BaseModel) -> SessionMessage:
        """A part of an answer, as `session_message` takes it."""
        if isinstance(data, Answer):
            return cast("SessionMessage", data)  # `put` writes it as many
        return super().stream_object(data)

    def write(self, data: str) -> None:
        """Write text as it is."""
        write_frames(data.encode(errors="replace"))

    def done(self) -> None:
        """Nothing is left to do: every frame was written at once."""


def _message(kind: str, **content: object) -> Message:
    return {"type": kind, "message": content, "meta": None}
