# SPDX-License-Identifier: Apache-2.0
"""Frames of the plugin protocol: one JSON object per frame, followed by an empty line.

The same frames as the SDK writes, encoded by pydantic's JSON writer without a model for each.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

LONGEST_FRAME: Final = 5 * 1024 * 1024 - 1
"""Bytes. Dify's daemon ends a plugin that writes a longer line, with all its calls (PLUGIN_STDIO_MAX_BUFFER_SIZE)."""
_END: Final = b"\n\n"
_SURROGATE: Final = re.compile(
    rb"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\."  # any other escape, so that an escaped backslash is not read as the start of one
)


class FrameTooLongError(ValueError):
    """A frame that Dify's daemon would end the plugin for; nothing of it is written."""


def encode_frame(frame: Mapping[str, Any]) -> bytes:
    """One frame, ready to write. Raises `FrameTooLongError`."""
    return _bounded(_encoded(frame)) + _END


def encode_stream(session_id: str | None, messages: Iterable[Mapping[str, Any]]) -> bytes:
    """The frames of messages that one call answers, ready to write: all but the messages is the same in each.

    Raises `FrameTooLongError`.
    """
    head = b'{"event":"session","session_id":%b,"data":{"type":"stream","data":' % to_json(session_id)
    return b"".join([_bounded(b"%b%b}}" % (head, _encoded(message))) + _END for message in messages])


def _bounded(frame: bytes) -> bytes:
    if len(frame) > LONGEST_FRAME:
        raise FrameTooLongError(f"a frame of {len(frame):,} bytes; Dify's daemon takes {LONGEST_FRAME:,}")
    return frame


def _encoded(value: Mapping[str, Any]) -> bytes:
    """A JSON object. A lone surrogate, which JSON readers refuse, becomes U+FFFD."""
    try:
        return to_json(value)
    except PydanticSerializationError:
        plain = to_jsonable_python(value, serialize_unknown=True, inf_nan_mode="null")
        return replace_lone_surrogates(json.dumps(plain, ensure_ascii=True).encode())


def replace_lone_surrogates(line: bytes) -> bytes:
    """JSON text in which every lone surrogate escape is replaced by that of U+FFFD."""
    if b"\\ud" not in line and b"\\uD" not in line:
        return line
    return _SURROGATE.sub(lambda found: b"\\ufffd" if found["lone"] else found[0], line)


def write_frames(data: bytes) -> None:
    """Write encoded frames to stdout now, whole."""
    sys.stdout.flush()  # what the SDK printed stays before
    pipe, left = sys.stdout.fileno(), memoryview(data)
    while left:
        left = left[os.write(pipe, left) :]


def log_frame(level: str, line: str) -> None:
    """Write a log line as the protocol's log frame. Bare lines on stdout would break the protocol."""
    data = {"level": level, "message": line, "timestamp": time.time()}
    write_frames(encode_frame({"event": "log", "data": data}))
