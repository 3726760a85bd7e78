# SPDX-License-Identifier: Apache-2.0
"""The outcomes that are an HTTP status: what an endpoint says when it will not or cannot answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final

from approvals.text.json_text import json_bytes
from devkit.llm_stub.chat_call import ChatCall
from devkit.llm_stub.completion import error
from devkit.llm_stub.reply import Reply
from devkit.llm_stub.script import Outcome, Rule

_BAD_GATEWAY: Final = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a refusal may name: the call, the key that came with it, the path it came to, the time of day."""

    call: ChatCall
    key: str
    path: str
    now: datetime


def wrong_key(key: str) -> Reply:
    """401. Repeats the key: a client must not pass such a message on."""
    message = f"Incorrect API key provided: {key}." if key else "You didn't provide an API key."
    return Reply(401, json_bytes(error(message, "invalid_request_error", "invalid_api_key")))


def unknown_model(model: str) -> Reply:
    """404, with the code by which a client can tell it from a wrong path."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return Reply(404, json_bytes(error(message, "invalid_request_error", "model_not_found", "model")))


def bad_request(message: str, param: str | None = None) -> Reply:
    """400."""
    return Reply(400, json_bytes(error(message, "invalid_request_error", None, param)))


def unknown_path(method: str, path: str) -> Reply:
    """404 without the code of an unknown model."""
    message = f"Unknown request URL: {method} {path}."
    return Reply(404, json_bytes(error(message, "invalid_request_error", "unknown_url")))


def _no_json_schema(rule: Rule, asked: Asked) -> Reply | None:  # noqa: ARG001
    if asked.call.response_format != "json_schema":
        return None
    return bad_request("This response_format type is unavailable now: 'json_schema'.", "response_format")


def _too_many(rule: Rule, asked: Asked) -> Reply:
    reply = Reply(
        429, json_bytes(error("Rate limit reached for requests.", "requests", "rate_limit_exceeded"))
    )
    if rule.retry_after is None:
        return reply
    value = str(rule.retry_after)
    if rule.retry_after_as_date:
        value = format_datetime(asked.now + timedelta(seconds=rule.retry_after), usegmt=True)
    return Reply(reply.status, reply.body, headers=(("Retry-After", value),))


def _redirect(status: int) -> "Refusal":
    def refuse(rule: Rule, asked: Asked) -> Reply:
        location = f"/elsewhere{asked.path}" if rule.location is None else rule.location
        return Reply(status, b"", "text/plain", (("Location", location),))

    return refuse


def _server_error(status: int, message: str, kind: str) -> "Refusal":
    body = json_bytes(error(message, kind))
    return lambda rule, asked: Reply(status, body)  # noqa: ARG005


def _verbatim(rule: Rule, asked: Asked) -> Reply:  # noqa: ARG001
    body = rule.body.encode() if isinstance(rule.body, str) else json_bytes(rule.body)
    return Reply(rule.status, body, rule.content_type)


Refusal = Callable[[Rule, Asked], Reply | None]

REFUSALS: Final[dict[Outcome, Refusal]] = {
    Outcome.STATUS_400_RESPONSE_FORMAT: _no_json_schema,
    Outcome.STATUS_401: lambda rule, asked: wrong_key(asked.key),  # noqa: ARG005
    Outcome.STATUS_403: _server_error(403, "Your account may not use this endpoint.", "permission_error"),
    Outcome.STATUS_404_MODEL: lambda rule, asked: unknown_model(asked.call.model),  # noqa: ARG005
    Outcome.STATUS_429: _too_many,
    Outcome.STATUS_500: _server_error(500, "The server had an error.", "server_error"),
    Outcome.STATUS_502: lambda rule, asked: Reply(502, _BAD_GATEWAY, "text/html"),  # noqa: ARG005
    Outcome.STATUS_503: _server_error(503, "The engine is currently overloaded.", "service_unavailable"),
    Outcome.STATUS_529: _server_error(529, "Overloaded.", "overloaded_error"),
    Outcome.REDIRECT_302: _redirect(302),
    Outcome.REDIRECT_307: _redirect(307),
    Outcome.VERBATIM: _verbatim,
}
"""What each refuses with; None when it has nothing against this call."""
