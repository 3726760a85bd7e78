# SPDX-License-Identifier: Apache-2.0
"""The plugin's own tools as endpoints call them: through Dify, which adds the credentials of the workspace."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Protocol

import yaml
from dify_plugin.core.runtime import Session
from dify_plugin.entities.tool import ToolInvokeMessage

from approvals.dify.channel.frames import LONGEST_FRAME
from approvals.dify.inner_calls import CORRELATION_ID, vouched
from approvals.domain.terms import HowKnown
from approvals.telemetry import get_logger, redact
from approvals.text.json_text import json_bytes, json_text
from approvals.web.errors import HttpCode, HttpError, ToolsUnavailableError
from approvals.web.tools import Variables

_MANIFEST: Final = Path(__file__).parents[3] / "manifest.yaml"
_LONGEST_PARAMETERS: Final = LONGEST_FRAME - 10_000  # the rest of the frame has some hundred bytes
_OWN_WORDS: Final = re.compile(r"(?:store_unavailable|shutting_down): [^\n\"\\]{1,500}")
_NO_CREDENTIALS: Final = re.compile(
    r"credential|default provider|provider \S{1,200} not found", re.IGNORECASE
)
_UNSET: Final = (
    "authorize the plugin in Dify under Tools, since its endpoints use the credentials saved there"
)

_log = get_logger(__name__)


class CallsTools(Protocol):
    """The part of `session.tool` that is used."""

    def invoke_builtin_tool(
        self, provider: str, tool_name: str, parameters: dict[str, Any]
    ) -> Iterable[ToolInvokeMessage]: ...


@cache
def provider() -> str:
    """How Dify calls the provider of this plugin's tools: author, plugin and provider, from the manifest."""
    manifest = yaml.safe_load(_MANIFEST.read_text(encoding="utf-8"))
    return f"{manifest['author']}/{manifest['name']}/{Path(manifest['plugins']['tools'][0]).stem}"


class OwnTools:
    """`Tools` for one request to an endpoint."""

    def __init__(self, session: Session, correlation_id: str) -> None:
        self._session = session
        self._correlation_id = correlation_id

    def call(
        self, tool: str, parameters: Mapping[str, Any], known: HowKnown | None = None, message_id: str = ""
    ) -> Variables:
        given = {name: _as_text(value) for name, value in parameters.items() if value is not None}
        if known is not None:
            given = vouched(self._session, given, known, message_id)
        calls: CallsTools = self._session.tool
        asked = {**given, CORRELATION_ID: self._correlation_id}
        _require_room(asked)
        try:
            messages = list(calls.invoke_builtin_tool(provider(), tool, asked))
        except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
            raise _unavailable(tool, str(error)) from None
        for message in messages:
            if isinstance(message.message, ToolInvokeMessage.JsonMessage):
                answer = message.message.json_object
                if isinstance(answer, Mapping):
                    return answer
        raise ToolsUnavailableError(
            f"the tool {tool} answered without its variables; look at the plugin's log"
        )


def _require_room(parameters: Mapping[str, Any]) -> None:
    """Raises `body_too_large` for parameters that no frame to Dify has room for."""
    if len(json_bytes(parameters)) > _LONGEST_PARAMETERS:
        raise HttpError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HttpCode.BODY_TOO_LARGE,
            f"the request has more than the {_LONGEST_PARAMETERS:,} bytes that Dify passes on to a tool; send less, "
            "and link to what is long",
        )


def _as_text(value: object) -> str:
    """What a parameter is sent as: Dify makes text of every value in any case. Half of a surrogate pair is U+FFFD."""
    text = value if isinstance(value, str) else json_text(value)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _unavailable(tool: str, said: str) -> ToolsUnavailableError:
    """What a caller may know of a failed call. Dify's own words hold a traceback, and go nowhere but into the log."""
    _log.warning("tool call failed", tool=tool, said=redact(said)[:2_000])
    own = _OWN_WORDS.search(said)
    if own:
        return ToolsUnavailableError(own[0])
    reason = _UNSET if _NO_CREDENTIALS.search(said) else "try again in a moment; the plugin's log says why"
    return ToolsUnavailableError(f"Dify could not run the plugin's tool {tool}: {reason}")
