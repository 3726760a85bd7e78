# SPDX-License-Identifier: Apache-2.0
"""A token bucket in Redis 5 or later, shared by processes: one Lua script (token_bucket.lua) on Redis's clock.

Calls are served in FIFO order within a process, and so are the first waiters of the processes among them. While Redis
is unavailable each process continues alone with an equal share of the limits, so that work goes on and the sum stays
within them. The first waiter tries Redis again every few seconds.
"""

import math
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from approvals.clock import Clock
from approvals.llm.rate_limit.limits import UNITS, Limits
from approvals.llm.rate_limit.token_bucket import (
    LONGEST_PAUSE,
    Backend,
    Cause,
    Grant,
    MemoryTokenBucket,
    Wait,
)

if TYPE_CHECKING:
    import redis

SCRIPT: Final = Path(__file__).with_name("token_bucket.lua").read_text(encoding="utf-8")
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


class SharedTokenBucket:
    """One credential's bucket, shared by every process with the same `fingerprint`. Methods as `MemoryTokenBucket`'s.

    The share that is used without Redis starts without a burst, and so does Redis when it is back. While processes
    switch, up to `ASK_AGAIN` seconds' worth may be admitted on top.
    """

    def __init__(
        self,
        limits: Limits,
        client: "redis.Redis",
        fingerprint: str,
        clock: Clock,
        on_change: Callable[[SharingChange], None] = lambda _: None,
    ) -> None:
        """`on_change` is called with each change by the call that noticed it; it must be quick and not raise."""
        self.processes = 1
        """How many processes shared the limits at the last round trip, this one included."""
        self._limits = limits
        self._clock = clock
        self._on_change = on_change
        self._process = uuid.uuid4().hex
        self._paused_until = -math.inf
        key = f"approvals:limiter:{{{fingerprint}}}"  # the braces keep the keys together in a Redis cluster
        self._keys = [key, f"{key}:line", f"{key}:seen"]
        self._script = client.register_script(SCRIPT)
        self._pool = client.connection_pool
        self._lock = threading.Lock()
        self._alone: MemoryTokenBucket | None = None
        self._ask_at = 0.0

    @property
    def backend(self) -> Backend:
        return Backend.REDIS if self._alone is None else Backend.MEMORY

    def try_acquire(self, tokens: int) -> Grant | Wait:
        alone = self._alone
        # Redis does not know of a pause that came while it was unavailable.
        if alone is not None and (self._clock.monotonic() < self._ask_at or alone.paused_seconds()):
            return alone.try_acquire(tokens)
        reply = self._run("take", tokens, int(alone is not None))
        if isinstance(reply, MemoryTokenBucket):
            return reply.try_acquire(tokens)
        admitted, wait, cause, at, self.processes = reply
        self._come_back()
        if admitted:
            return Grant(at, self.adjust)
        if cause == Cause.PAUSE:  # it may have been another process that was told to wait
            self._paused_until = self._clock.monotonic() + wait / 1_000_000
        return Wait(wait / 1_000_000, Cause(cause))

    def stop_waiting(self) -> None:
        """Give up this process's place in the queue of processes."""
        self._tell("leave")

    def adjust(self, requests: int, tokens: int) -> None:
        """Adjust what Redis granted. A grant of the share is settled with the share itself."""
        self._tell("adjust", requests, tokens)

    def pause(self, seconds: float) -> None:
        seconds = min(seconds, LONGEST_PAUSE)
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)
        self._tell("pause", round(seconds * 1_000_000))
        if (alone := self._alone) is not None:
            alone.pause(seconds)

    def reconfigure(self, limits: Limits) -> None:
        with self._lock:
            self._limits = limits
            if self._alone is not None:
                self._alone.reconfigure(limits.share(self.processes))

    def close(self) -> None:
        self._pool.disconnect(inuse_connections=False)

    def paused_seconds(self) -> float:
        """What this process knows of a pause, without a round trip to Redis."""
        if (alone := self._alone) is not None:
            return alone.paused_seconds()
        return max(0.0, self._paused_until - self._clock.monotonic())

    def _tell(self, operation: str, *arguments: int) -> None:
        """Send Redis a message if it is available. A lost message makes the limit stricter, never looser."""
        if self._alone is None:
            self._run(operation, *arguments)

    def _run(self, operation: str, *arguments: int) -> list[Any] | MemoryTokenBucket:
        """What Redis answers; where it does not, the share to use instead."""
        import redis  # noqa: PLC0415

        limits = self._limits
        depths = int(limits.burst_requests * UNITS), int(limits.burst_tokens * UNITS)
        try:
            reply: list[Any] = self._script(
                self._keys, [operation, self._process, limits.rpm, limits.tpm, *depths, *arguments]
            )
        except redis.RedisError as error:
            return self._go_alone(type(error).__name__)  # its text could hold an address
        return reply

    def _go_alone(self, reason: str) -> MemoryTokenBucket:
        """Redis did not answer: use the share, a new one if Redis answered before."""
        with self._lock:
            self._ask_at = self._clock.monotonic() + ASK_AGAIN
            if self._alone is not None:
                return self._alone
            alone = MemoryTokenBucket(self._limits.share(self.processes), self._clock, burst=False)
            alone.pause(self.paused_seconds())
            self._alone = alone
        self._on_change(SharingChange(Backend.MEMORY, self.processes, reason))
        return alone

    def _come_back(self) -> None:
        with self._lock:
            if self._alone is None:
                return
            self._alone = None
        self._on_change(SharingChange(Backend.REDIS, self.processes, ""))

    def __repr__(self) -> str:
        return f"SharedTokenBucket({self._alone or f'{self.processes} processes'})"
