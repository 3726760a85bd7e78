# SPDX-License-Identifier: Apache-2.0
"""A bound on how many run at once: first come, first served, and nobody waits past the deadline.

`threading.Semaphore` lets a newcomer overtake those who wait, so a waiter can be starved; here a place is handed
from the one who leaves straight to the one who has waited longest.
"""

import threading
from collections import deque

from approvals.brief_lock import BriefLock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.deadline import Deadline


class _Waiter:
    __slots__ = ("admitted", "wake")

    def __init__(self) -> None:
        self.admitted = False
        self.wake = threading.Lock()
        self.wake.acquire()


class Gate:
    """At most `size` inside at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._inside = 0
        self._waiting: deque[_Waiter] = deque()
        self._lock = BriefLock()

    def enter(self, deadline: Deadline) -> None:
        """Go in, waiting in line if need be. Raises `deadline_exceeded`."""
        with self._lock:
            if self._inside < self.size:
                self._inside += 1
                return
            waiter = _Waiter()
            self._waiting.append(waiter)
        try:
            waiter.wake.acquire(timeout=deadline.remaining())
        except BaseException:  # a greenlet may be killed while it waits: its place must not be lost
            if not self._give_up(waiter):
                self.leave()
            raise
        if waiter.admitted:
            return
        if self._give_up(waiter):
            raise ApprovalError(
                ErrorCode.DEADLINE_EXCEEDED,
                f"All {self.size} connections to the model were busy until the deadline of "
                f"{deadline.seconds:g} s. Try again, or raise max_concurrency or deadline_seconds.",
            )

    def leave(self) -> None:
        """Make room: for the one who has waited longest, if anyone waits."""
        with self._lock:
            if self._waiting:
                waiter = self._waiting.popleft()
                waiter.admitted = True
                waiter.wake.release()
            else:
                self._inside -= 1

    def _give_up(self, waiter: _Waiter) -> bool:
        """Stop waiting. False when a place came in that very moment, which is now ours to use or pass on."""
        with self._lock:
            if not waiter.admitted:
                self._waiting.remove(waiter)
                return True
        return False

    @property
    def inside(self) -> int:
        return self._inside

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def __repr__(self) -> str:
        return f"Gate({self._inside} of {self.size} inside, {len(self._waiting)} waiting)"
