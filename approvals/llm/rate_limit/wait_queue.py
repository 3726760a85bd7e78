# SPDX-License-Identifier: Apache-2.0
"""A FIFO queue of callers that wait for the token bucket.

Only the first caller asks the bucket, so a small call cannot overtake a large one. Each other caller waits on a lock
of its own, and is rejected as soon as it is clear that its deadline cannot be met.
"""

import threading
from collections import deque
from collections.abc import Callable
from threading import Lock

from approvals.errors import ApprovalError
from approvals.llm.deadline import Deadline


class Waiter:
    """One caller in the queue."""

    __slots__ = ("_lock", "deadline", "refusal", "tokens")

    def __init__(self, tokens: int, deadline: Deadline) -> None:
        self.tokens = tokens
        self.deadline = deadline
        self.refusal: ApprovalError | None = None
        self._lock: threading.Lock | None = None

    def block(self) -> None:
        """Make `wait` block until `wake`. For callers that are not the first."""
        self._lock = threading.Lock()
        self._lock.acquire()

    def wake(self) -> None:
        """Let `wait` return. Called once: a waiter leaves when rejected, and becomes the first only once."""
        if self._lock is not None:
            self._lock.release()

    def wait(self) -> bool:
        """Block until woken. False if the deadline passed first."""
        return self._lock is None or self._lock.acquire(timeout=self.deadline.remaining())


Refuse = Callable[[int, int, Waiter], ApprovalError | None]
"""(requests and tokens queued between the first waiter and this one, the waiter) -> the refusal, or None."""


class WaitQueue:
    """Waiters in the order of their arrival."""

    def __init__(self) -> None:
        self._waiters: deque[Waiter] = deque()
        self._lock = Lock()

    def join(self, waiter: Waiter) -> None:
        """Append. The first waiter does not block."""
        with self._lock:
            if self._waiters:
                waiter.block()
            self._waiters.append(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Remove a waiter, served or not. If it was the first, wake the next."""
        with self._lock:
            if waiter not in self._waiters:
                return
            was_first = self._waiters[0] is waiter
            self._waiters.remove(waiter)
            if was_first and self._waiters:
                self._waiters[0].wake()

    def reject(self, refuse: Refuse) -> None:
        """Reject queued callers whose deadline cannot be met. Those who stay count as ahead of later ones."""
        with self._lock:
            if len(self._waiters) < 2:  # noqa: PLR2004 - only the first
                return
            first, *behind = self._waiters
            staying = [first]
            tokens = 0
            for waiter in behind:
                waiter.refusal = refuse(len(staying) - 1, tokens, waiter)
                if waiter.refusal is None:
                    staying.append(waiter)
                    tokens += waiter.tokens
                else:
                    waiter.wake()
            self._waiters = deque(staying)

    def __len__(self) -> int:
        return len(self._waiters)

    def __repr__(self) -> str:
        return f"WaitQueue({len(self)} waiting)"
