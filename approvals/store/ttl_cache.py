# SPDX-License-Identifier: Apache-2.0
"""A bounded memory of what happened last."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from approvals.clock import Clock

# The platform's cache keeps a value for five minutes; twice that leaves room for clocks and slow calls.
REMEMBER_SECONDS = 600.0


class Recent[K, V]:
    """The last things put, for `seconds` and while their weights (1 each, unless told) add up to `capacity`."""

    def __init__(
        self, clock: Clock, *, capacity: int, seconds: float, weigh: Callable[[V], int] | None = None
    ) -> None:
        self._clock = clock
        self._capacity = capacity
        self._seconds = seconds
        self._weigh = weigh
        self._weight = 0
        self._guard = Lock()
        self._items: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._look_again = 0.0
        """Until then nothing is too old."""

    def get(self, key: K) -> V | None:
        """What was put last under `key`; None when that was too long ago."""
        item = self._items.get(key)
        if item is None or item[0] + self._seconds < self._clock.monotonic():
            return None
        return item[1]

    def put(self, key: K, value: V) -> None:
        """Remember a value in place of an older one."""
        now = self._clock.monotonic()
        with self._guard:
            if key in self._items:
                self._forget(key)
            self._items[key] = (now, value)
            self._weight += self._weigh(value) if self._weigh else 1
            if self._weight > self._capacity or now > self._look_again:
                self._forget_oldest(now)

    def drop(self, key: K) -> None:
        """Forget a value; nothing happens when there is none."""
        with self._guard:
            self._forget(key)

    def _forget_oldest(self, now: float) -> None:
        """What is too old, and as many more as are too much."""
        while self._items:
            oldest, (at, _) = next(iter(self._items.items()))
            if self._weight <= self._capacity and at + self._seconds >= now:
                self._look_again = at + self._seconds
                break
            self._forget(oldest)

    def _forget(self, key: K) -> None:
        item = self._items.pop(key, None)
        if item is not None:
            self._weight -= self._weigh(item[1]) if self._weigh else 1

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Recent({len(self._items)} items, weight {self._weight} of {self._capacity})"
