# SPDX-License-Identifier: Apache-2.0
"""So many places, first come, first served: whoever leaves hands over straight to who has waited longest.

`threading.Semaphore` and the queues of connection pools let a newcomer overtake those who wait. Under gevent whoever
gives a place back and asks for the next one would get it again before those who wait have been woken: they starve.
"""

import threading
from collections import deque
from threading import Lock

type Ticket = threading.Lock
"""What one waits on."""


class FifoSemaphore:
    """Works for threads and greenlets. No place is lost when one who waits gives up or is killed."""

    __slots__ = ("_lock", "_tickets", "free", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.free = size
        self._tickets: deque[Ticket] = deque()
        self._lock = Lock()

    def take(self, seconds: float) -> bool:
        """Take a place, waiting `seconds` at most. False if none came free for us by then."""
        ticket = self.take_or_queue()
        return ticket is None or self.wait(ticket, seconds)

    def take_or_queue(self) -> Ticket | None:
        """Take a place if one is free; else a ticket for `wait`, which must follow."""
        with self._lock:
            if self.free:
                self.free -= 1
                return None
            ticket = threading.Lock()
            ticket.acquire()
            self._tickets.append(ticket)
            return ticket

    def wait(self, ticket: Ticket, seconds: float) -> bool:
        """Wait for the place that the ticket stands for, which is then taken. False after `seconds`."""
        called = False
        try:
            called = ticket.acquire(timeout=seconds)
        except BaseException:  # killed while waiting, perhaps just when the place was handed over
            if not self._gave_up(ticket):
                self.give()
            raise
        return called or not self._gave_up(ticket)

    def give(self) -> None:
        """Give a place back: to who has waited longest, if anyone waits."""
        with self._lock:
            if self._tickets:
                self._tickets.popleft().release()
            else:
                self.free += 1

    def _gave_up(self, ticket: Ticket) -> bool:
        """False when the place had been handed over already, so that it is ours."""
        with self._lock:
            if ticket not in self._tickets:
                return False
            self._tickets.remove(ticket)
            return True

    @property
    def taken(self) -> int:
        return self.size - self.free

    @property
    def waiting(self) -> int:
        return len(self._tickets)
