# SPDX-License-Identifier: Apache-2.0
"""Keeps calls within requests and tokens per minute: reserve an estimate, call, settle with the real use."""

from dataclasses import dataclass
from typing import Final, Self

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.token_bucket import Backend, Cause, Grant, MemoryTokenBucket, TokenBucket, Wait
from approvals.llm.rate_limit.wait_queue import Waiter, WaitQueue

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


class FairLimiter:
    """A FIFO wait queue in front of a token bucket.

    No lock is held while waiting, and nothing is charged before a call is admitted, so a caller that gives up or is
    killed while waiting leaves nothing to clean up.
    """

    def __init__(self, limits: Limits, bucket: TokenBucket, clock: Clock) -> None:
        self.limits = limits
        self._bucket = bucket
        self._clock = clock
        self._queue = WaitQueue()

    @classmethod
    def in_memory(cls, limits: Limits, clock: Clock) -> Self:
        """The limiter of a process that does not share its limits."""
        return cls(limits, MemoryTokenBucket(limits, clock), clock)

    def reserve(self, tokens: int, deadline: Deadline) -> Reservation:
        """Wait for one request and `tokens` tokens (an upper estimate of the whole call, at least 0).

        Raises `rate_limited` as soon as it is clear that they cannot be had before the deadline,
        `deadline_exceeded` if that has passed already, `budget_exceeded` if they can never be had.
        """
        self.limits.check(tokens)
        deadline.check()
        grant = self._at_once(tokens)
        if grant is not None:
            return Reservation(tokens, 0.0, grant)
        came = self._clock.monotonic()
        waiter = Waiter(tokens, deadline)
        try:
            self._queue.join(waiter)
            if not waiter.wait():
                raise self._too_late(tokens, "its turn had not come by then")
            if waiter.refusal is not None:
                raise waiter.refusal
            grant = self._serve(tokens, deadline)
        finally:
            self._queue.leave(waiter)
        return Reservation(tokens, self._clock.monotonic() - came, grant)

    def _at_once(self, tokens: int) -> Grant | None:
        """Grant without a queue entry when nobody waits and the bucket is in memory: nearly every call."""
        if len(self._queue) or not isinstance(self._bucket, MemoryTokenBucket):
            return None
        answer = self._bucket.try_acquire(tokens)
        return answer if isinstance(answer, Grant) else None

    def _serve(self, tokens: int, deadline: Deadline) -> Grant:
        """Wait for the grant of the first waiter; tell the bucket if it gives up (its greenlet may be killed)."""
        try:
            return self._ask(tokens, deadline)
        except BaseException:
            self._bucket.stop_waiting()
            raise

    def _ask(self, tokens: int, deadline: Deadline) -> Grant:
        """Ask until the bucket grants."""
        while isinstance(answer := self._bucket.try_acquire(tokens), Wait):
            if refusal := self._refusal(answer, tokens, answer.seconds, deadline):
                raise refusal
            self._reject(answer)
            self._clock.sleep(min(answer.seconds, NAP))
        return answer

    def _reject(self, wait: Wait) -> None:
        """Reject the others whose deadline is too near: each waits at least as long as the first."""

        def refuse(requests_before: int, tokens_before: int, waiter: Waiter) -> ApprovalError | None:
            more = {
                Cause.REQUESTS: (requests_before + 1) * 60 / self.limits.rpm,
                Cause.TOKENS: (tokens_before + waiter.tokens) * 60 / self.limits.tpm,
                Cause.PAUSE: 0.0,
            }[wait.cause]
            return self._refusal(wait, waiter.tokens, wait.seconds + more, waiter.deadline)

        self._queue.reject(refuse)

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
            reservation.grant.bucket.adjust(requests, actual_tokens - reservation.tokens)

    def pause(self, seconds: float) -> None:
        """Admit nobody for `seconds`: the endpoint answered 429 with this waiting time."""
        if seconds > 0:
            self._bucket.pause(seconds)

    def reconfigure(self, limits: Limits) -> None:
        """Apply other limits from now on; what was charged stays charged."""
        self.limits = limits
        self._bucket.reconfigure(limits)

    def close(self) -> None:
        """Close connections, if there are any."""
        self._bucket.close()

    def snapshot(self) -> LimiterSnapshot:
        """The present state, read without I/O."""
        return LimiterSnapshot(self._bucket.backend, len(self._queue), self._bucket.paused_seconds())

    def __repr__(self) -> str:
        return f"FairLimiter({self.limits.rpm} rpm, {self.limits.tpm} tpm, {self._queue!r}, {self._bucket!r})"
