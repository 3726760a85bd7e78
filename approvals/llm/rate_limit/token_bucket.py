# SPDX-License-Identifier: Apache-2.0
"""Token bucket over requests and tokens per minute; one acquire charges both or neither.

A bucket never waits: it grants, or says how long the wait would be. The limiter decides who waits in which order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Final, NamedTuple

from approvals.clock import Clock
from approvals.llm.rate_limit.limits import UNITS, Limits

LONGEST_PAUSE: Final = 300.0
"""Seconds. A longer Retry-After is cut to this, so that one wrong header cannot block every caller."""


class Cause(StrEnum):
    """Why a call has to wait."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    PAUSE = "pause"


class Backend(StrEnum):
    """Where requests and tokens are counted."""

    MEMORY = "memory"
    REDIS = "redis"


class Wait(NamedTuple):
    """Not granted yet: `seconds` until it can be, if nothing else changes."""

    seconds: float
    cause: Cause


class Grant(NamedTuple):
    """Granted at `at`, in microseconds on the bucket's clock. The settlement is told to `adjust` of that bucket."""

    at: int
    adjust: Callable[[int, int], None]


@dataclass(slots=True)
class _LeakyBucket:
    """`used` drains by `per_minute` units a microsecond, to nothing; one may charge while it stays within `depth`."""

    per_minute: int
    depth: int
    used: int = 0

    def drain(self, microseconds: int) -> None:
        left = self.used - microseconds * self.per_minute
        self.used = max(0, left)

    def wait(self, cost: int) -> int:
        """Microseconds until `cost` fits. More than the whole depth fits once the bucket is empty."""
        room = self.depth - cost
        excess = self.used - (max(0, room))
        return -(-excess // self.per_minute) if excess > 0 else 0


class MemoryTokenBucket:
    """The bucket of a process that does not share its limits. Only the first in the queue calls `try_acquire`."""

    backend: Final = Backend.MEMORY

    def __init__(self, limits: Limits, clock: Clock, *, burst: bool = True) -> None:
        """Without `burst` it starts as if the burst had just been used."""
        self._clock = clock
        self._lock = Lock()
        self._at = self._now()
        self._paused_until = self._at
        self._requests, self._tokens = _LeakyBucket(1, 1), _LeakyBucket(1, 1)
        self.reconfigure(limits)
        if not burst:
            self._requests.used, self._tokens.used = self._requests.depth, self._tokens.depth

    def _now(self) -> int:
        return round(self._clock.monotonic() * 1_000_000)

    def _drain(self) -> int:
        """Bring both buckets up to now, which is returned in microseconds."""
        now = max(self._at, self._now())
        self._requests.drain(now - self._at)
        self._tokens.drain(now - self._at)
        self._at = now
        return now

    def try_acquire(self, tokens: int) -> Grant | Wait:
        """Charge one request and `tokens` tokens, or charge nothing and return the wait."""
        with self._lock:
            now = self._drain()
            for_requests = self._requests.wait(UNITS)
            for_tokens = self._tokens.wait(tokens * UNITS)
            for_pause = self._paused_until - now
            wait = max(for_requests, for_tokens, for_pause)
            if wait > 0:
                causes = {for_pause: Cause.PAUSE, for_tokens: Cause.TOKENS, for_requests: Cause.REQUESTS}
                return Wait(wait / 1_000_000, causes[wait])
            self._requests.used += UNITS
            self._tokens.used += tokens * UNITS
            return Grant(now, self.adjust)

    def stop_waiting(self) -> None:
        """The caller of the last `try_acquire` has given up. Memory keeps nothing for waiting callers."""

    def adjust(self, requests: int, tokens: int) -> None:
        """Charge more (positive) or give back (negative)."""
        with self._lock:
            if requests > 0 or tokens > 0:  # what is given back may wait for the next drain
                self._drain()
            self._requests.used += requests * UNITS
            self._tokens.used += tokens * UNITS

    def pause(self, seconds: float) -> None:
        """Grant nothing for so many seconds."""
        with self._lock:
            until = self._drain() + round(min(seconds, LONGEST_PAUSE) * 1_000_000)
            self._paused_until = max(self._paused_until, until)

    def reconfigure(self, limits: Limits) -> None:
        """Apply other limits from now on; what was charged stays charged."""
        with self._lock:
            self._drain()
            self._requests.per_minute, self._requests.depth = limits.rpm, int(limits.burst_requests * UNITS)
            self._tokens.per_minute, self._tokens.depth = limits.tpm, int(limits.burst_tokens * UNITS)

    def close(self) -> None:
        """Close connections: there are none."""

    def paused_seconds(self) -> float:
        """Seconds left of a pause, 0.0 if there is none."""
        return max(0, self._paused_until - self._now()) / 1_000_000

    def __repr__(self) -> str:
        with self._lock:
            self._drain()
            used = [
                f"{one.used / UNITS:.1f} of {one.depth / UNITS:.1f}" for one in (self._requests, self._tokens)
            ]
        return f"MemoryTokenBucket(burst used: {used[0]} requests, {used[1]} tokens)"
