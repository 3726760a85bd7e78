# SPDX-License-Identifier: Apache-2.0
"""Plays Dify's plugin daemon for one plugin process: starts it, calls it, answers what it asks for."""

import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from devkit.host.answers import (
    HostError,
    HostFault,
    ToolAnswer,
    ValidationAnswer,
    tool_answer,
    validation_answer,
)
from devkit.host.backwards import Platform, Reply, ToolGateway, ToolRequest, shown_to_caller
from devkit.host.calls import Call, Workspace
from devkit.host.conversation import Conversation
from devkit.host.frames import Violation
from devkit.host.process import BASE_ENVIRONMENT, PluginProcess
from devkit.host.raw_http import HostResponse, http_response
from devkit.host.requests import (
    DEFAULT_PROVIDER,
    DEFAULT_USER,
    ToolOptions,
    endpoint_data,
    tool_data,
    validation_data,
)
from devkit.host.storage import HostStorage

DEFAULT_COMMAND = (sys.executable, "-m", "main")
DEFAULT_TIMEOUT = 60.0
START_TIMEOUT = 30.0


class PluginHost:
    """One plugin process and the platform around it. Use it as a context manager, or `start` and `stop`.

    `command` runs in `cwd`, with `env` added to a nearly empty environment. `storage` and `credentials` are
    those of the default workspace. `tool_gateway` answers `session.tool` calls; without one they go to this
    same plugin, with the workspace's saved credentials, as in Dify.

    All calls are thread-safe. A plugin that dies ends every open call with a `PluginExited` error.
    """

    def __init__(
        self,
        command: Sequence[str] = DEFAULT_COMMAND,
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        storage: HostStorage | None = None,
        credentials: Mapping[str, Any] | None = None,
        tool_gateway: ToolGateway | None = None,
    ) -> None:
        self.workspace = Workspace(HostStorage() if storage is None else storage, credentials)
        self.start_seconds: float | None = None
        self._command, self._cwd = list(command), Path(cwd)
        # The daemon runs a plugin in its own environment, with what it was told of the storage.
        granted = {"PERSISTENCE_STORAGE_MAX_SIZE": str(self.workspace.storage.quota)}
        self._env = BASE_ENVIRONMENT | granted | dict(env or {})
        self._platform = Platform(tool_gateway, self._call_own_tool)
        self._conversation: Conversation | None = None

    def __repr__(self) -> str:
        state = self._conversation and self._conversation.process
        return f"<PluginHost {self._cwd.name} {state or 'not started'}>"

    def __enter__(self) -> Self:
        return self if self._conversation else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # The process.

    def start(self, timeout: float = START_TIMEOUT) -> Self:
        """Start the plugin and wait for its first heartbeat. Raises `HostError` when it does not come.

        The time until then, in seconds, is `start_seconds`.
        """
        started = time.perf_counter()
        talk = Conversation(self._command, cwd=self._cwd, env=self._env, platform=self._platform)
        self._conversation = talk
        talk.ready.wait(timeout)
        if talk.ready_at is None:
            code = talk.process.stop()
            seconds = time.perf_counter() - started
            raise HostError(
                HostFault.NOT_STARTED,
                f"no heartbeat within {seconds:.1f} s (exit code {code}); stderr ends: {self.stderr[-2000:]}",
            )
        self.start_seconds = talk.ready_at - started
        return self

    def stop(self, grace: float = 5.0) -> int | None:
        """SIGTERM, after `grace` seconds SIGKILL, and wait. Returns the exit code, None if never started."""
        code = self._conversation.process.stop(grace) if self._conversation else None
        self._platform.close()
        return code

    def kill(self) -> None:
        """SIGKILL, which is how the platform stops a plugin."""
        self.process.kill()

    def send_signal(self, number: int) -> None:
        """Send the plugin a signal."""
        self.process.send_signal(number)

    def rss_bytes(self) -> int:
        """The plugin's resident memory now, in bytes (Linux)."""
        return self.process.rss_bytes()

    @property
    def process(self) -> PluginProcess:
        """The running or ended process: `pid`, `exit_code`, `cpu_seconds()`, `wait()`."""
        return self._talk.process

    # What the plugin said outside of calls.

    @property
    def declaration(self) -> dict[str, Any]:
        """The manifest as the plugin declared it in its first line."""
        return self._talk.declaration

    @property
    def logs(self) -> list[dict[str, Any]]:
        """The last log lines: `{level, message, timestamp}`."""
        return list(self._talk.logs)

    @property
    def violations(self) -> list[Violation]:
        """The last breaches of the protocol. A sound plugin has none."""
        return list(self._talk.violations)

    @property
    def longest_line(self) -> int:
        """Bytes in the longest line so far."""
        return self._talk.longest_line

    @property
    def heartbeats(self) -> int:
        """How many heartbeats came."""
        return self._talk.heartbeats

    @property
    def stderr(self) -> str:
        """The end of what the plugin wrote to stderr, at most 64 KiB."""
        return self.process.stderr

    # Calls to the plugin.

    def submit_tool(
        self, tool: str, parameters: Mapping[str, Any], **options: Unpack[ToolOptions]
    ) -> Future[ToolAnswer]:
        """Send a tool call and return at once. A plugin's error is in the answer, not raised.

        Callbacks added to the future run in the reading thread.
        """
        return self._open_tool(tool, parameters, options).future

    def invoke_tool(
        self,
        tool: str,
        parameters: Mapping[str, Any],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        **options: Unpack[ToolOptions],
    ) -> ToolAnswer:
        """Call a tool and wait. After `timeout` seconds the answer is a `HostTimeout` error."""
        return self._wait(self._open_tool(tool, parameters, options), timeout)

    def validate_credentials(
        self,
        credentials: Mapping[str, Any],
        *,
        provider: str = DEFAULT_PROVIDER,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> ValidationAnswer:
        """What happens when someone saves these credentials in Dify."""
        call = Call(validation_answer, workspace=self.workspace, user_id=DEFAULT_USER)
        self._talk.send(call, validation_data(provider, credentials))
        return self._wait(call, timeout)

    def invoke_endpoint(  # noqa: PLR0913 - the parts of an HTTP request
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        settings: Mapping[str, Any] | None = None,
        *,
        workspace: Workspace | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> HostResponse:
        """One HTTP request to the plugin's endpoint at `path`, which may have a query."""
        call = Call(http_response, workspace=workspace or self.workspace, user_id="")
        data = endpoint_data(method, path, headers or {}, body, settings or {})
        self._talk.send(call, data, endpoint_id="endpoint")
        return self._wait(call, timeout)

    @property
    def _talk(self) -> Conversation:
        if self._conversation is None:
            raise HostError(HostFault.NOT_STARTED, "call start() first, or use the host in a with statement")
        return self._conversation

    def _open_tool(self, tool: str, parameters: Mapping[str, Any], options: ToolOptions) -> Call[ToolAnswer]:
        workspace = options.get("workspace", self.workspace)
        call = Call(
            tool_answer,
            workspace=workspace,
            user_id=options.get("user_id", DEFAULT_USER),
            on_message=options.get("on_message"),
        )
        self._talk.send(call, tool_data(tool, parameters, workspace, options), app_id=options.get("app_id"))
        return call

    def _wait[A](self, call: Call[A], timeout: float) -> A:
        try:
            return call.future.result(timeout)
        except TimeoutError:
            late = HostError(HostFault.TIMEOUT, f"no end of the answer after {timeout:g} s")
            self._talk.calls.abandon(call.session_id, late)
            return call.future.result()

    # A plugin calling its own tool through the platform.

    def _call_own_tool(self, request: ToolRequest, reply: Reply) -> None:
        refusal = self._own_tool_refusal(request)
        if refusal is not None:
            reply.error(f"invoke tool failed: {refusal}")
            reply.end()
            return
        future = self.submit_tool(
            request.tool,
            request.parameters,
            provider=request.provider.rpartition("/")[2],
            app_id=request.app_id,
            user_id=request.user_id,
            workspace=request.workspace,
            on_message=reply.response,
        )
        future.add_done_callback(lambda done: _end(reply, done))

    def _own_tool_refusal(self, request: ToolRequest) -> str | None:
        own = f"{self.declaration.get('author')}/{self.declaration.get('name')}/"
        if request.tool_type != "builtin":
            return f"tool type {request.tool_type!r}: a plugin's tools are of type 'builtin'"
        if not request.provider.startswith(own):
            return f"provider {request.provider!r} is not installed here; this plugin's start with {own!r}"
        if request.workspace.credentials is None:
            return f"no credentials are saved for provider {request.provider!r}"
        return None


def _end(reply: Reply, done: Future[ToolAnswer]) -> None:
    error = done.result().error
    if error is not None:
        reply.error(shown_to_caller(error))
    reply.end()
