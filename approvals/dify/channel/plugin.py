# SPDX-License-Identifier: Apache-2.0
"""The SDK's plugin, with parts of our own where it talks over stdio and where its version is one we tested.

`make bench ARGS=channel` measures what each part brings, alone, in paired rounds; docs/benchmarks/channel.md has the
figures.
"""

import os
from collections.abc import Mapping
from enum import Flag, auto
from importlib import metadata
from typing import Any, Final, cast

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.core.entities.plugin.request import ToolActions, ToolInvokeRequest
from dify_plugin.core.runtime import Session, SessionContext
from dify_plugin.core.server.__base.request_reader import RequestReader
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.core.server.stdio.response_writer import StdioResponseWriter
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.channel.reader import FrameReader
from approvals.dify.channel.reverse_calls import ReverseCalls
from approvals.dify.channel.writer import FrameWriter
from approvals.telemetry import get_logger

TESTED_SDK_VERSIONS: Final = frozenset({"0.10.2"})
"""The whole stdio suite runs with these, both ways."""
SETTING: Final = "APPROVALS_CHANNEL"
"""Environment variable: `sdk` uses the SDK's own reader and writer."""

_INVOKE_TOOL: Final = ToolActions.InvokeTool.value
_NO_CONTEXT: Final = SessionContext()
_INVOCATIONS: Final = frozenset({"model", "tool", "app", "workflow_node", "storage", "file"})
_log = get_logger(__name__)


class Part(Flag):
    """A part of the SDK that is replaced."""

    WRITER = auto()
    REVERSE_CALLS = auto()
    SESSION = auto()
    DISPATCH = auto()


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


class LazySession(Session):
    """A session that builds its ways to models, apps and nodes on first use. This plugin's tools use none of them."""

    def _register_invocations(self) -> None:
        """Nothing yet: see `__getattr__`."""

    def __getattr__(self, name: str) -> Any:
        if name not in _INVOCATIONS:
            raise AttributeError(f"a session has no {name!r}")
        super()._register_invocations()
        return self.__dict__[name]


class ChannelPlugin(Plugin):
    """The SDK's plugin with `parts` replaced. The benchmark leaves parts out."""

    def __init__(self, config: DifyPluginEnv, parts: Part = ALL_PARTS) -> None:
        self._parts = parts
        super().__init__(config)

    def _launch_local_stream(self, config: DifyPluginEnv) -> tuple[RequestReader, ResponseWriter | None]:
        super()._launch_local_stream(config)
        writer = FrameWriter if Part.WRITER in self._parts else StdioResponseWriter
        reverse_calls = ReverseCalls() if Part.REVERSE_CALLS in self._parts else None
        return FrameReader(writer, reverse_calls), writer()

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
        """A tool call goes straight to its tool; the SDK asks each of its thirty routes whether it fits."""
        if Part.DISPATCH not in self._parts or data.get("action") != _INVOKE_TOOL:
            given = (session_id, data, reader, writer, conversation_id, message_id)
            super()._execute_request(*given, app_id, endpoint_id, context)
            return
        session = (LazySession if Part.SESSION in self._parts else Session)(
            session_id=session_id,
            executor=self.executer,
            reader=reader,
            writer=writer,
            install_method=self.config.INSTALL_METHOD,
            dify_plugin_daemon_url=self.config.DIFY_PLUGIN_DAEMON_URL,
            conversation_id=conversation_id,
            message_id=message_id,
            app_id=app_id,
            endpoint_id=endpoint_id,
            context=context or _NO_CONTEXT,
            max_invocation_timeout=self.config.MAX_INVOCATION_TIMEOUT,
        )
        for message in self.plugin_executer.invoke_tool(session, ToolInvokeRequest(**data)):
            part = writer.stream_object(cast("ToolInvokeMessage", message))
            writer.session_message(session_id, part)
