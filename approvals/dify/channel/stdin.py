# SPDX-License-Identifier: Apache-2.0
"""Reads what Dify's daemon sends, where the SDK's own reader is too strict or too slow.

Too strict: it drops a line whose text holds half of a surrogate pair, and the caller waits until a timeout.
Too slow: it reads in a thread, which takes the interpreter's lock by turns with the calls; it builds a validator for
every line, and offers every answer to every call that waits for one.
"""

import os
import stat
import sys
from collections.abc import Generator, Mapping
from typing import Any, Final

import gevent
from dify_plugin.core.entities.plugin.io import PluginInStream, PluginInStreamEvent
from dify_plugin.core.server.stdio.request_reader import StdioRequestReader
from gevent import os as gevent_os
from pydantic_core import from_json

from approvals.dify.channel.frame_buffer import Watcher
from approvals.dify.channel.frames import FrameWriter
from approvals.dify.channel.reverse_calls import Backwards
from approvals.dify.channel.surrogates import mended
from approvals.dify.channel.workers import Workers

_ANSWER: Final = PluginInStreamEvent.BackwardInvocationResponse.value
_REQUEST: Final = PluginInStreamEvent.Request.value
_READ_BYTES: Final = 65_536
_LOOK_AGAIN_SECONDS: Final = 0.5


class FrameReader(StdioRequestReader):
    """The SDK's reader of stdin, with answers handed straight to whoever asked."""

    def __init__(self, workers: Workers[PluginInStream]) -> None:
        super().__init__()
        self.backwards = Backwards()
        self.workers = workers
        self._is_pipe = sys.platform != "win32" and stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode)
        self._arrival: Watcher | None = None
        if self._is_pipe:  # what may be shared with stdout, as a terminal is, must go on blocking
            gevent_os.make_nonblocking(sys.stdin.fileno())

    def _read_stream(self) -> Generator[PluginInStream, None, None]:
        rest = b""
        while True:
            *lines, rest = (rest + self._read_async()).split(b"\n")
            for line in lines:
                if line.strip():
                    frame = self._taken(line)
                    if frame is not None:
                        yield frame

    def _read_async(self) -> bytes:
        """What has come. At its end the SDK would spin; the daemon is gone then, and the SDK will end the process."""
        data: bytes = self._read_pipe() if self._is_pipe else super()._read_async()
        if not data:
            gevent.sleep(_LOOK_AGAIN_SECONDS)
        return data

    def _read_pipe(self) -> bytes:
        """Waits before it reads: to read first and find nothing costs as much as what is read, nearly every time."""
        pipe, hub = sys.stdin.fileno(), gevent.get_hub()
        if self._arrival is None:
            self._arrival = hub.loop.io(pipe, 1)
        hub.wait(self._arrival)
        data: bytes = gevent_os.nb_read(pipe, _READ_BYTES)
        return data

    def _taken(self, line: bytes) -> PluginInStream | None:
        """The frame in a line, for the SDK; None when it was a request, or an answer that somebody here waits for."""
        if self.backwards.is_over(line):
            return None
        try:
            frame: dict[str, Any] = from_json(mended(line) if b"\\u" in line else line)
            event = frame["event"]
            if event == _ANSWER and self.backwards.answered(frame["data"]):
                return None
            given = self._sdk_frame(frame)
            if event != _REQUEST:
                return given
            self.workers.start(given)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            FrameWriter().error(data={"error": f"{type(error).__name__}: {error}"})
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
            writer=FrameWriter(),
        )
