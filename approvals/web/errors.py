# SPDX-License-Identifier: Apache-2.0
"""Errors over HTTP: a status, and `{"error": {"code", "message"}}`."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from approvals.errors import ApprovalError, ErrorCode
from approvals.telemetry import redact
from approvals.web.http import HttpResponse, json_response

_MESSAGE_LIMIT: Final = 2_000  # characters
_RETRY_SECONDS: Final = "5"


class HttpCode(StrEnum):
    """Codes of what can be wrong with an HTTP request alone; all other codes are those of the tools."""

    UNAUTHENTICATED = "unauthenticated"
    BAD_SIGNATURE = "bad_signature"
    REPLAYED_EVENT = "replayed_event"
    NOT_CONFIGURED = "not_configured"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    UNAVAILABLE = "unavailable"


class HttpError(Exception):
    """What a request is answered with instead of what it asked for."""

    def __init__(
        self, status: HTTPStatus, code: HttpCode, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = dict(headers or {})


class ToolsUnavailableError(HttpError):
    """A tool gave no answer; the same request may succeed later."""

    def __init__(self, message: str) -> None:
        retry = {"Retry-After": _RETRY_SECONDS}
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, HttpCode.UNAVAILABLE, message, retry)


_STATUS: Final[Mapping[str, HTTPStatus]] = {
    ErrorCode.BAD_PARAMETER: HTTPStatus.BAD_REQUEST,
    ErrorCode.BAD_POLICY: HTTPStatus.BAD_REQUEST,
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    ErrorCode.INVALID_TRANSITION: HTTPStatus.CONFLICT,
    ErrorCode.NO_HIGHER_LEVEL: HTTPStatus.CONFLICT,
    ErrorCode.NOT_AUTHORIZED: HTTPStatus.FORBIDDEN,
    ErrorCode.NOT_DUE: HTTPStatus.CONFLICT,
    ErrorCode.VERSION_CONFLICT: HTTPStatus.CONFLICT,
    ErrorCode.IDEMPOTENCY_MISMATCH: HTTPStatus.CONFLICT,
    ErrorCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.BUDGET_EXCEEDED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
    ErrorCode.MODEL_REPLY_INVALID: HTTPStatus.BAD_GATEWAY,
    ErrorCode.STORE_FULL: HTTPStatus.INSUFFICIENT_STORAGE,
}
"""The status of each code; of the others, which another try may mend, 503."""


def status_of(code: str) -> HTTPStatus:
    """The HTTP status of an error code."""
    return _STATUS.get(code, HTTPStatus.SERVICE_UNAVAILABLE)


def error_response(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """The answer to what cannot be done."""
    error = {"code": str(code), "message": redact(message)[:_MESSAGE_LIMIT]}
    return json_response(status, {"error": error}, headers)


def response_of(error: HttpError | ApprovalError) -> HttpResponse:
    """The answer that an error stands for."""
    if isinstance(error, HttpError):
        return error_response(error.status, error.code, error.message, error.headers)
    status = status_of(error.code)
    again = {"Retry-After": _RETRY_SECONDS} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return error_response(status, error.code, error.message, again)
