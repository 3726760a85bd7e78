# SPDX-License-Identifier: Apache-2.0
"""How the last calls went: a ring that subtracts what it forgets, so that its rates cost O(1) at any size."""

from typing import NamedTuple


class Rates(NamedTuple):
    """Of `calls` calls, how many failed and how many were slow. A call can be both."""

    calls: int
    failed: int
    slow: int

    @property
    def failure_rate(self) -> float:
        """0.0 to 1.0; 0.0 without calls."""
        return self.failed / self.calls if self.calls else 0.0

    @property
    def slow_rate(self) -> float:
        """0.0 to 1.0; 0.0 without calls."""
        return self.slow / self.calls if self.calls else 0.0

    def __str__(self) -> str:
        return f"{self.failed} failed and {self.slow} slow of the last {self.calls}"


class CallWindow:
    """The last `size` calls. Not locked: its owner is."""

    __slots__ = ("_calls", "_failed", "_next", "_ring", "_slow", "_slow_seconds")

    def __init__(self, size: int, slow_seconds: float) -> None:
        """A call of `slow_seconds` or more is slow."""
        self._ring: list[tuple[bool, bool]] = [(False, False)] * size
        self._slow_seconds = slow_seconds
        self._next = 0
        self._calls = self._failed = self._slow = 0

    def record(self, *, failed: bool, seconds: float) -> None:
        """Add one call, forgetting the oldest when full."""
        slow = seconds >= self._slow_seconds
        forgotten_failed, forgotten_slow = self._ring[self._next]
        self._ring[self._next] = (failed, slow)
        self._next = (self._next + 1) % len(self._ring)
        self._calls = min(self._calls + 1, len(self._ring))
        self._failed += failed - forgotten_failed
        self._slow += slow - forgotten_slow

    def rates(self) -> Rates:
        return Rates(self._calls, self._failed, self._slow)
