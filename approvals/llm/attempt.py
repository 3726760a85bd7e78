# SPDX-License-Identifier: Apache-2.0
"""One attempt: reserve (limiter), permit (breaker), a slot, exchange, settle. And what it cost."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import httpx

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.fifo_semaphore import FifoSemaphore
from approvals.llm.breaker import ModelBreakers, Permit
from approvals.llm.chat import ChatRequest, Spend, TokenUsage
from approvals.llm.deadline import Deadline
from approvals.llm.dialects import Dialect
from approvals.llm.exchange import Exchanges
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.http_requests import HttpRequest
from approvals.llm.network_failures import NotSentFailure, StaleConnectionFailure
from approvals.llm.observer import AttemptRecord, CallObserver
from approvals.llm.pricing import Prices
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.reply import Completion, read_reply

_FAIR_TRY_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 600.0
"""After a longer one asked for, such as until the next day, a call is let through to see whether it still holds."""


@dataclass(slots=True)
class Call:
    """One call under way. `spend` is what all its attempts have cost.

    `used` is the tokens of the present attempt, None where unknown, 0 while nothing was sent. `model_seconds` and
    `waited_seconds` are those of `Spend`; `attempt_ended` is when the last attempt did, on the monotonic clock.
    `dialect` is the one that is tried after a refusal; it `is_sure` unless the refusal may have been the server's own
    trouble.
    """

    request: ChatRequest
    deadline: Deadline
    estimate: int
    spend: Spend = field(default_factory=Spend.none)
    used: int | None = 0
    model_seconds: float = 0.0
    waited_seconds: float = 0.0
    attempt_ended: float | None = None
    dialect: Dialect | None = None
    dialect_is_sure: bool = True


class Attempts:
    """Makes attempts at one endpoint, at most `slots` at a time."""

    def __init__(  # noqa: PLR0913 - the parts of an attempt
        self,
        *,
        clock: Clock,
        url: httpx.URL,
        exchanges: Exchanges,
        slots: FifoSemaphore,
        limiter: FairLimiter,
        breakers: ModelBreakers,
        prices: Prices,
        observer: CallObserver,
    ) -> None:
        # What messages name. The path may hold a tenant's token.
        self._host = url.netloc.decode("ascii")
        self._clock = clock
        self._exchanges = exchanges
        self._slots = slots
        self._limiter = limiter
        self._breakers = breakers
        self._prices = prices
        self._observer = observer

    def make(self, call: Call, request: HttpRequest, *, fresh: bool) -> Completion:
        """One attempt, on a new connection if `fresh`. Its cost is added to `call`, however it ends.

        Raises `CallFailure`, or `ApprovalError` when the limiter or the breaker refuses, or no slot becomes free.
        """
        came = self._clock.monotonic()
        if call.attempt_ended is not None:
            call.waited_seconds += came - call.attempt_ended
        call.used = 0
        reservation = self._limiter.reserve(call.estimate, call.deadline)
        try:
            with self._breakers.of(call.request.model).permit() as permit:
                self._acquire_slot(call.deadline)
                try:
                    return self._send(request, permit, call, came, fresh=fresh)
                finally:
                    self._slots.release()
        finally:
            self._limiter.settle(reservation, call.used)

    def _acquire_slot(self, deadline: Deadline) -> None:
        if not self._slots.acquire(deadline.remaining()):
            raise ApprovalError(
                ErrorCode.DEADLINE_EXCEEDED,
                f"All {self._slots.size} connections to the model were busy until the deadline of "
                f"{deadline.seconds:g} s. Try again, or raise max_concurrency or deadline_seconds.",
            )

    def _send(
        self, request: HttpRequest, permit: Permit, call: Call, came: float, *, fresh: bool
    ) -> Completion:
        began = self._clock.monotonic()
        waited = began - came
        call.used = None
        call.waited_seconds += waited
        try:
            completion = self._completion(request, call, fresh=fresh)
        except CallFailure as failure:
            seconds = self._ended(call, began)
            self._weigh(failure, permit, call.deadline, seconds)
            self._charge_for(failure, call)
            self._tell(call, failure.kind, seconds, waited, failure.usage)
            raise
        seconds = self._ended(call, began)
        permit.success(seconds)
        self._charge(call, completion.usage, completion.stated_cost)
        self._tell(call, None, seconds, waited, completion.usage)
        return completion

    def _ended(self, call: Call, began: float) -> float:
        """Note that the attempt has ended; the seconds that it took."""
        call.attempt_ended = self._clock.monotonic()
        seconds = call.attempt_ended - began
        call.model_seconds += seconds
        return seconds

    def _completion(self, request: HttpRequest, call: Call, *, fresh: bool) -> Completion:
        reply = self._exchanges.exchange(request, call.deadline, fresh=fresh)
        return read_reply(
            reply.status,
            reply.headers,
            reply.body,
            url=self._host,
            model=call.request.model,
            now=self._clock.now(),
        )

    def _weigh(self, failure: CallFailure, permit: Permit, deadline: Deadline, seconds: float) -> None:
        """Tell the breaker and the limiter what the failure says about the endpoint."""
        if failure.kind is FailureKind.RATE_LIMITED and failure.retry_after:
            self._limiter.pause(min(failure.retry_after, _LONGEST_PAUSE_SECONDS))
        # An attempt that the limiter left only the end of the deadline says nothing, though it was late.
        fair_try = seconds >= min(_FAIR_TRY_SECONDS, deadline.seconds / 2)
        if isinstance(failure, StaleConnectionFailure) or (
            failure.kind is FailureKind.DEADLINE and not fair_try
        ):
            permit.ignored()
        elif failure.counts_for_breaker:
            permit.failure(seconds)
        else:
            permit.ignored()

    def _charge_for(self, failure: CallFailure, call: Call) -> None:
        sent = not isinstance(failure, NotSentFailure)
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
        self,
        call: Call,
        failure: FailureKind | None,
        seconds: float,
        waited: float,
        usage: TokenUsage | None,
    ) -> None:
        self._observer.attempt_finished(
            AttemptRecord(call.request.model, call.request.request_id, failure, seconds, usage, waited)
        )
