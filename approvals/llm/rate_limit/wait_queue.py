# SPDX-License-Identifier: Apache-2.0
"""A line of callers, first come, first served.

Only the first one asks the budget, so no small call overtakes a large one. Each of the others waits on a lock of
its own, and is turned away as soon as it is clear that its deadline cannot be met.
"""

import threading
from collections import deque
from collections.abc import Callable
from threading import Lock

from approvals.errors import ApprovalError
from approvals.llm.deadline import Deadline


class Place:
    """Where one caller stands."""

    __slots__ = ("_wake", "deadline", "refusal", "tokens")

    def __init__(self, tokens: int, deadline: Deadline) -> None:
        self.tokens = tokens
        self.deadline = deadline
        self.refusal: ApprovalError | None = None
        self._wake: threading.Lock | None = None

    def stand(self) -> None:
        """Not the first: there will be a call to wait for."""
        self._wake = threading.Lock()
        self._wake.acquire()

    def call(self) -> None:
        """Wake its caller. Done once: a place leaves the line when it is refused, and is first only once."""
        if self._wake is not None:
            self._wake.release()

    def wait(self) -> bool:
        """Sleep until called, False if the deadline came first."""
        return self._wake is None or self._wake.acquire(timeout=self.deadline.remaining())


Refuse = Callable[[int, int, Place], ApprovalError | None]
"""(requests and tokens between the first in line and it, the place) -> why it cannot be served, or None."""


class Line:
    """Callers in the order in which they came."""

    def __init__(self) -> None:
        self._places: deque[Place] = deque()
        self._lock = Lock()

    def join(self, place: Place) -> None:
        """Stand at the end. Whoever finds the line empty need not wait."""
        with self._lock:
            if self._places:
                place.stand()
            self._places.append(place)

    def leave(self, place: Place) -> None:
        """Go, served or not; if it was the first, the next is called."""
        with self._lock:
            if place not in self._places:
                return
            was_first = self._places[0] is place
            self._places.remove(place)
            if was_first and self._places:
                self._places[0].call()

    def turn_away(self, refuse: Refuse) -> None:
        """Let go everyone behind the first for whom there is no hope; those who stay count as ahead."""
        with self._lock:
            if len(self._places) < 2:  # noqa: PLR2004 - the first one alone
                return
            first, *behind = self._places
            staying = [first]
            tokens = 0
            for place in behind:
                place.refusal = refuse(len(staying) - 1, tokens, place)
                if place.refusal is None:
                    staying.append(place)
                    tokens += place.tokens
                else:
                    place.call()
            self._places = deque(staying)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return f"Line({len(self)} waiting)"
