# SPDX-License-Identifier: Apache-2.0
"""One time limit for everything that a call to the store waits for: connect, queries, commit, pool.

A database that stops answering says nothing, and a limit set in its session may be lost behind a connection pooler,
so the limit is kept on the client's side. A context variable carries it to the drivers: every thread and every
greenlet has its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from approvals.clock import Clock

CALL_SECONDS = 10.0
"""For one call to the store, second attempts included."""


class TimeLimit:
    """A point in time by which a call to the store has ended."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.seconds = seconds
        self._clock = clock
        self._ends_at = 0.0
        self.restart()

    def restart(self) -> None:
        """Count from now."""
        self._ends_at = self._clock.monotonic() + self.seconds

    @property
    def left(self) -> float:
        """Seconds; 0 when the time is up."""
        return max(self._ends_at - self._clock.monotonic(), 0.0)

    @property
    def over(self) -> bool:
        """True when the time is up."""
        return self.left == 0

    def __repr__(self) -> str:
        return f"<TimeLimit {self.left:.3f} of {self.seconds} s left>"


_current: ContextVar[TimeLimit | None] = ContextVar("store_time_limit", default=None)


@contextmanager
def time_limit(clock: Clock, seconds: float) -> Iterator[TimeLimit]:
    """Limit what the block waits for. Within another limit this one replaces it until the block ends."""
    limit = TimeLimit(clock, seconds)
    token = _current.set(limit)
    try:
        yield limit
    finally:
        _current.reset(token)


def seconds_left(at_most: float = CALL_SECONDS) -> float:
    """How long a driver may wait now: what is left of the limit, or `at_most`, whichever is less."""
    limit = _current.get()
    return at_most if limit is None else min(limit.left, at_most)
