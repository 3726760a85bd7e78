# SPDX-License-Identifier: Apache-2.0
"""How a model wants to be asked. OpenAI-compatible endpoints differ in what they accept, and say so with a 400.

Each model starts with the full dialect; what it refuses by name is left out, and that is remembered, so that only
the first call pays for finding out.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from pydantic_core import to_json

from approvals.llm.chat import ChatRequest, ReplySchema
from approvals.text.json_text import json_bytes

_MOST_MODELS: Final = 256
_JSON_SCHEMA: Final = b'{"type":"json_schema","json_schema":{"name":%b,"strict":true,"schema":%b}}'
_FORMAT_WORDS: Final = ("response_format", "json_schema", "json_object", "structured output")


class ReplyFormat(StrEnum):
    """How the reply's shape is asked for, the strictest first. Whatever comes is validated all the same."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    PLAIN = "plain"


_STEP_DOWN: Final = {
    ReplyFormat.JSON_SCHEMA: ReplyFormat.JSON_OBJECT,
    ReplyFormat.JSON_OBJECT: ReplyFormat.PLAIN,
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a request to a model may contain."""

    reply_format: ReplyFormat = ReplyFormat.JSON_SCHEMA
    limit_field: str = "max_tokens"
    temperature: bool = True

    def without(self, complaint: str) -> "Dialect":
        """The next simpler dialect, if `complaint` is about something in this one; else this one."""
        text = complaint.casefold()
        if any(word in text for word in _FORMAT_WORDS):
            return replace(self, reply_format=_STEP_DOWN.get(self.reply_format, self.reply_format))
        if self.limit_field == "max_tokens" and "max_completion_tokens" in text:
            return replace(self, limit_field="max_completion_tokens")
        if "temperature" in text:
            return replace(self, temperature=False)
        return self

    def body(self, request: ChatRequest) -> bytes:
        """The request's JSON body, in UTF-8."""
        encoded = json_bytes(self._own_words(request))
        wanted = self._reply_form(request.reply_schema)
        return encoded if wanted is None else b'%b,"response_format":%b}' % (encoded[:-1], wanted)

    def _own_words(self, request: ChatRequest) -> dict[str, Any]:
        """What is different in each request."""
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
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


class Dialects:
    """What has been learned about each model."""

    def __init__(self) -> None:
        self._learned: dict[str, Dialect] = {}

    def of(self, model: str) -> Dialect:
        """How to ask `model`."""
        return self._learned.get(model, _FULL)

    def learn(self, model: str, used: Dialect, complaint: str) -> bool:
        """A request in the dialect `used` was refused with `complaint`. True when there is another way to ask."""
        simpler = used.without(complaint)
        if simpler == used:
            return False
        if self.of(model) == used:  # else another call has learned it meanwhile
            if len(self._learned) >= _MOST_MODELS:
                self._learned.clear()
            self._learned[model] = simpler
        return True

    def __repr__(self) -> str:
        return f"Dialects({self._learned})"


_FULL: Final = Dialect()
