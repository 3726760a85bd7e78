# SPDX-License-Identifier: Apache-2.0
"""Keeps calls within requests and tokens per minute: reserve an estimate, call, settle with the real use."""

from dataclasses import dataclass
from typing import Final, Protocol, Self

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.deadline import Deadline
from approvals.llm.rate_limit.limits import Limits
from approvals.llm.rate_limit.token_bucket import Backend, Budget, Cause, Grant, MemoryBudget, Wait
from approvals.llm.rate_limit.wait_queue import Line, Place

NAP: Final = 0.05
"""Seconds after which the first in line asks again: a settlement or a pause may have moved its turn."""


@dataclass(slots=True, eq=False)
class Reservation:
    """What one call may use: one request and `tokens` tokens, had after `waited` seconds."""

    tokens: int
    waited: float
    grant: Grant
    settled: bool = False


@dataclass(frozen=True, slots=True)
class LimiterSnapshot:
    """For `/health` and metrics: who counts, how many wait, seconds left of a pause."""

    backend: Backend
    waiting: int
    paused_seconds: float


class Limiter(Protocol):
    """What the client asks of a limiter."""

    def reserve(self, tokens: int, deadline: Deadline) -> Reservation:
        """Wait in line for one request and `tokens` tokens (an upper estimate of the whole call, at least 0).

        Raises `rate_limited` as soon as it is clear that they cannot be had before the deadline,
        `deadline_exceeded` if that has passed already, `budget_exceeded` if they can never be had.
        """
        ...

    def settle(self, reservation: Reservation, actual_tokens: int | None) -> None:
        """Say what the call really used; only the first settlement of a reservation counts.

        None: unknown, and the estimate stands, as it does without a settlement. 0: the call never reached the
        endpoint, and the request is given back too.
        """
        ...

    def pause(self, seconds: float) -> None:
        """The endpoint said 429 with this Retry-After: nobody is admitted until it is over."""
        ...

    def snapshot(self) -> LimiterSnapshot:
        """How things stand, at once and without a network."""
        ...


class FairLimiter:
    """A line in front of a budget.

    No lock is held while waiting, and nothing is charged before a call is admitted, so whoever gives up or is
    killed while waiting leaves nothing behind.
    """

    def __init__(self, limits: Limits, budget: Budget, clock: Clock) -> None:
        self.limits = limits
        self._budget = budget
        self._clock = clock
        self._line = Line()

    @classmethod
    def in_memory(cls, limits: Limits, clock: Clock) -> Self:
        """The limiter of a process that shares its limits with no other."""
        return cls(limits, MemoryBudget(limits, clock), clock)

    def reserve(self, tokens: int, deadline: Deadline) -> Reservation:
        self.limits.check(tokens)
        deadline.check()
        grant = self._at_once(tokens)
        if grant is not None:
            return Reservation(tokens, 0.0, grant)
        came = self._clock.monotonic()
        place = Place(tokens, deadline)
        try:
            self._line.join(place)
            if not place.wait():
                raise self._too_late(tokens, "its turn had not come by then")
            if place.refusal is not None:
                raise place.refusal
            grant = self._serve(tokens, deadline)
        finally:
            self._line.leave(place)
        return Reservation(tokens, self._clock.monotonic() - came, grant)

    def _at_once(self, tokens: int) -> Grant | None:
        """What an empty line and a budget of this process give without any wait: nearly every call goes this way."""
        if len(self._line) or not isinstance(self._budget, MemoryBudget):
            return None
        answer = self._budget.take(tokens)
        return answer if isinstance(answer, Grant) else None

    def _serve(self, tokens: int, deadline: Deadline) -> Grant:
        """Get the first in line its grant, or tell the budget that it has gone (its greenlet may be killed)."""
        try:
            return self._ask(tokens, deadline)
        except BaseException:
            self._budget.leave()
            raise

    def _ask(self, tokens: int, deadline: Deadline) -> Grant:
        """Ask until the budget says yes."""
        while isinstance(answer := self._budget.take(tokens), Wait):
            if refusal := self._refusal(answer, tokens, answer.seconds, deadline):
                raise refusal
            self._turn_away(answer)
            self._clock.sleep(min(answer.seconds, NAP))
        return answer

    def _turn_away(self, wait: Wait) -> None:
        """What the first one learns, the others need not wait to learn: their wait is at least as long."""

        def refuse(requests_before: int, tokens_before: int, place: Place) -> ApprovalError | None:
            more = {
                Cause.REQUESTS: (requests_before + 1) * 60 / self.limits.rpm,
                Cause.TOKENS: (tokens_before + place.tokens) * 60 / self.limits.tpm,
                Cause.PAUSE: 0.0,
            }[wait.cause]
            return self._refusal(wait, place.tokens, wait.seconds + more, place.deadline)

        self._line.turn_away(refuse)

    def _refusal(self, wait: Wait, tokens: int, seconds: float, deadline: Deadline) -> ApprovalError | None:
        """Why a call that can start in `seconds` need not wait; None if that is before its deadline."""
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
        if reservation.settled:
            return
        reservation.settled = True
        if actual_tokens is None or actual_tokens < 0:  # a reply may say anything; nonsense is unknown
            return
        requests = -1 if actual_tokens == 0 else 0
        if requests or actual_tokens != reservation.tokens:
            reservation.grant.budget.adjust(requests, actual_tokens - reservation.tokens)

    def pause(self, seconds: float) -> None:
        if seconds > 0:
            self._budget.pause(seconds)

    def snapshot(self) -> LimiterSnapshot:
        return LimiterSnapshot(self._budget.backend, len(self._line), self._budget.paused_seconds())

    def __repr__(self) -> str:
        return f"FairLimiter({self.limits.rpm} rpm, {self.limits.tpm} tpm, {self._line!r}, {self._budget!r})"
