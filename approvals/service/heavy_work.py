# SPDX-License-Identifier: Apache-2.0
"""Lets long texts be examined one at a time, with a pause after each, so that the calls of others go on between them.

All calls share one thread. Thirty greenlets that each look through a long text would run one after the other, and
whoever waits for an answer of the storage would wait for all of them, at each step anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from approvals.clock import Clock

LONG: Final = 4_000
"""Characters from which on a text is worth a turn."""
PAUSE: Final = 0.2
"""Part of the time that the work took. Others, who wait for the storage several times, go on by more than one step."""
_LEAST_SECONDS: Final = 1e-6  # with 0 gevent would not look whether something has arrived for the others


class HeavyWork:
    """The turns of one process. Must not be held while something is waited for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()

    @contextmanager
    def turn(self, characters: int) -> Iterator[None]:
        """Around work on a text of this length."""
        if characters < LONG:
            yield
            return
        with self._lock:
            began = self._clock.monotonic()
            try:
                yield
            finally:
                took = self._clock.monotonic() - began
                self._clock.sleep(max(_LEAST_SECONDS, PAUSE * took))
