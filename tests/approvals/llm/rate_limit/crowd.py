# SPDX-License-Identifier: Apache-2.0
"""Many callers at once: a clock that stands still until a test moves it, and threads whose order is known."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from approvals.errors import ApprovalError
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limiter import FairLimiter, Reservation

PATIENCE = 20.0


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail if that takes forever."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.0005)


class StillClock:
    """Whoever sleeps on it stays asleep until a test moves it on."""

    def __init__(self) -> None:
        self._time = 100.0
        self._moved = threading.Condition()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._time, UTC)

    def monotonic(self) -> float:
        return self._time

    def sleep(self, seconds: float) -> None:
        end = self._time + seconds
        with self._moved:
            self._moved.wait_for(lambda: self._time >= end, PATIENCE)

    def move_on(self, seconds: float) -> None:
        with self._moved:
            self._time += seconds
            self._moved.notify_all()


class Crowd:
    """Threads that reserve, in a known order, and what became of each."""

    def __init__(self, limiter: FairLimiter, clock: StillClock) -> None:
        self.limiter = limiter
        self.clock = clock
        self.served: list[str] = []
        self.refused: dict[str, ApprovalError] = {}
        self.reservations: dict[str, Reservation] = {}
        self._threads: list[threading.Thread] = []

    def join(self, name: str, tokens: int, seconds: float = 600) -> None:
        """One more caller, who stands in line (or is through) when this returns."""
        before = self.limiter.snapshot().waiting + self.done
        thread = threading.Thread(target=self._reserve, args=(name, tokens, seconds), daemon=True)
        self._threads.append(thread)
        thread.start()
        until(lambda: self.limiter.snapshot().waiting + self.done > before)

    def _reserve(self, name: str, tokens: int, seconds: float) -> None:
        try:
            self.reservations[name] = self.limiter.reserve(tokens, Deadline(self.clock, seconds))
        except ApprovalError as error:
            self.refused[name] = error
        else:
            self.served.append(name)

    @property
    def done(self) -> int:
        return len(self.served) + len(self.refused)

    def after(self, seconds: float, done: int) -> list[str]:
        """Who has been served when the clock has moved on by so much and `done` callers have their answer."""
        self.clock.move_on(seconds)
        until(lambda: self.done >= done)
        return self.served

    def go_home(self) -> None:
        """Let time fly until everyone has an answer."""

        def everyone_has_gone() -> bool:
            self.clock.move_on(60)
            return not any(thread.is_alive() for thread in self._threads)

        until(everyone_has_gone)
