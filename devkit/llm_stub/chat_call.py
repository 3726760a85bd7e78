# SPDX-License-Identifier: Apache-2.0
"""A chat completion as it was asked for, read from the body of a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devkit.lenient_json import decoded


class BadCallError(Exception):
    """The body is no chat completion; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ChatCall:
    """What matters of the call. `document` is the JSON document among the messages, or None."""

    model: str
    contents: tuple[str, ...]
    document: Mapping[str, Any] | None
    response_format: str
    """The type, such as `json_schema`; empty without one."""
    fields: frozenset[str] = frozenset()
    """The names of the body's fields."""

    @classmethod
    def read(cls, body: bytes) -> "ChatCall":
        """Raises `BadCallError`."""
        try:
            call = decoded(body)
        except (ValueError, RecursionError):
            raise BadCallError("the body is not JSON") from None
        if not isinstance(call, dict) or not isinstance(call.get("model"), str):
            raise BadCallError("you must provide a model parameter")
        messages = call.get("messages")
        if not isinstance(messages, list) or not messages:
            raise BadCallError("you must provide a messages parameter with at least one message")
        if call.get("stream"):
            raise BadCallError("this endpoint does not stream; leave `stream` out")
        wanted = call.get("response_format")
        return cls(
            model=call["model"],
            contents=tuple(_content(message) for message in messages),
            document=_document(messages),
            response_format=str(wanted.get("type", "")) if isinstance(wanted, dict) else "",
            fields=frozenset(call),
        )

    @property
    def requests(self) -> Sequence[Mapping[str, Any]]:
        """The requests to be analysed; empty when the messages hold none."""
        found = self.document.get("requests") if self.document else None
        return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []

    @property
    def text(self) -> str:
        """What people wrote: the content of every request, or all messages when there are none."""
        return "\n".join([str(entry.get("content", "")) for entry in self.requests] or self.contents)


def _content(message: object) -> str:
    """A message's text; content may also come in parts."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _document(messages: Sequence[object]) -> Mapping[str, Any] | None:
    """The first user message that is a document of requests; a re-ask adds messages after it.

    Instructions may stand before the document, for models without a system role.
    """
    for message in messages:
        if not isinstance(message, dict) or message.get("role") != "user":
            continue
        try:
            content = _content(message)
            document = decoded(content[max(content.find('{"requests"'), 0) :])
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict) and "requests" in document:
            return document
    return None
