# SPDX-License-Identifier: Apache-2.0
"""The closed list of error codes, and the one exception that carries them."""

from enum import StrEnum
from typing import Final


class ErrorCode(StrEnum):
    """Every code that a caller can meet. A code never changes its meaning."""

    BAD_PARAMETER = "bad_parameter"
    BAD_POLICY = "bad_policy"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    INVALID_TRANSITION = "invalid_transition"
    NO_HIGHER_LEVEL = "no_higher_level"
    NOT_AUTHORIZED = "not_authorized"
    NOT_DUE = "not_due"
    VERSION_CONFLICT = "version_conflict"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    MODEL_UNAVAILABLE = "model_unavailable"
    MODEL_REPLY_INVALID = "model_reply_invalid"
    RATE_LIMITED = "rate_limited"
    CIRCUIT_OPEN = "circuit_open"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    BUDGET_EXCEEDED = "budget_exceeded"
    STORE_UNAVAILABLE = "store_unavailable"
    STORE_FULL = "store_full"
    SHUTTING_DOWN = "shutting_down"


CAME_LATE: Final = frozenset({ErrorCode.INVALID_TRANSITION, ErrorCode.VERSION_CONFLICT})
"""Refusals of an event on a request that has moved on since its sender looked."""


class ApprovalError(Exception):
    """A failure with a code and a message that names the value and says what to do."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def shown(value: object, limit: int = 80) -> str:
    """`repr(value)` for an error message, cut to `limit` characters so that a huge value stays readable."""
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:limit]!r}… ({len(value):,} characters)"
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deeply, or an integer too long to write out
        return f"a {type(value).__name__} that is too deep or too long to show"
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
