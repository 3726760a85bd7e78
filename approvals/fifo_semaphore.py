# SPDX-License-Identifier: Apache-2.0
"""A FIFO semaphore that hands a freed slot to the longest waiter.

`threading.Semaphore` and the queues of connection pools let a newcomer overtake waiters. Under gevent a caller that
releases a slot and acquires the next one would get it again before any waiter has been woken: waiters starve.
"""

import threading
from collections import deque
from threading import Lock

type Ticket = threading.Lock
"""The lock that one waiter blocks on."""


class FifoSemaphore:
    """Works for threads and greenlets. No slot is lost when a waiter gives up or is killed."""

    __slots__ = ("_free", "_lock", "_tickets", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = size
        self._tickets: deque[Ticket] = deque()
        self._lock = Lock()

    def acquire(self, seconds: float) -> bool:
        """Acquire a slot, blocking for at most `seconds`. False if none was freed for this caller by then."""
        ticket = self.acquire_or_queue()
        return ticket is None or self.wait(ticket, seconds)

    def acquire_or_queue(self) -> Ticket | None:
        """Acquire a free slot and return None, else return a ticket for `wait`, which must follow."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return None
            ticket = threading.Lock()
            ticket.acquire()
            self._tickets.append(ticket)
            return ticket

    def wait(self, ticket: Ticket, seconds: float) -> bool:
        """Block until the slot of the ticket has been acquired. False after `seconds`."""
        woken = False
        try:
            woken = ticket.acquire(timeout=seconds)
        except BaseException:  # killed while waiting, perhaps just when the slot was handed over
            if not self._gave_up(ticket):
                self.release()
            raise
        return woken or not self._gave_up(ticket)

    def release(self) -> None:
        """Free a slot: the longest waiter gets it, if there is one."""
        with self._lock:
            self._free += 1
            self._hand_over()

    def resize(self, size: int) -> None:
        """Have `size` slots from now on; slots in use beyond that are not replaced when they are released."""
        with self._lock:
            self._free += size - self.size
            self.size = size
            self._hand_over()

    def _hand_over(self) -> None:
        """Give free slots to those who wait. Called with the lock held."""
        while self._tickets and self._free > 0:
            self._free -= 1
            self._tickets.popleft().release()

    def _gave_up(self, ticket: Ticket) -> bool:
        """False when the slot had been handed over already, so that this caller holds it."""
        with self._lock:
            if ticket not in self._tickets:
                return False
            self._tickets.remove(ticket)
            return True

    @property
    def free(self) -> int:
        return max(0, self._free)

    @property
    def in_use(self) -> int:
        return self.size - self._free

    @property
    def waiting(self) -> int:
        return len(self._tickets)
