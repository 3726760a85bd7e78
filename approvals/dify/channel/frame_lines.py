# SPDX-License-Identifier: Apache-2.0
"""Frames as they stand on the channel to Dify: one JSON object each, and an empty line behind it."""

import json
from binascii import hexlify
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from approvals.dify.channel.surrogates import mended

type Message = Mapping[str, Any]

_END: Final = b"\n\n"
_OPENING: Final = b'{"event":"session","session_id":%b,"data":{"type":"stream","data":'
_CLOSING: Final = b"}}" + _END
_VARIABLE: Final = b'{"type":"variable","message":{"variable_name":%b,"variable_value":'
_VARIABLE_END: Final = b',"stream":false},"meta":null}' + _CLOSING
_OBJECT: Final = b'{"type":"json","message":{"json_object":{%b}},"meta":null}'
_TEXT: Final = b'{"type":"text","message":{"text":%b},"meta":null}'
_KEEP: Final = (
    b'{"event":"session","session_id":%b,"data":{"type":"invoke","data":{"type":"storage",'
    b'"backwards_request_id":%b,"request":{"opt":"set","key":%b,"value":"%b"}}}}' + _END
)


class Answer(NamedTuple):
    """All that a tool answers. It takes the way through the SDK's generators as one message."""

    variables: Mapping[str, Any]
    text: str

    def messages(self) -> list[Message]:
        """A message for each variable, then one with all of them as a JSON object, then the line of text."""
        variables = [
            _message("variable", variable_name=name, variable_value=value, stream=False)
            for name, value in self.variables.items()
        ]
        return [*variables, _message("json", json_object=self.variables), _message("text", text=self.text)]


def answer_lines(session_id: str | None, answer: Answer) -> bytes:
    """A frame for each of an answer's messages. Every value is encoded once, though it leaves twice."""
    try:
        opening = _OPENING % to_json(session_id)
        values = [(_named(name), to_json(value)) for name, value in answer.variables.items()]
        text = to_json(answer.text)
    except PydanticSerializationError:
        parts = ({"type": "stream", "data": message} for message in answer.messages())
        frames = ({"event": "session", "session_id": session_id, "data": part} for part in parts)
        return b"".join(map(frame_line, frames))
    pieces: list[bytes] = []
    for (variable, _), value in values:
        pieces += (opening, variable, value, _VARIABLE_END)
    together = b",".join([key + value for (_, key), value in values])
    pieces += (opening, _OBJECT % together, _CLOSING, opening, _TEXT % text, _CLOSING)
    return b"".join(pieces)


@lru_cache(maxsize=512)
def _named(name: str) -> tuple[bytes, bytes]:
    """How a variable of this name begins, as a message and in an object: the tools have some sixty names."""
    encoded = to_json(name)
    return _VARIABLE % encoded, b"%b:" % encoded


def keep_line(session_id: str, question_id: str, key: str, value: bytes) -> bytes:
    """The question to Dify's storage to keep a value, which is the longest that a call says.

    As `frame_line` has it, but nobody looks through the digits for what JSON would have to escape.
    """
    return _KEEP % (to_json(session_id), to_json(question_id), to_json(key), hexlify(value))


def frame_line(frame: Mapping[str, Any]) -> bytes:
    """One frame."""
    try:
        return to_json(frame) + _END
    except PydanticSerializationError:  # half of a surrogate pair, from a model's reply or a database
        text = json.dumps(
            to_jsonable_python(frame, serialize_unknown=True, inf_nan_mode="null"), ensure_ascii=True
        )
        return mended(text.encode()) + _END


def _message(kind: str, **content: object) -> Message:
    return {"type": kind, "message": content, "meta": None}
