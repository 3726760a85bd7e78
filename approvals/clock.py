# SPDX-License-Identifier: Apache-2.0
"""Time as a thing that is passed in, so that a rule about time can be tested without waiting."""

import time
from datetime import UTC, datetime
from typing import Final, Protocol

SHORTEST_SLEEP: Final = 1e-6
"""Seconds that let other greenlets run. With 0, gevent would not look whether something has arrived for them."""


class Clock(Protocol):
    """What the plugin asks of time."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for deadlines and latencies."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait. Other greenlets run meanwhile."""
        ...


class SystemClock:
    """The machine's own clock."""

    monotonic = staticmethod(time.monotonic)  # as it is: one call asks for the time thirty times

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
