# SPDX-License-Identifier: Apache-2.0
"""What the plugin asks of the platform during a call: its storage, and other tools."""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from devkit.host.answers import HostError
from devkit.host.calls import Call, Workspace
from devkit.host.frames import BackwardsEvent, backwards_line
from devkit.host.storage import HostStorage, StorageRefusedError

_GATEWAY_THREADS = 32

_SHOWN_PLAINLY = frozenset({
    "InvokeRateLimitError", "InvokeAuthorizationError", "InvokeBadRequestError",
    "InvokeConnectionError", "InvokeServerUnavailableError", "CredentialsValidateFailedError",
})  # fmt: skip
"""Errors of a plugin whose message Dify passes on alone; of any other it passes on everything."""


class Asked(StrEnum):
    """The kinds of call that this host answers."""

    STORAGE = "storage"
    TOOL = "tool"


_KINDS = frozenset(Asked)


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A `session.tool` call. `provider` is what the plugin wrote, in Dify `author/plugin/provider`."""

    tool_type: str
    provider: str
    tool: str
    parameters: dict[str, Any]
    credential_id: str | None
    app_id: str | None
    user_id: str
    workspace: Workspace = field(repr=False)


ToolGateway = Callable[[ToolRequest], Iterable[Mapping[str, Any]]]
"""Answers a `session.tool` call with tool messages, as `ToolAnswer.messages` holds them. Raises to refuse."""


class Reply:
    """The answer to one call of the plugin, sent line by line."""

    __slots__ = ("_request_id", "_send", "_session_id")

    def __init__(self, session_id: str, request_id: str, send: Callable[[bytes], None]) -> None:
        self._session_id, self._request_id, self._send = session_id, request_id, send

    def response(self, data: Mapping[str, Any], message: str = "stream") -> None:
        """One piece of the answer."""
        self._line(BackwardsEvent.RESPONSE, message=message, data=data)

    def error(self, message: str) -> None:
        """A refusal; the SDK raises it as a plain `Exception` with this text."""
        self._line(BackwardsEvent.ERROR, message=message)

    def end(self) -> None:
        """Nothing follows."""
        self._line(BackwardsEvent.END)

    def _line(self, event: BackwardsEvent, **parts: Any) -> None:
        self._send(backwards_line(self._session_id, self._request_id, event, **parts))


class Permissions:
    """What the manifest lets the plugin ask for; the daemon checks it at each call."""

    def __init__(self, declaration: Mapping[str, Any]) -> None:
        resource = declaration.get("resource") or {}
        granted = resource.get("permission") or {}
        self._granted = {kind for kind in Asked if (granted.get(kind) or {}).get("enabled")}
        self.storage_bytes: int | None = (granted.get("storage") or {}).get("size")

    def refusal(self, kind: str) -> str | None:
        """Why a call of this kind is refused, or None."""
        if kind not in _KINDS:
            return f"unsupported invoke type: {kind} (this host answers {' and '.join(Asked)})"
        if kind not in self._granted:
            return f"permission denied, you need to enable {kind} access in plugin manifest"
        return None


class Platform:
    """Answers the plugin's calls: storage at once, tools when the gateway or the plugin itself has answered.

    `own_tool(request, reply)` is the way without a gateway; it must not wait.
    """

    def __init__(self, gateway: ToolGateway | None, own_tool: Callable[[ToolRequest, Reply], None]) -> None:
        self._gateway = gateway
        self._own_tool = own_tool
        self._pool = ThreadPoolExecutor(_GATEWAY_THREADS, "tool-gateway") if gateway else None

    def close(self) -> None:
        """Start nothing more."""
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def answer(
        self,
        call: Call[Any],
        asked: Mapping[str, Any],
        permissions: Permissions,
        *,
        now: Callable[[bytes], None],
        later: Callable[[bytes], None],
    ) -> None:
        """Answer one `invoke` line. `now` takes lines in the reading thread, `later` from any thread.

        Raises `StorageCutError` when the storage says that the plugin has to die here.
        """
        kind, request_id, request = asked["type"], asked["backwards_request_id"], asked["request"]
        refusal = permissions.refusal(kind)
        if refusal is None and kind == Asked.TOOL:
            self._ask_tool(_tool_request(call, request), Reply(call.session_id, request_id, later))
            return
        reply = Reply(call.session_id, request_id, now)
        if refusal is None:
            _ask_storage(call.workspace.storage, request, permissions.storage_bytes, reply)
        else:
            reply.error(refusal)
        reply.end()

    def _ask_tool(self, request: ToolRequest, reply: Reply) -> None:
        if self._pool:
            self._pool.submit(self._ask_gateway, request, reply)
        else:
            self._own_tool(request, reply)

    def _ask_gateway(self, request: ToolRequest, reply: Reply) -> None:
        assert self._gateway is not None  # noqa: S101 - there is a pool
        try:
            for message in self._gateway(request):
                reply.response(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the plugin has to be told
            reply.error(f"invoke tool failed: {error}")
        reply.end()


def _ask_storage(
    storage: HostStorage, request: Mapping[str, Any], declared_quota: int | None, reply: Reply
) -> None:
    try:
        answer = storage.answer(request, declared_quota)
    except StorageRefusedError as error:
        reply.error(str(error))
    else:
        reply.response(answer, "struct")


def shown_to_caller(error: HostError) -> str:
    """How a failed tool call reaches the plugin that asked for it."""
    if error.error_type in _SHOWN_PLAINLY:
        text = error.message
    else:
        whole = {"error_type": error.error_type, "message": error.message, "args": error.error_args}
        text = f"PluginInvokeError: {json.dumps(whole)}"
    return f"read tool response failed: request failed: {text}"


def _tool_request(call: Call[Any], request: Mapping[str, Any]) -> ToolRequest:
    return ToolRequest(
        tool_type=str(request.get("tool_type")),
        provider=str(request.get("provider")),
        tool=str(request.get("tool")),
        parameters=dict(request.get("tool_parameters") or {}),
        credential_id=request.get("credential_id"),
        app_id=request.get("app_id"),
        user_id=call.user_id,
        workspace=call.workspace,
    )
