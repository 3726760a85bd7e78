# SPDX-License-Identifier: Apache-2.0
"""A store whose operations are timed."""

import time
from collections.abc import Callable
from typing import Any, Protocol, cast

from approvals.errors import ApprovalError, ErrorCode
from approvals.store.protocol import ApprovalStore

_FAILURES = frozenset({ErrorCode.STORE_UNAVAILABLE, ErrorCode.STORE_FULL})


class Listener(Protocol):
    """Hears of every operation; must neither raise nor block."""

    def __call__(self, operation: str, seconds: float, *, failed: bool) -> None: ...


def timed(store: ApprovalStore, listener: Listener) -> ApprovalStore:
    """The same store; `listener` hears of each operation when it ends."""
    return cast("ApprovalStore", _Timed(store, listener))


class _Timed:
    """Passes every operation on, whatever operations a store has."""

    def __init__(self, store: ApprovalStore, listener: Listener) -> None:
        self._store = store
        self._listener = listener

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)
        if not callable(operation):
            return operation
        measured = _measured(operation, name, self._listener)
        setattr(self, name, measured)  # looked up once for each call that a service is made for
        return measured

    def __repr__(self) -> str:
        return f"timed {self._store!r}"


def _measured(operation: Callable[..., Any], name: str, listener: Listener) -> Callable[..., Any]:
    def measured(*given: Any, **named: Any) -> Any:
        started, failed = time.perf_counter(), False
        try:
            return operation(*given, **named)
        except ApprovalError as error:
            failed = error.code in _FAILURES
            raise
        finally:
            listener(name, time.perf_counter() - started, failed=failed)

    return measured
