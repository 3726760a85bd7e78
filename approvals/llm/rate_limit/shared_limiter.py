# SPDX-License-Identifier: Apache-2.0
"""A limiter shared by several processes, with a fallback for when Redis is unavailable.

The fallback: each process continues alone with an equal share of the limits, so that work goes on and the sum stays
within them. The first waiter tries Redis again every few seconds.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from approvals.clock import Clock
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.redis_token_bucket import RedisTokenBucket, RedisUnavailableError, connect
from approvals.llm.rate_limit.token_bucket import Backend, Grant, MemoryTokenBucket, Wait

ASK_AGAIN: Final = 3.0
"""Seconds between two attempts to reach an unavailable Redis."""


@dataclass(frozen=True, slots=True)
class SharingChange:
    """Redis became unavailable or available: for the log and a counter.

    `processes` is how many share the limits; `reason` the kind of error, empty when Redis is back.
    """

    backend: Backend
    processes: int
    reason: str


class FallbackTokenBucket:
    """Redis while it answers, else this process's equal share in memory.

    The share starts without a burst, and so does Redis when it is back. While processes switch, up to `ASK_AGAIN`
    seconds' worth may be admitted on top.
    """

    def __init__(
        self,
        limits: Limits,
        shared: RedisTokenBucket,
        clock: Clock,
        on_change: Callable[[SharingChange], None] = lambda _: None,
    ) -> None:
        """`on_change` is called with each change by the call that noticed it; it must be quick and not raise."""
        self._limits = limits
        self._shared = shared
        self._clock = clock
        self._on_change = on_change
        self._lock = threading.Lock()
        self._alone: MemoryTokenBucket | None = None
        self._ask_at = 0.0

    @property
    def backend(self) -> Backend:
        return Backend.REDIS if self._alone is None else Backend.MEMORY

    def try_acquire(self, tokens: int) -> Grant | Wait:
        alone = self._alone
        if alone is None or self._may_ask_again(alone):
            try:
                answer = self._shared.try_acquire(tokens, after_outage=alone is not None)
            except RedisUnavailableError as error:
                alone = self._go_alone(str(error))
            else:
                self._come_back()
                return Grant(self, answer.at) if isinstance(answer, Grant) else answer
        return alone.try_acquire(tokens)

    def _may_ask_again(self, alone: MemoryTokenBucket) -> bool:
        """Not during a pause, which Redis does not know."""
        return self._clock.monotonic() >= self._ask_at and not alone.paused_seconds()

    def _go_alone(self, reason: str) -> MemoryTokenBucket:
        """Redis did not answer: use the share, a new one if Redis answered before."""
        with self._lock:
            self._ask_at = self._clock.monotonic() + ASK_AGAIN
            if self._alone is not None:
                return self._alone
            processes = self._shared.processes
            alone = MemoryTokenBucket(self._limits.share(processes), self._clock, burst=False)
            alone.pause(self._shared.paused_seconds())
            self._alone = alone
        self._on_change(SharingChange(Backend.MEMORY, processes, reason))
        return alone

    def _come_back(self) -> None:
        with self._lock:
            if self._alone is None:
                return
            self._alone = None
        self._on_change(SharingChange(Backend.REDIS, self._shared.processes, ""))

    def stop_waiting(self) -> None:
        self._tell(self._shared.stop_waiting)

    def adjust(self, requests: int, tokens: int) -> None:
        """Adjust what Redis granted. A grant of the share is settled with the share itself."""
        self._tell(lambda: self._shared.adjust(requests, tokens))

    def pause(self, seconds: float) -> None:
        self._tell(lambda: self._shared.pause(seconds))
        if (alone := self._alone) is not None:
            alone.pause(seconds)

    def _tell(self, message: Callable[[], None]) -> None:
        """Send Redis a message if it is available. A lost message makes the limit stricter, never looser."""
        if self._alone is None:
            try:
                message()
            except RedisUnavailableError as error:
                self._go_alone(str(error))

    def reconfigure(self, limits: Limits) -> None:
        with self._lock:
            self._limits = limits
            self._shared.reconfigure(limits)
            if self._alone is not None:
                self._alone.reconfigure(limits.share(self._shared.processes))

    def close(self) -> None:
        self._shared.close()

    def paused_seconds(self) -> float:
        return (self._alone or self._shared).paused_seconds()

    def __repr__(self) -> str:
        return f"FallbackTokenBucket({self._alone or self._shared!r})"


def shared_limiter(
    limits: Limits,
    redis_url: str,
    fingerprint: str,
    clock: Clock,
    on_change: Callable[[SharingChange], None] = lambda _: None,
) -> FairLimiter:
    """The limiter of one credential (`fingerprint`) for every process that uses the same Redis.

    Raises `bad_parameter` if `redis_url` cannot be read; a Redis that cannot be reached is no error.
    """
    shared = RedisTokenBucket(limits, connect(redis_url), fingerprint, clock)
    return FairLimiter(limits, FallbackTokenBucket(limits, shared, clock, on_change), clock)
