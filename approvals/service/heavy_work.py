# SPDX-License-Identifier: Apache-2.0
"""Lets long texts be examined one at a time and in slices, so that the calls of others go on between them.

All calls share one thread. Thirty greenlets that each look through a long text would run one after the other, and
whoever waits for an answer of the storage would wait for all of them, at each step anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from approvals.clock import SHORTEST_SLEEP, Clock

LONG: Final = 4_000
"""Characters from which on a text is worth a turn."""
SLICE_SECONDS: Final = 0.01
"""So long a text is worked on before the others are let in."""
PAUSE: Final = 0.2
"""Part of the time that the work took. Others, who wait for the storage several times, go on by more than one step."""


class HeavyWork:
    """The turns of one process. Nothing else must be waited for during a turn."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()

    @contextmanager
    def turn(self, characters: int) -> Iterator[Callable[[], None]]:
        """Around work on a text of this length, which calls what it is given after each small step."""
        if characters < LONG:
            yield lambda: None
            return
        with self._lock:
            slices = _Slices(self._clock)
            try:
                yield slices.step_done
            finally:
                slices.pause()


class _Slices:
    """Pauses when a slice has been worked on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()

    def step_done(self) -> None:
        """Pause if the slice is full."""
        if self._clock.monotonic() - self._began >= SLICE_SECONDS:
            self.pause()

    def pause(self) -> None:
        """Let others go on, in proportion to the time that the slice took."""
        took = self._clock.monotonic() - self._began
        self._clock.sleep(max(SHORTEST_SLEEP, PAUSE * took))
        self._began = self._clock.monotonic()
