# SPDX-License-Identifier: Apache-2.0
"""How a model wants to be asked, found by trying: OpenAI-compatible endpoints differ in what they accept.

Each model starts with the full dialect. After a refusal that names a part of the request, or that names nothing known,
the next simpler dialect is tried, and remembered if it works: only the first calls pay for finding out.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from pydantic_core import to_json

from approvals.llm.chat import ChatMessage, ChatRequest, ReplySchema
from approvals.llm.failures import Effect, FailureKind
from approvals.llm.reply import Feature, ReplyFailure
from approvals.text.json_text import json_bytes

_MOST_MODELS: Final = 256
_JSON_SCHEMA: Final = b'{"type":"json_schema","json_schema":{"name":%b,"strict":true,"schema":%b}}'
_MAY_HIDE_A_REFUSAL: Final = frozenset(
    {
        FailureKind.REQUEST_REFUSED,
        FailureKind.PATH_UNKNOWN,
        FailureKind.SERVER_ERROR,
        FailureKind.TRY_AGAIN,
    }
)
_GATEWAY_STATUSES: Final = frozenset({408, 409, 425, 502, 503, 504, 529})
"""Statuses of gateways and of overload, which no endpoint uses for a request that it does not understand."""


class ReplyFormat(StrEnum):
    """How the reply's shape is asked for, the strictest first. Whatever comes is validated all the same."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    PLAIN = "plain"


_STEP_DOWN: Final = {
    ReplyFormat.JSON_SCHEMA: ReplyFormat.JSON_OBJECT,
    ReplyFormat.JSON_OBJECT: ReplyFormat.PLAIN,
}
_SIMPLER: Final[dict[Feature | None, dict[str, Any]]] = {
    Feature.LIMIT_FIELD: {"limit_field": "max_completion_tokens"},
    Feature.TEMPERATURE: {"temperature": False},
    Feature.SYSTEM_ROLE: {"system_role": False},
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a request to a model may contain."""

    reply_format: ReplyFormat = ReplyFormat.JSON_SCHEMA
    limit_field: str = "max_tokens"
    temperature: bool = True
    system_role: bool = True

    def after(self, refusal: ReplyFailure, *, asks_for_format: bool) -> "Dialect | None":
        """The next simpler dialect that may work after `refusal` of a request in this one; None where there is none."""
        feature = refusal.feature
        if feature is None and may_be_about_the_dialect(refusal):
            feature = Feature.REPLY_FORMAT
        changes = _SIMPLER.get(feature, {})
        if feature is Feature.REPLY_FORMAT and asks_for_format:
            changes = {"reply_format": _STEP_DOWN.get(self.reply_format, self.reply_format)}
        simpler = replace(self, **changes)
        return simpler if simpler != self else None

    def body(self, request: ChatRequest) -> bytes:
        """The request's JSON body, in UTF-8."""
        encoded = json_bytes(self._own_words(request))
        wanted = self._reply_form(request.reply_schema)
        return encoded if wanted is None else b'%b,"response_format":%b}' % (encoded[:-1], wanted)

    def _own_words(self, request: ChatRequest) -> dict[str, Any]:
        """What is different in each request."""
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [
                {"role": message.role, "content": message.content}
                for message in (request.messages if self.system_role else _without_system(request.messages))
            ],
            self.limit_field: request.max_output_tokens,
        }
        if self.temperature:
            body["temperature"] = 0
        return body

    def _reply_form(self, schema: ReplySchema | None) -> bytes | None:
        """What `response_format` asks for; None for nothing."""
        if schema is None or self.reply_format is ReplyFormat.PLAIN:
            return None
        if self.reply_format is ReplyFormat.JSON_OBJECT:
            return b'{"type":"json_object"}'
        return _JSON_SCHEMA % (to_json(schema.name), schema.encoded)


def may_be_about_the_dialect(refusal: ReplyFailure) -> bool:
    """True where neither a known code nor known words say what was wrong, so that it may be the dialect."""
    verdict = refusal.verdict
    return (
        not verdict.is_certain
        and verdict.kind in _MAY_HIDE_A_REFUSAL
        and verdict.status not in _GATEWAY_STATUSES
    )


def is_about_the_request(refusal: ReplyFailure) -> bool:
    """True where the refusal names a part of the request, or is no passing trouble of the server."""
    return refusal.feature is not None or Effect.RETRY not in refusal.kind.effects


def _without_system(messages: tuple[ChatMessage, ...]) -> list[ChatMessage]:
    """The system messages at the head of the first user message, for models that know two roles alone."""
    instructions = [message.content for message in messages if message.role == "system"]
    others = [message for message in messages if message.role != "system"]
    if not instructions or not others:
        return list(messages)
    first = others[0]
    return [ChatMessage(first.role, "\n\n".join((*instructions, first.content))), *others[1:]]


class Dialects:
    """What has been learned about each model."""

    def __init__(self) -> None:
        self._learned: dict[str, Dialect] = {}
        self._doubtful: dict[str, Dialect] = {}

    def of(self, model: str) -> Dialect:
        """How to ask `model`."""
        return self._learned.get(model, _FULL)

    def worked(self, model: str, dialect: Dialect, *, sure: bool) -> None:
        """A request to `model` in `dialect` was answered. One that is not sure is remembered from its second time on.

        It is not sure where the refusal before it may have been a passing trouble of the server.
        """
        if dialect == self.of(model):
            return
        if not sure and self._doubtful.get(model) != dialect:
            _remember(self._doubtful, model, dialect)
            return
        self._doubtful.pop(model, None)
        _remember(self._learned, model, dialect)

    def __repr__(self) -> str:
        return f"Dialects({self._learned})"


def _remember(memory: dict[str, Dialect], model: str, dialect: Dialect) -> None:
    if len(memory) >= _MOST_MODELS:
        memory.clear()
    memory[model] = dialect


_FULL: Final = Dialect()
