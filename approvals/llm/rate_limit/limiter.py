# SPDX-License-Identifier: Apache-2.0
"""Keeps calls within requests and tokens per minute: reserve an estimate, call, settle with the real use."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock
from typing import Final, Self

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.shared_token_bucket import SharedTokenBucket, SharingChange
from approvals.llm.rate_limit.token_bucket import Backend, Cause, Grant, MemoryTokenBucket, Wait
from approvals.redis_connection import connect

NAP: Final = 0.05
"""Seconds after which the first waiter asks again, since a settlement or a pause may have changed its wait."""


@dataclass(slots=True, eq=False)
class Reservation:
    """What one call may use: one request and `tokens` tokens, granted after `waited` seconds."""

    tokens: int
    waited: float
    grant: Grant
    settled: bool = False


@dataclass(frozen=True, slots=True)
class LimiterSnapshot:
    """For `/health` and metrics: where is counted, how many callers wait, seconds left of a pause."""

    backend: Backend
    waiting: int
    paused_seconds: float


@dataclass(slots=True, eq=False)
class _Waiter:
    """A caller in the queue. `turn` is locked until it is the first, or refused."""

    tokens: int
    deadline: Deadline
    turn: Lock = field(default_factory=Lock)
    refusal: ApprovalError | None = None


class FairLimiter:
    """A FIFO queue of callers in front of a token bucket.

    Only the first caller asks the bucket, so a small call cannot overtake a large one. Each other caller waits on a
    lock of its own, and is refused as soon as it is clear that its deadline cannot be met. No other lock is held while
    waiting, and nothing is charged before a call is admitted, so a caller that gives up or is killed while waiting
    leaves nothing to clean up.
    """

    def __init__(self, limits: Limits, bucket: MemoryTokenBucket | SharedTokenBucket, clock: Clock) -> None:
        self.limits = limits
        self._bucket = bucket
        self._clock = clock
        self._waiters: deque[_Waiter] = deque()
        self._lock = Lock()

    @classmethod
    def in_memory(cls, limits: Limits, clock: Clock) -> Self:
        """The limiter of a process that does not share its limits."""
        return cls(limits, MemoryTokenBucket(limits, clock), clock)

    @classmethod
    def shared(
        cls,
        limits: Limits,
        redis_url: str,
        fingerprint: str,
        clock: Clock,
        on_change: Callable[[SharingChange], None] = lambda _: None,
    ) -> Self:
        """The limiter of one credential (`fingerprint`) for every process that uses the same Redis.

        Raises `bad_parameter` if `redis_url` cannot be read; a Redis that cannot be reached is no error.
        """
        bucket = SharedTokenBucket(limits, connect(redis_url), fingerprint, clock, on_change)
        return cls(limits, bucket, clock)

    def reserve(self, tokens: int, deadline: Deadline) -> Reservation:
        """Wait for one request and `tokens` tokens (an upper estimate of the whole call, at least 0).

        Raises `rate_limited` as soon as it is clear that they cannot be had before the deadline,
        `deadline_exceeded` if that has passed already, `budget_exceeded` if they can never be had.
        """
        self.limits.check(tokens)
        deadline.check()
        # Nearly every call is granted without being in the queue. Redis would note a seat in its own.
        if not self._waiters and isinstance(self._bucket, MemoryTokenBucket):
            answer = self._bucket.try_acquire(tokens)
            if isinstance(answer, Grant):
                return Reservation(tokens, 0.0, answer)
        came = self._clock.monotonic()
        waiter = _Waiter(tokens, deadline)
        try:
            self._join(waiter)
            if not waiter.turn.acquire(timeout=deadline.remaining()):
                raise self._too_late(tokens, "its turn had not come by then")
            if waiter.refusal is not None:
                raise waiter.refusal
            try:
                grant = self._ask(tokens, deadline)
            except BaseException:  # refused, or killed
                self._bucket.stop_waiting()
                raise
        finally:
            self._leave(waiter)
        return Reservation(tokens, self._clock.monotonic() - came, grant)

    def _join(self, waiter: _Waiter) -> None:
        with self._lock:
            if self._waiters:
                waiter.turn.acquire()
            self._waiters.append(waiter)

    def _leave(self, waiter: _Waiter) -> None:
        """Whether served or not; one that was refused has left already. If it was the first, it is the next's turn."""
        with self._lock:
            if waiter not in self._waiters:
                return
            was_first = self._waiters[0] is waiter
            self._waiters.remove(waiter)
            if was_first and self._waiters:
                self._waiters[0].turn.release()

    def _ask(self, tokens: int, deadline: Deadline) -> Grant:
        """Ask for the first in the queue until the bucket grants."""
        while isinstance(answer := self._bucket.try_acquire(tokens), Wait):
            if refusal := self._refusal(answer, tokens, answer.seconds, deadline):
                raise refusal
            self._refuse_others(answer)
            self._clock.sleep(min(answer.seconds, NAP))
        return answer

    def _refuse_others(self, wait: Wait) -> None:
        """Refuse those whose deadline is too near. Each waits at least as long as the first and those who stay."""
        with self._lock:
            staying = [self._waiters[0]]
            tokens = 0
            for waiter in islice(self._waiters, 1, None):
                more = {
                    Cause.REQUESTS: len(staying) * 60 / self.limits.rpm,
                    Cause.TOKENS: (tokens + waiter.tokens) * 60 / self.limits.tpm,
                    Cause.PAUSE: 0.0,
                }[wait.cause]
                waiter.refusal = self._refusal(wait, waiter.tokens, wait.seconds + more, waiter.deadline)
                if waiter.refusal is None:
                    staying.append(waiter)
                    tokens += waiter.tokens
                else:
                    waiter.turn.release()
            self._waiters = deque(staying)

    def _refusal(self, wait: Wait, tokens: int, seconds: float, deadline: Deadline) -> ApprovalError | None:
        """The refusal of a call that can start in `seconds`, or None if that is before its deadline."""
        left = deadline.remaining()
        if seconds <= left:
            return None
        why = {
            Cause.REQUESTS: f"rpm_limit of {self.limits.rpm:,} requests a minute is used up",
            Cause.TOKENS: f"tpm_limit of {self.limits.tpm:,} tokens a minute is used up",
            Cause.PAUSE: "the endpoint asked every caller to wait",
        }[wait.cause]
        return self._too_late(tokens, f"{why}: it could start in {seconds:.1f} s, {left:.1f} s are left")

    def _too_late(self, tokens: int, why: str) -> ApprovalError:
        return ApprovalError(
            ErrorCode.RATE_LIMITED,
            f"This call of about {tokens:,} tokens cannot start before its deadline, as {why}. Try again "
            "later, send fewer at once, or raise rpm_limit, tpm_limit or deadline_seconds if your plan allows.",
        )

    def settle(self, reservation: Reservation, actual_tokens: int | None) -> None:
        """Report the actual usage. Only the first settlement of a reservation counts.

        None: unknown, and the estimate stands, as it does without a settlement. 0: the call never reached the
        endpoint, and the request is given back too.
        """
        if reservation.settled:
            return
        reservation.settled = True
        if actual_tokens is None or actual_tokens < 0:  # a reply may say anything; nonsense is unknown
            return
        requests = -1 if actual_tokens == 0 else 0
        if requests or actual_tokens != reservation.tokens:
            reservation.grant.adjust(requests, actual_tokens - reservation.tokens)

    def pause(self, seconds: float) -> None:
        """Admit nobody for `seconds`: the endpoint answered 429 with this waiting time."""
        if seconds > 0:
            self._bucket.pause(seconds)

    def reconfigure(self, limits: Limits) -> None:
        """Apply other limits from now on; what was charged stays charged."""
        self.limits = limits
        self._bucket.reconfigure(limits)

    def close(self) -> None:
        self._bucket.close()

    def snapshot(self) -> LimiterSnapshot:
        """The present state, read without I/O."""
        return LimiterSnapshot(self._bucket.backend, len(self._waiters), self._bucket.paused_seconds())

    def __repr__(self) -> str:
        limits, waiting = self.limits, len(self._waiters)
        return f"FairLimiter({limits.rpm} rpm, {limits.tpm} tpm, {waiting} waiting, {self._bucket})"
