# SPDX-License-Identifier: Apache-2.0
"""Reads what Dify's daemon sends.

Three faults of the SDK's reader are mended here. It drops a line that holds a lone surrogate, or that it cannot parse,
so that the caller waits until a timeout. It searches everything it has kept again with each read, so that a large
frame costs quadratic time. And it spins when stdin ends.
"""

import contextlib
import fcntl
import os
import re
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Final

import gevent
from dify_plugin.core.entities.plugin.io import PluginInStream, PluginInStreamEvent
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.stdio.request_reader import StdioRequestReader
from gevent.socket import wait_read
from pydantic_core import from_json

from approvals.dify.channel.frames import replace_lone_surrogates
from approvals.dify.channel.reverse_calls import ReverseCalls

_ANSWER: Final = PluginInStreamEvent.BackwardInvocationResponse.value
_END_OF_INPUT_SECONDS: Final = 0.5
_SESSION_ID: Final = re.compile(rb'"session_id"\s*:\s*"([^"\\]{1,200})"')
_READ_BYTES: Final = 65_536
_PIPE_BYTES: Final = 1_048_576
"""What the pipe holds, and what one read takes, while a long frame comes.

Three lists of 5 MB are read while they are worked on. With 64 KB a read, whoever called behind them waited 3.4 s to be
heard; with this, 0.25 s.
"""
_SEARCHED: Final = 4_096  # bytes at either end of a frame in which its session id is looked for


class FrameReader(StdioRequestReader):
    """The SDK's reader of stdin. `writer` makes the writer of a call; `reverse_calls` gets their answers, if given.

    `start` serves a request, or says False: the SDK then queues it. `in_thread`: read as the SDK does.
    """

    def __init__(
        self,
        writer: type[ResponseWriter],
        reverse_calls: ReverseCalls | None,
        start: Callable[[PluginInStream], bool] | None,
        *,
        in_thread: bool,
    ) -> None:
        super().__init__()
        self._in_thread = in_thread
        self.reverse_calls = reverse_calls
        self._start = start
        self._writer = writer
        self._read_bytes = _READ_BYTES

    def _read_async(self) -> bytes:
        if self._in_thread:
            data: bytes = super()._read_async()
            return data
        pipe = sys.stdin.fileno()
        wait_read(pipe)
        data = os.read(pipe, self._read_bytes)
        self._read_bytes = _PIPE_BYTES if len(data) >= _READ_BYTES else _READ_BYTES
        return data

    def _read_stream(self) -> Generator[PluginInStream, None, None]:
        for line in self._lines():
            frame = self._frame(line)
            if frame is not None:
                yield frame

    def _lines(self) -> Iterator[bytes]:
        """The lines of stdin, each joined once, so that a line costs what it is long."""
        _widen(sys.stdin.fileno())
        parts: list[bytes] = []
        while True:
            data = self._read_async()
            if not data:  # the daemon is gone; the SDK ends the process soon
                gevent.sleep(_END_OF_INPUT_SECONDS)
                continue
            *ends, rest = data.split(b"\n")
            for end in ends:
                line = b"".join([*parts, end])
                parts.clear()
                if line.strip():
                    yield line
            if rest:
                parts.append(rest)

    def _frame(self, line: bytes) -> PluginInStream | None:
        """The frame in a line, for the SDK; None when it answered a reverse call, or could not be read."""
        if self.reverse_calls and self.reverse_calls.is_over(line):
            return None
        try:
            frame: dict[str, Any] = from_json(replace_lone_surrogates(line))
            if (
                frame["event"] == _ANSWER
                and self.reverse_calls
                and self.reverse_calls.answered(frame["data"])
            ):
                return None
            request = self._sdk_frame(frame)
            return None if self._start and self._start(request) else request
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._refuse(line, error)
        return None

    def _sdk_frame(self, frame: Mapping[str, Any]) -> PluginInStream:
        return PluginInStream(
            session_id=frame["session_id"],
            conversation_id=frame.get("conversation_id"),
            message_id=frame.get("message_id"),
            app_id=frame.get("app_id"),
            endpoint_id=frame.get("endpoint_id"),
            event=PluginInStreamEvent.value_of(frame["event"]),
            data=frame["data"],
            context=frame.get("context"),
            reader=self,
            writer=self._writer(),
        )

    def _refuse(self, line: bytes, error: Exception) -> None:
        """Answer a frame that cannot be read, so that its caller does not wait for the platform's timeout."""
        writer = self._writer()
        said = f"the plugin cannot read this call: {type(error).__name__}: {str(error)[:300]}"
        session_id = _session_id_in(line)
        if session_id is None:
            writer.error(data={"error": said})
            return
        fault = {"error_type": "InvokeBadRequestError", "message": said, "args": {}}
        writer.session_message(session_id, writer.stream_error_object(fault))
        writer.session_message(session_id, writer.stream_end_object())


def _widen(pipe: int) -> None:
    # Only Linux can; and stdin may be a file or a terminal.
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _session_id_in(line: bytes) -> str | None:
    for part in (line[:_SEARCHED], line[-_SEARCHED:]):
        found = _SESSION_ID.search(part)
        if found:
            return found[1].decode("utf-8", "replace")
    return None
