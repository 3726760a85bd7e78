# SPDX-License-Identifier: Apache-2.0
"""Locks by name inside one process: made when asked for, gone when nobody wants them, never waited for long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from approvals.errors import shown
from approvals.store.faults import unavailable

WAIT_SECONDS = 30.0


@dataclass(slots=True)
class _Named:
    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class NamedLocks:
    """Any number of locks; one that nobody holds or waits for takes no room. Works for threads and greenlets."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._guard = threading.Lock()
        self._named: dict[str, _Named] = {}

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold the lock. Raises `store_unavailable` when another keeps it too long.

        Freed however the block ends: by its last line, an exception, or the death of its greenlet.
        """
        with self._guard:
            named = self._named.setdefault(name, _Named())
            named.users += 1
        try:
            if not named.lock.acquire(timeout=self._wait_seconds):
                raise unavailable(
                    f"begin with {shown(name)}", f"another call kept it for {self._wait_seconds:g} s"
                )
            try:
                yield
            finally:
                named.lock.release()
        finally:
            with self._guard:
                named.users -= 1
                if not named.users:
                    del self._named[name]

    def __repr__(self) -> str:
        return f"NamedLocks({len(self._named)} in use)"
