# SPDX-License-Identifier: Apache-2.0
"""Which call a log line belongs to. Workers are reused, so whatever one call binds is cleared before the next."""

import re
import secrets
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final

_facts: Final[ContextVar[Mapping[str, str]]] = ContextVar("facts of this call")
_NONE: Final[Mapping[str, str]] = {}
_CORRELATION_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+=-]{0,127}")


def correlation_id_from(given: object) -> str:
    """A caller's correlation id where it is one word of at most 128 plain characters; "" for anything else.

    It goes into log lines and headers, so that a line break or a quote in it could forge others.
    """
    return given if isinstance(given, str) and _CORRELATION_ID.fullmatch(given) else ""


def correlation_id() -> str:
    """The correlation id of the call that is under way; "" outside of one."""
    return _facts.get(_NONE).get("correlation_id", "")


class call_scope:  # noqa: N801 - used as a function is, and quicker than one
    """Binds a correlation id to every log line of one call, in a `with` block, and gives it."""

    __slots__ = ("_identity", "_use_case")

    def __init__(self, use_case: str, correlation_id: str = "") -> None:
        self._use_case = use_case
        self._identity = correlation_id or secrets.token_hex(8)

    def __enter__(self) -> str:
        _facts.set({"use_case": self._use_case, "correlation_id": self._identity, "request_id": ""})
        return self._identity

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _facts.set(_NONE)


def note(**facts: str) -> None:
    """Adds facts, such as the request id once it is known, to the log lines that follow in this call."""
    _facts.set({**_facts.get(_NONE), **facts})


def with_facts(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The step that adds them to a line, which may know better."""
    return {**_facts.get(_NONE), **event}
