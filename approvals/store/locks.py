# SPDX-License-Identifier: Apache-2.0
"""Locks by name inside one process: made when asked for, gone when nobody wants them, never waited for long."""

import threading
from collections import deque
from types import TracebackType

from approvals.brief_lock import BriefLock
from approvals.errors import shown
from approvals.store.faults import unavailable

WAIT_SECONDS = 30.0


class NamedLocks:
    """Any number of locks; one that nobody holds takes no room. Works for threads and greenlets.

    A lock goes straight from its holder to who has waited longest. One that is free costs a look into a dict.
    """

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._guard = BriefLock()
        self._held: dict[str, deque[threading.Lock]] = {}

    def hold(self, name: str) -> "_Hold":
        """Hold the lock in a `with` block, which raises `store_unavailable` when another keeps it too long.

        Freed however the block ends: by its last line, an exception, or the death of its greenlet.
        """
        return _Hold(self, name)

    def take(self, name: str) -> None:
        """Wait for the lock. For `hold`."""
        with self._guard:
            waiting = self._held.get(name)
            if waiting is None:
                self._held[name] = deque()
                return
            ticket = threading.Lock()
            ticket.acquire()
            waiting.append(ticket)
        called = False
        try:
            called = ticket.acquire(timeout=self._wait_seconds)
        finally:
            # Nobody called in time, or this greenlet was killed; the lock may have been handed over even so.
            if not called and not self._gave_up(waiting, ticket):
                self.free(name)
        if not called:
            raise unavailable(
                f"begin with {shown(name)}", f"another call kept it for {self._wait_seconds:g} s"
            )

    def free(self, name: str) -> None:
        """Hand the lock on. For `hold`."""
        with self._guard:
            waiting = self._held[name]
            if waiting:
                waiting.popleft().release()
            else:
                del self._held[name]

    def _gave_up(self, waiting: deque[threading.Lock], ticket: threading.Lock) -> bool:
        """False when the lock had been handed over already."""
        with self._guard:
            if ticket not in waiting:
                return False
            waiting.remove(ticket)
            return True

    def __repr__(self) -> str:
        return f"NamedLocks({len(self._held)} in use)"


class _Hold:
    """One holding of one lock."""

    __slots__ = ("_locks", "_name")

    def __init__(self, locks: NamedLocks, name: str) -> None:
        self._locks = locks
        self._name = name

    def __enter__(self) -> None:
        self._locks.take(self._name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._locks.free(self._name)
