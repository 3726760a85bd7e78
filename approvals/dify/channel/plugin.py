# SPDX-License-Identifier: Apache-2.0
"""The SDK's plugin, with parts of our own where it talks over stdio and where its version is one we tested.

`make bench ARGS=channel` measures what each part brings, alone, in paired rounds; docs/benchmarks/channel.md has the
figures.
"""

import gc
import os
from collections.abc import Callable, Mapping
from enum import Flag, auto
from importlib import metadata
from typing import Any, Final, cast

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.core.entities.plugin.io import PluginInStream
from dify_plugin.core.entities.plugin.request import ToolActions, ToolInvokeRequest
from dify_plugin.core.server.__base.request_reader import RequestReader
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.stdio.response_writer import StdioResponseWriter
from dify_plugin.entities.tool import ToolInvokeMessage
from gevent.pool import Pool

from approvals.dify.channel.endpoint_calls import answering
from approvals.dify.channel.reader import FrameReader
from approvals.dify.channel.reverse_calls import ReverseCalls
from approvals.dify.channel.tool_session import NO_CONTEXT, ToolSession
from approvals.dify.channel.writer import FrameWriter
from approvals.telemetry import get_logger

TESTED_SDK_VERSIONS: Final = frozenset({"0.10.2"})
"""The whole stdio suite runs with these, both ways."""
SETTING: Final = "APPROVALS_CHANNEL"
"""Environment variable: `sdk` uses the SDK's own reader and writer."""

YOUNG_OBJECTS: Final = 10_000
"""So many new objects before the collector looks for cycles among them: what a hundred calls under way hold."""
_INVOKE_TOOL: Final = ToolActions.InvokeTool.value

_log = get_logger(__name__)


class Part(Flag):
    """A part of the SDK that is replaced."""

    WRITER = auto()
    """At 100 calls in flight: 1.4 times the requests per second, 0.6 of the CPU time of a call."""
    REVERSE_CALLS = auto()
    """At 100 calls in flight: 1.16 times the requests per second, 0.7 of the CPU time of a call."""
    TOOL_CALLS = auto()
    """A tool call goes straight to its tool, in a greenlet: no queue, no future, no list of kinds of requests.

    At 10 calls in flight: 1.1 times the requests per second; 0.88 of the CPU time of a call.
    """
    READING = auto()
    """The event loop reads stdin, not a thread that takes Python's lock by turns with the calls.

    At 100 calls in flight: 1.15 times the requests per second, 0.88 of the CPU time of a call.
    """
    FROZEN_MODULES = auto()
    """The garbage collector does not look at what the imports made, and at what calls make only now and then.

    At 100 calls in flight: 1.4 times the requests per second, 0.83 of the CPU time of a call.
    """


ALL_PARTS: Final = ~Part(0)


def create_plugin(config: DifyPluginEnv, environment: Mapping[str, str] = os.environ) -> Plugin:
    """The plugin for this process: with our parts, or the SDK's own where they are asked for or not tested."""
    version = metadata.version("dify-plugin")
    if environment.get(SETTING, "").strip().lower() == "sdk":
        _log.info("channel", parts="sdk", reason=f"{SETTING}=sdk")
    elif version not in TESTED_SDK_VERSIONS:
        _log.warning("channel", parts="sdk", reason=f"dify-plugin {version} is not a tested version")
    else:
        return ChannelPlugin(config)
    return Plugin(config)


class ChannelPlugin(Plugin):
    """The SDK's plugin with `parts` replaced. The benchmark leaves parts out."""

    def __init__(self, config: DifyPluginEnv, parts: Part = ALL_PARTS) -> None:
        self._parts = parts
        self._pool = Pool(config.MAX_WORKER)
        super().__init__(config)

    def register_route(
        self,
        f: Callable[..., object],
        filter: Callable[[dict[str, Any]], bool],  # noqa: A002 - the SDK's signature
        instance: object | None = None,
    ) -> None:
        """Register what answers a kind of request; endpoints answer whatever comes."""
        endpoints = f.__name__ == "invoke_endpoint"
        super().register_route(answering(cast("Any", f)) if endpoints else f, filter, instance)

    def run(self) -> None:
        """Serve until the daemon ends this process."""
        if Part.FROZEN_MODULES in self._parts:
            gc.freeze()
            gc.set_threshold(YOUNG_OBJECTS)
        super().run()

    def _launch_local_stream(self, config: DifyPluginEnv) -> tuple[RequestReader, ResponseWriter | None]:
        super()._launch_local_stream(config)
        writer = FrameWriter if Part.WRITER in self._parts else StdioResponseWriter
        reader = FrameReader(
            writer,
            reverse_calls=ReverseCalls() if Part.REVERSE_CALLS in self._parts else None,
            start=self._start if Part.TOOL_CALLS in self._parts else None,
            in_thread=Part.READING not in self._parts,
        )
        return reader, writer()

    def _start(self, frame: PluginInStream) -> bool:
        """Serve a tool call in a greenlet. False for other requests, and for one too many: the SDK queues those."""
        if frame.data.get("action") != _INVOKE_TOOL or self._pool.full():
            return False
        self._pool.spawn(
            self._execute_request_in_thread,
            frame.session_id,
            frame.data,
            frame.reader,
            frame.writer,
            frame.conversation_id,
            frame.message_id,
            frame.app_id,
            frame.endpoint_id,
            frame.context,
        )
        return True

    def _execute_request(  # noqa: PLR0913 - the SDK's signature
        self,
        session_id: str,
        data: dict[str, Any],
        reader: RequestReader,
        writer: ResponseWriter,
        conversation_id: str | None = None,
        message_id: str | None = None,
        app_id: str | None = None,
        endpoint_id: str | None = None,
        context: dict[str, Any] | None = None,
    ) -> None:
        """Call the tool without a look at the SDK's list of all kinds of requests."""
        given = (conversation_id, message_id, app_id, endpoint_id)
        if data.get("action") != _INVOKE_TOOL or Part.TOOL_CALLS not in self._parts:
            super()._execute_request(session_id, data, reader, writer, *given, context)
            return
        session = ToolSession(
            session_id,
            self.executer,
            reader,
            writer,
            self.config.INSTALL_METHOD,
            self.config.DIFY_PLUGIN_DAEMON_URL,
            *given,
            context=context or NO_CONTEXT,
            max_invocation_timeout=self.config.MAX_INVOCATION_TIMEOUT,
        )
        for message in self.plugin_executer.invoke_tool(session, ToolInvokeRequest(**data)):
            writer.session_message(session_id, writer.stream_object(cast("ToolInvokeMessage", message)))
