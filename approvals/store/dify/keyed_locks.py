# SPDX-License-Identifier: Apache-2.0
"""Locks by name inside one process: made when asked for, gone when nobody wants them, never waited for long."""

from threading import Lock
from types import TracebackType

from approvals.errors import shown
from approvals.fifo_semaphore import FifoSemaphore
from approvals.store.faults import unavailable

WAIT_SECONDS = 30.0


class NamedLocks:
    """Any number of locks; one that nobody holds takes no room. Works for threads and greenlets."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._guard = Lock()
        self._held: dict[str, FifoSemaphore | None] = {}
        """The locks that somebody holds; a line is made for the first who has to wait."""

    def hold(self, name: str) -> "_Hold":
        """Hold the lock in a `with` block, which raises `store_unavailable` when another keeps it too long.

        Freed however the block ends: by its last line, an exception, or the death of its greenlet.
        """
        return _Hold(self, name)

    def take(self, name: str) -> None:
        """Wait for the lock. For `hold`."""
        with self._guard:
            if name not in self._held:
                self._held[name] = None
                return
            place = self._held[name]
            if place is None:
                place = self._held[name] = FifoSemaphore(1)
                place.acquire_or_queue()  # for whoever holds it
            ticket = place.acquire_or_queue()
        if ticket is None:
            return
        try:
            came = place.wait(ticket, self._wait_seconds)
        except BaseException:  # killed, perhaps when the lock had just been handed over and then given back
            self._forget(name, place)
            raise
        if not came:
            raise unavailable(
                f"begin with {shown(name)}", f"another call kept it for {self._wait_seconds:g} s"
            )

    def free(self, name: str) -> None:
        """Hand the lock on. For `hold`."""
        with self._guard:
            place = self._held[name]
            if place is None:
                del self._held[name]
                return
        place.release()
        self._forget(name, place)

    def _forget(self, name: str, place: FifoSemaphore) -> None:
        """Unless somebody holds it by now."""
        with self._guard:
            if place.free and self._held.get(name) is place:
                del self._held[name]

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
