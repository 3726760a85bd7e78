# SPDX-License-Identifier: Apache-2.0
"""What is left of the limits: two leaky buckets that are charged together or not at all.

A budget never waits. It says yes, or how long it will be; who waits, in which order, is the line's matter.
"""

from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Final, NamedTuple, Protocol

from approvals.clock import Clock
from approvals.llm.rate_limit.limits import UNITS, Limits

LONGEST_PAUSE: Final = 300.0
"""Seconds. An endpoint that wants more is asked again after this, so that one wrong header blocks nobody."""


class Cause(StrEnum):
    """Why a call has to wait."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    PAUSE = "pause"


class Backend(StrEnum):
    """Who counts."""

    MEMORY = "memory"
    REDIS = "redis"


class Wait(NamedTuple):
    """No, not yet: `seconds` until it can be, if nothing changes meanwhile."""

    seconds: float
    cause: Cause


class Grant(NamedTuple):
    """Yes. `at` is the instant in microseconds on the clock of `budget`, which takes the settlement."""

    budget: "Budget"
    at: int


class Budget(Protocol):
    """Who counts requests and tokens. `take` is only ever called by the one who is first in line."""

    @property
    def backend(self) -> Backend:
        """Who counts just now."""
        ...

    def take(self, tokens: int) -> Grant | Wait:
        """Charge one request and `tokens` tokens, or neither and say when."""
        ...

    def leave(self) -> None:
        """Whoever asked last has given up."""
        ...

    def adjust(self, requests: int, tokens: int) -> None:
        """Charge more (positive) or give back (negative)."""
        ...

    def pause(self, seconds: float) -> None:
        """Admit nobody for so long."""
        ...

    def paused_seconds(self) -> float:
        """How much of a pause is left, 0.0 if there is none."""
        ...


@dataclass(slots=True)
class _Bucket:
    """`used` drains by `per_minute` units a microsecond, to nothing; one may charge while it stays within `depth`."""

    per_minute: int
    depth: int
    used: int = 0

    def drain(self, microseconds: int) -> None:
        self.used = max(0, self.used - microseconds * self.per_minute)

    def wait(self, cost: int) -> int:
        """Microseconds until `cost` fits. More than the whole depth fits once the bucket is empty."""
        return max(0, -((max(0, self.depth - cost) - self.used) // self.per_minute))


class MemoryBudget:
    """The budget of a process that shares its limits with no other."""

    backend: Final = Backend.MEMORY

    def __init__(self, limits: Limits, clock: Clock, *, burst: bool = True) -> None:
        """Without `burst` it starts as if the burst had just been used."""
        self._clock = clock
        self._lock = Lock()
        self._at = self._now()
        self._paused_until = self._at
        self._requests = _Bucket(limits.rpm, int(limits.burst_requests * UNITS))
        self._tokens = _Bucket(limits.tpm, int(limits.burst_tokens * UNITS))
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

    def take(self, tokens: int) -> Grant | Wait:
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
            return Grant(self, now)

    def leave(self) -> None:
        """Nothing to do: nothing is held for those who wait."""

    def adjust(self, requests: int, tokens: int) -> None:
        with self._lock:
            self._drain()
            self._requests.used += requests * UNITS
            self._tokens.used += tokens * UNITS

    def pause(self, seconds: float) -> None:
        with self._lock:
            until = self._drain() + round(min(seconds, LONGEST_PAUSE) * 1_000_000)
            self._paused_until = max(self._paused_until, until)

    def paused_seconds(self) -> float:
        return max(0, self._paused_until - self._now()) / 1_000_000

    def __repr__(self) -> str:
        with self._lock:
            self._drain()
            used = (
                f"{bucket.used / UNITS:.1f} of {bucket.depth / UNITS:.1f}"
                for bucket in (self._requests, self._tokens)
            )
            return f"MemoryBudget(burst used: {' requests, '.join(used)} tokens)"
