# SPDX-License-Identifier: Apache-2.0
"""Which call a log line belongs to. Workers are reused, so whatever one call binds is cleared before the next."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def call_scope(use_case: str, correlation_id: str = "") -> Iterator[str]:
    """Binds a correlation id to every log line of one call, and yields it."""
    structlog.contextvars.clear_contextvars()
    identity = correlation_id or secrets.token_hex(8)
    structlog.contextvars.bind_contextvars(use_case=use_case, correlation_id=identity, request_id="")
    try:
        yield identity
    finally:
        structlog.contextvars.clear_contextvars()


def note(**facts: str) -> None:
    """Adds facts, such as the request id once it is known, to the log lines that follow in this call."""
    structlog.contextvars.bind_contextvars(**facts)
