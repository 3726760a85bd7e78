# SPDX-License-Identifier: Apache-2.0
"""Greenlets that serve one request after another, as many as were ever needed at a time.

A new greenlet for each request would map its stack and hand it back every time; the SDK's thread pool keeps its
workers too, but makes a future for each request, which nobody reads.
"""

from collections.abc import Callable
from typing import Final

import gevent
from gevent.queue import SimpleQueue

MOST: Final = 1_000
"""As the SDK has it: more requests at a time wait for one of these."""


class Workers[Request]:
    """Calls `serve` with each request. A worker in which it raises is gone, and gevent reports it."""

    def __init__(self, serve: Callable[[Request], None], most: int = MOST) -> None:
        self._serve = serve
        self._most = most
        self._requests: SimpleQueue[Request] = SimpleQueue()
        self._count = 0
        self._spare = 0
        """Workers that wait, less requests that wait."""

    def start(self, request: Request) -> None:
        """Have a request served, soon."""
        if self._spare <= 0 and self._count < self._most:
            self._count += 1
            gevent.spawn(self._work, request)
        else:
            self._spare -= 1
            self._requests.put(request)

    def _work(self, request: Request) -> None:
        try:
            while True:
                self._serve(request)
                self._spare += 1
                request = self._requests.get()
        finally:
            self._count -= 1

    def __repr__(self) -> str:
        return f"Workers({self._count} of at most {self._most}, {max(0, self._spare)} idle)"
