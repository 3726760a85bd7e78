# SPDX-License-Identifier: Apache-2.0
"""A bound on how many are inside at once, first come, first served.

A connection pool's own queue is not fair: under gevent whoever gives a connection back and asks for the next one
gets it again before those who wait have been woken, and they starve.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class CrowdedError(Exception):
    """Nobody came out in time."""


class Turnstile:
    """Lets `places` in; `patience` is how many seconds one waits for a place."""

    def __init__(self, places: int, patience: float) -> None:
        self._free = places
        self._patience = patience
        self._waiting: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Turnstile {self._free} free, {len(self._waiting)} waiting>"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Hold a place while the block runs. Raises `CrowdedError`."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        called = False
        try:
            called = ticket.acquire(timeout=self._patience)
        finally:
            # Nobody called in time, or this greenlet was killed; the place may have been handed over even so.
            if not called and not self._given_up(ticket):
                self._leave()
        if not called:
            raise CrowdedError

    def _given_up(self, ticket: threading.Lock) -> bool:
        """False when the place had been handed over already."""
        with self._lock:
            if ticket not in self._waiting:
                return False
            self._waiting.remove(ticket)
            return True

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()  # the place changes hands and is never free in between
            else:
                self._free += 1
