# SPDX-License-Identifier: Apache-2.0
"""Which call a log line belongs to. Workers are reused, so whatever one call binds is cleared before the next."""

import secrets
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

_facts: Final[ContextVar[Mapping[str, str]]] = ContextVar("facts of this call")
_NONE: Final[Mapping[str, str]] = {}


@contextmanager
def call_scope(use_case: str, correlation_id: str = "") -> Iterator[str]:
    """Binds a correlation id to every log line of one call, and yields it."""
    identity = correlation_id or secrets.token_hex(8)
    _facts.set({"use_case": use_case, "correlation_id": identity, "request_id": ""})
    try:
        yield identity
    finally:
        _facts.set(_NONE)


def note(**facts: str) -> None:
    """Adds facts, such as the request id once it is known, to the log lines that follow in this call."""
    _facts.set({**_facts.get(_NONE), **facts})


def with_facts(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The step that adds them to a line, which may know better."""
    return {**_facts.get(_NONE), **event}
