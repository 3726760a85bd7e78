# SPDX-License-Identifier: Apache-2.0
"""One attempt: reserve (limiter), permit (breaker), lane, read with the deadline, settle. And what it cost."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from approvals.clock import Clock
from approvals.llm.breaker import Breaker, Permit
from approvals.llm.chat import ChatRequest, Spend, TokenUsage
from approvals.llm.deadline import Deadline
from approvals.llm.exchange import HttpReply, StaleLaneError, exchange
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.http1_head import OK
from approvals.llm.observer import AttemptRecord, CallObserver
from approvals.llm.pricing import Prices
from approvals.llm.question import Question
from approvals.llm.rate_limit.limiter import Limiter
from approvals.llm.reply import Completion, error_status, read_reply
from approvals.llm.statuses import failure_for
from approvals.llm.transport.connection import Lane
from approvals.llm.transport.connection_pool import Lanes

_FAIR_TRY_SECONDS: Final = 5.0


@dataclass(slots=True)
class Call:
    """One call under way. `spend` is what all its attempts have cost.

    `used` is the tokens of the present attempt, None where unknown, 0 while nothing was sent.
    """

    request: ChatRequest
    deadline: Deadline
    estimate: int
    spend: Spend = field(default_factory=Spend.none)
    used: int | None = 0


class Attempts:
    """Makes attempts at one endpoint."""

    def __init__(
        self,
        *,
        clock: Clock,
        lanes: Lanes,
        limiter: Limiter,
        breaker: Breaker,
        prices: Prices,
        observer: CallObserver,
    ) -> None:
        self._url = str(lanes.endpoint)
        self._clock = clock
        self._lanes = lanes
        self._limiter = limiter
        self._breaker = breaker
        self._prices = prices
        self._observer = observer

    def make(self, call: Call, question: Question, *, fresh: bool) -> Completion:
        """One attempt, on a new connection if `fresh`. What it cost is added to `call`, however it ends.

        Raises `CallFailure`, or `ApprovalError` when the limiter, the breaker or the lanes do not let it through.
        """
        came = self._clock.monotonic()
        call.used = 0
        reservation = self._limiter.reserve(call.estimate, call.deadline)
        try:
            with self._breaker.permit() as permit, self._lanes.lane(call.deadline, fresh=fresh) as lane:
                waited = self._clock.monotonic() - came
                self._observer.waited(call.request.model, call.request.request_id, waited)
                return self._on(lane, permit, call, question)
        finally:
            self._limiter.settle(reservation, call.used)

    def _on(self, lane: Lane, permit: Permit, call: Call, question: Question) -> Completion:
        begun = self._clock.monotonic()
        call.used = None
        try:
            completion = self._asked(lane, call, question)
        except CallFailure as failure:
            seconds = self._clock.monotonic() - begun
            self._weigh(failure, permit, call.deadline, seconds)
            self._charge_for(failure, call, sent=lane.wire.sent)
            self._tell(call, failure.kind, seconds, failure.usage)
            raise
        seconds = self._clock.monotonic() - begun
        permit.success(seconds)
        self._charge(call, completion.usage, completion.stated_cost)
        self._tell(call, None, seconds, completion.usage)
        return completion

    def _asked(self, lane: Lane, call: Call, question: Question) -> Completion:
        raw = exchange(lane, question, call.deadline)
        status = raw.status if raw.status != OK else error_status(raw.body)
        if status is not None:
            refusal = HttpReply(status, raw.headers, raw.body)
            raise failure_for(refusal, self._url, call.request.model, self._clock.now())
        return read_reply(raw.body, self._url, call.request.model)

    def _weigh(self, failure: CallFailure, permit: Permit, deadline: Deadline, seconds: float) -> None:
        """Tell the breaker and the limiter what the failure says about the endpoint."""
        if failure.kind is FailureKind.RATE_LIMITED and failure.retry_after:
            self._limiter.pause(failure.retry_after)
        # An attempt that the limiter left only the end of the deadline says nothing, though it was late.
        fair_try = seconds >= min(_FAIR_TRY_SECONDS, deadline.seconds / 2)
        if isinstance(failure, StaleLaneError) or (failure.kind is FailureKind.DEADLINE and not fair_try):
            permit.ignored()
        elif failure.counts_for_breaker:
            permit.failure(seconds)
        else:
            permit.ignored()

    def _charge_for(self, failure: CallFailure, call: Call, *, sent: bool) -> None:
        if failure.usage:
            self._charge(call, failure.usage)
        elif sent and failure.may_be_billed:
            call.spend += Spend.unknown_attempt()
        else:
            call.spend += Spend.free_attempt()
            call.used = None if sent else 0

    def _charge(self, call: Call, usage: TokenUsage | None, stated: Decimal | None = None) -> None:
        if usage is None:
            call.spend += Spend.unknown_attempt()
            return
        call.spend += Spend.priced_attempt(usage, self._prices.cost(call.request.model, usage, stated))
        call.used = usage.total

    def _tell(
        self, call: Call, failure: FailureKind | None, seconds: float, usage: TokenUsage | None
    ) -> None:
        self._observer.attempt_finished(
            AttemptRecord(call.request.model, call.request.request_id, failure, seconds, usage)
        )
