# SPDX-License-Identifier: Apache-2.0
"""The SDK's plugin, with our own reader and writer of frames where it talks over stdio."""

from typing import Any, Final

from dify_plugin import DifyPluginEnv, Plugin
from dify_plugin.core.entities.plugin.io import PluginInStream
from dify_plugin.core.entities.plugin.request import ToolActions, ToolInvokeRequest
from dify_plugin.core.runtime import SessionContext
from dify_plugin.core.server.__base.request_reader import RequestReader
from dify_plugin.core.server.__base.response_writer import ResponseWriter

from approvals.dify.channel.frame_buffer import outlet
from approvals.dify.channel.frames import FrameWriter
from approvals.dify.channel.stdin import FrameReader
from approvals.dify.channel.tool_session import ToolSession
from approvals.dify.channel.turns import turns
from approvals.dify.channel.workers import Workers
from approvals.wiring import wiring

_INVOKE_TOOL: Final = ToolActions.InvokeTool.value
_NO_CONTEXT: Final = SessionContext()


class FramePlugin(Plugin):
    """Serves the requests that the reader hands over, each in a worker."""

    def _launch_local_stream(self, config: DifyPluginEnv) -> tuple[RequestReader, ResponseWriter | None]:
        super()._launch_local_stream(config)
        outlet.open()
        wiring().pause_after_replies(turns.wait)
        return FrameReader(Workers(self._serve, config.MAX_WORKER)), FrameWriter()

    def _setup_instruction_listener(self) -> None:
        if not isinstance(self.request_reader, FrameReader):  # which starts its requests itself
            super()._setup_instruction_listener()

    def _serve(self, given: PluginInStream) -> None:
        self._execute_request_in_thread(
            given.session_id,
            given.data,
            given.reader,
            given.writer,
            given.conversation_id,
            given.message_id,
            given.app_id,
            given.endpoint_id,
            given.context,
        )

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
        """A tool call goes straight to its tool; the SDK does the same by way of its list of all kinds of request."""
        if not (isinstance(writer, FrameWriter) and data.get("action") == _INVOKE_TOOL):
            given = (session_id, data, reader, writer, conversation_id, message_id)
            super()._execute_request(*given, app_id, endpoint_id, context)
            return
        session = ToolSession(
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
            writer.session_message(session_id, writer.stream_object(message))
