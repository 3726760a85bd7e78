# SPDX-License-Identifier: Apache-2.0
"""Reads what Dify's daemon sends, where the SDK's own reader is too strict or too slow.

Too strict: it drops a line whose text holds half of a surrogate pair, and the caller waits until a timeout.
Too slow: it builds a validator for every line, and offers every answer to every call that waits for one.
"""

from collections.abc import Generator
from typing import Any, Final

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.core.entities.plugin.io import PluginInStream, PluginInStreamEvent
from dify_plugin.core.server.__base.request_reader import RequestReader
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.stdio.request_reader import StdioRequestReader
from gevent.event import AsyncResult
from pydantic_core import from_json

from approvals.dify.frames import FrameWriter
from approvals.dify.surrogates import mended

_ANSWER: Final = PluginInStreamEvent.BackwardInvocationResponse


class FrameReader(StdioRequestReader):
    """The SDK's reader of stdin, with answers handed straight to whoever asked."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[str, AsyncResult[Any]] = {}

    def expect(self, request_id: str) -> "AsyncResult[Any]":
        """The place where the answer to a request of ours will be put. To be called before the request is sent."""
        place = self._waiting[request_id] = AsyncResult()
        return place

    def forget(self, request_id: str) -> None:
        """No answer is waited for any more."""
        self._waiting.pop(request_id, None)

    def _read_stream(self) -> Generator[PluginInStream, None, None]:
        rest = b""
        while True:
            data = self._read_async()
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.strip():
                    frame = self._frame(line)
                    if frame is not None:
                        yield frame

    def _frame(self, line: bytes) -> PluginInStream | None:
        try:
            frame: dict[str, Any] = from_json(mended(line))
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
        except (ValueError, KeyError, TypeError) as error:
            FrameWriter().error(data={"error": f"{type(error).__name__}: {error}"})
            return None

    def _process_line(self, data: PluginInStream) -> None:
        if data.event is _ANSWER:
            place = self._waiting.pop(data.data.get("backwards_request_id", ""), None)
            if place is not None:
                place.set(data.data)
                return
        super()._process_line(data)


class FramePlugin(Plugin):
    """The SDK's plugin with that reader, where it talks over stdio."""

    def _launch_local_stream(self, config: DifyPluginEnv) -> tuple[RequestReader, ResponseWriter | None]:
        super()._launch_local_stream(config)
        return FrameReader(), FrameWriter()
