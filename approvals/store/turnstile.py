# SPDX-License-Identifier: Apache-2.0
"""A bound on how many are inside at once. A connection pool's own queue would not be fair."""

from collections.abc import Iterator
from contextlib import contextmanager

from approvals.fifo_semaphore import FifoSemaphore


class CrowdedError(Exception):
    """Nobody came out in time."""


class Turnstile:
    """Lets `places` in; `patience` is how many seconds one waits for a place."""

    def __init__(self, places: int, patience: float) -> None:
        self._places = FifoSemaphore(places)
        self._patience = patience

    def __repr__(self) -> str:
        return f"<Turnstile {self._places.free} free, {self._places.waiting} waiting>"

    @contextmanager
    def inside(self, at_most: float | None = None) -> Iterator[None]:
        """Hold a place while the block runs; wait for it `at_most` seconds if that is less. Raises `CrowdedError`."""
        patience = self._patience if at_most is None else min(self._patience, at_most)
        if not self._places.acquire(patience):
            raise CrowdedError
        try:
            yield
        finally:
            self._places.release()
