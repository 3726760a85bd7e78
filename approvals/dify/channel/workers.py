# SPDX-License-Identifier: Apache-2.0
"""Greenlets that serve one request after another, as many as were ever needed at a time.

A new greenlet for each request would map its stack and hand it back every time; the SDK's thread pool keeps its
workers too, but makes a future for each request, which nobody reads. Who has worked last works next: after a rush the
few who are needed stay warm, and the others rest.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import gevent
from gevent.hub import Waiter

MOST: Final = 1_000
"""As the SDK has it: more requests at a time wait for one of these."""


class Workers[Request]:
    """Calls `serve` with each request. A worker in which it raises is gone, and gevent reports it."""

    def __init__(self, serve: Callable[[Request], None], most: int = MOST) -> None:
        self._serve = serve
        self._most = most
        self._count = 0
        self._idle: list[Waiter[Request]] = []
        self._waiting: deque[Request] = deque()
        """Requests for which there is no worker; empty while anyone is idle."""

    def start(self, request: Request) -> None:
        """Have a request served, soon."""
        if self._idle:
            gevent.get_hub().loop.run_callback(self._idle.pop().switch, request)
        elif self._count < self._most:
            self._count += 1
            gevent.spawn(self._work, request)
        else:
            self._waiting.append(request)

    def _work(self, request: Request) -> None:
        try:
            while True:
                self._serve(request)
                request = self._waiting.popleft() if self._waiting else self._next()
        finally:
            self._count -= 1
            if self._waiting:
                self.start(self._waiting.popleft())

    def _next(self) -> Request:
        """Rest until there is work."""
        waiter: Waiter[Request] = Waiter()
        self._idle.append(waiter)
        try:
            return waiter.get()
        except BaseException:  # killed: nobody may hand it a request any more
            if waiter in self._idle:
                self._idle.remove(waiter)
            raise

    def __repr__(self) -> str:
        return f"Workers({self._count} of at most {self._most}, {len(self._idle)} idle)"
