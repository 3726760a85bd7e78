# SPDX-License-Identifier: Apache-2.0
"""Errors in the document: every code, and which of them come with which status."""

from http import HTTPStatus
from typing import Any, Final, NamedTuple

from approvals.errors import ErrorCode
from approvals.web.errors import HttpCode, status_of


class _Response(NamedTuple):
    """A status in the document: its name, and the codes that belong to HTTP alone."""

    name: str
    description: str
    codes: tuple[HttpCode, ...] = ()


RESPONSES: Final = {
    400: _Response(
        "BadRequest", "What was sent cannot be read; the message names the value.", (HttpCode.BAD_REQUEST,)
    ),
    401: _Response(
        "Unauthorized",
        "The token or the signature is missing or wrong.",
        (HttpCode.UNAUTHENTICATED, HttpCode.BAD_SIGNATURE),
    ),
    403: _Response(
        "Forbidden",
        "The actor may not do this, or the endpoint's settings lack what this route needs.",
        (HttpCode.NOT_CONFIGURED,),
    ),
    404: _Response("NotFound", "No request has this id, or nothing is at this path.", (HttpCode.NOT_FOUND,)),
    405: _Response(
        "MethodNotAllowed", "The path takes other methods; see Allow.", (HttpCode.METHOD_NOT_ALLOWED,)
    ),
    409: _Response(
        "Conflict",
        "The request is no longer where the caller thinks, or the id stands for something else. Nothing was changed.",
        (HttpCode.REPLAYED_EVENT,),
    ),
    413: _Response(
        "BodyTooLarge", "The body has more than the 5 MiB that Dify passes on.", (HttpCode.BODY_TOO_LARGE,)
    ),
    429: _Response("TooManyRequests", "A limit or the day's budget is used up."),
    502: _Response("BadGateway", "The model's replies cannot be used."),
    503: _Response("Unavailable", "Try again; Retry-After says when.", (HttpCode.UNAVAILABLE,)),
    504: _Response("GatewayTimeout", "The model did not answer before the deadline."),
    507: _Response("StoreFull", "The plugin's storage in this workspace is full."),
}
"""Every status of an error."""


def codes_of(status: int) -> list[str]:
    """The error codes that come with a status."""
    ours = [code.value for code in ErrorCode if status_of(code) == status]
    return sorted({*ours, *(code.value for code in RESPONSES[status].codes)})


def errors_of() -> dict[str, Any]:
    """The shape of every error."""
    codes = sorted({code for status in RESPONSES for code in codes_of(status)})
    error = {
        "type": "object",
        "properties": {
            "code": {"type": "string", "enum": codes},
            "message": {"type": "string", "description": "What was wrong, with the value, and what to do."},
        },
        "required": ["code", "message"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"error": error},
        "required": ["error"],
        "additionalProperties": False,
    }


def responses() -> dict[str, Any]:
    """The response of each status, with the codes that it may hold."""
    return {
        one.name: {
            "description": f"{one.description} Codes: {', '.join(f'`{code}`' for code in codes_of(status))}.",
            "headers": _headers(status),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for status, one in RESPONSES.items()
    }


def _headers(status: int) -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    correlation = {"X-Correlation-Id": {"required": True, **text}}
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return correlation | {"WWW-Authenticate": text}
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return correlation | {"Allow": {"required": True, **text}}
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return correlation | {"Retry-After": text}
        case _:
            return correlation
