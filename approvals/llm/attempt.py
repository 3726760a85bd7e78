# SPDX-License-Identifier: Apache-2.0
"""One attempt: reserve (limiter), permit (breaker), a slot, exchange, settle. And what it cost."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.fifo_semaphore import FifoSemaphore
from approvals.llm.breaker import ModelBreakers, Permit
from approvals.llm.chat import ChatRequest, Spend, TokenUsage
from approvals.llm.deadline import Deadline
from approvals.llm.dialects import Dialect
from approvals.llm.exchange import Exchanges
from approvals.llm.failures import CallFailure, Effect, FailureKind
from approvals.llm.http_requests import HttpRequest
from approvals.llm.network_failures import NotSentFailure, StaleConnectionFailure
from approvals.llm.observer import MetricsObserver
from approvals.llm.pricing import Prices
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.reply import Completion, read_reply

_FAIR_TRY_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 600.0
"""After a longer one asked for, such as until the next day, a call is let through to see whether it still holds."""


@dataclass(slots=True)
class Call:
    """One call under way. `spend` is what all its attempts have cost.

    `used` is the tokens of the present attempt, None where unknown, 0 while nothing was sent. `attempt_ended` is when
    the last attempt did, on the monotonic clock. `dialect` is the one that is tried after a refusal; it `is_sure`
    unless the refusal may have been the server's own trouble.
    """

    request: ChatRequest
    deadline: Deadline
    estimate: int
    spend: Spend = field(default_factory=Spend.none)
    used: int | None = 0
    attempt_ended: float | None = None
    dialect: Dialect | None = None
    dialect_is_sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Makes attempts at one endpoint, at most `slots` at a time. Messages name its `host` alone.

    The path of its URL may hold a tenant's token.
    """

    clock: Clock
    host: str
    exchanges: Exchanges
    slots: FifoSemaphore
    limiter: FairLimiter
    breakers: ModelBreakers
    prices: Prices
    observer: MetricsObserver

    def make(self, call: Call, request: HttpRequest, *, fresh: bool) -> Completion:
        """One attempt, on a new connection if `fresh`. Its cost is added to `call`, however it ends.

        Raises `CallFailure`, or `ApprovalError` when the limiter or the breaker refuses, or no slot becomes free.
        """
        came = self.clock.monotonic()
        call.used = 0
        reservation = self.limiter.reserve(call.estimate, call.deadline)
        try:
            with self.breakers.of(call.request.model).permit() as permit:
                self._acquire_slot(call.deadline)
                try:
                    return self._send(request, permit, call, came, fresh=fresh)
                finally:
                    self.slots.release()
        finally:
            self.limiter.settle(reservation, call.used)

    def _acquire_slot(self, deadline: Deadline) -> None:
        if not self.slots.acquire(deadline.remaining()):
            raise ApprovalError(
                ErrorCode.DEADLINE_EXCEEDED,
                f"All {self.slots.size} connections to the model were busy until the deadline of "
                f"{deadline.seconds:g} s. Try again, or raise max_concurrency or deadline_seconds.",
            )

    def _send(
        self, request: HttpRequest, permit: Permit, call: Call, came: float, *, fresh: bool
    ) -> Completion:
        began = self.clock.monotonic()
        call.used = None
        try:
            reply = self.exchanges.exchange(request, call.deadline, fresh=fresh)
            completion = read_reply(*reply, url=self.host, model=call.request.model, now=self.clock.now())
        except CallFailure as failure:
            seconds = self.clock.monotonic() - began
            self._weigh(failure, permit, call.deadline, seconds)
            self._end(call, failure.kind, self._cost_of(failure, call), came, began, seconds)
            raise
        seconds = self.clock.monotonic() - began
        permit.success(seconds)
        spend = self._priced(call, completion.usage, completion.stated_cost)
        self._end(call, None, spend, came, began, seconds)
        return completion

    def _weigh(self, failure: CallFailure, permit: Permit, deadline: Deadline, seconds: float) -> None:
        """Tell the breaker and the limiter what the failure says about the endpoint."""
        if failure.kind is FailureKind.RATE_LIMITED and failure.retry_after:
            self.limiter.pause(min(failure.retry_after, _LONGEST_PAUSE_SECONDS))
        # An attempt that the limiter left only the end of the deadline says nothing, though it was late.
        fair = seconds >= min(_FAIR_TRY_SECONDS, deadline.seconds / 2)
        hurried = failure.kind is FailureKind.DEADLINE and not fair
        stale = isinstance(failure, StaleConnectionFailure)
        if Effect.BREAKER in failure.kind.effects and not (hurried or stale):
            permit.failure(seconds)
        else:
            permit.ignored()

    def _cost_of(self, failure: CallFailure, call: Call) -> Spend:
        sent = not isinstance(failure, NotSentFailure)
        if failure.usage or (sent and Effect.BILLED in failure.kind.effects):
            return self._priced(call, failure.usage)
        call.used = None if sent else 0
        return Spend.free_attempt()

    def _priced(self, call: Call, usage: TokenUsage | None, stated: Decimal | None = None) -> Spend:
        if usage is None:
            return Spend.unknown_attempt()
        call.used = usage.total
        return Spend.priced_attempt(usage, self.prices.cost(call.request.model, usage, stated))

    def _end(
        self, call: Call, failure: FailureKind | None, spend: Spend, came: float, began: float, seconds: float
    ) -> None:
        """Add the cost and the times of the attempt to its call, and tell the observer."""
        waiting_since = came if call.attempt_ended is None else call.attempt_ended
        call.spend += spend.timed(seconds, began - waiting_since)
        call.attempt_ended = began + seconds
        self.observer.attempt_finished(call.request, failure, seconds, began - came)
