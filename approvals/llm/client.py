# SPDX-License-Identifier: Apache-2.0
"""The client: one chat request to the model, within limits and deadline, whatever the endpoint does.

One attempt: reserve (limiter), permit (breaker), a slot, exchange, settle.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final

import httpx
from pydantic import SecretStr

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.fifo_semaphore import FifoSemaphore
from approvals.llm.breaker import ModelBreakers, Permit
from approvals.llm.chat import ChatReply, ChatRequest, Spend, TokenUsage
from approvals.llm.deadline import Deadline
from approvals.llm.dialects import Dialect, Dialects, is_about_the_request
from approvals.llm.exchange import Exchanges, StepLimits
from approvals.llm.failures import CallFailure, Effect, FailureKind, LlmError
from approvals.llm.http_requests import HttpRequest, HttpRequests
from approvals.llm.network_failures import NotSentFailure, StaleConnectionFailure
from approvals.llm.observer import MetricsObserver
from approvals.llm.pricing import Prices
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.reply import Completion, ReplyFailure, read_reply
from approvals.llm.retry import Retry
from approvals.telemetry import CallMetrics

_FAIR_TRY_SECONDS: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 600.0
"""After a longer one asked for, such as until the next day, a call is let through to see whether it still holds."""


@dataclass(slots=True)
class _Call:
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


class LlmClient:
    """Sends chat requests to one endpoint with one key. Safe to share between threads and greenlets."""

    def __init__(  # noqa: PLR0913 - the parts of a call, each of which can be replaced
        self,
        *,
        url: httpx.URL,
        api_key: SecretStr,
        clock: Clock,
        transport: httpx.BaseTransport,
        slots: FifoSemaphore,
        limiter: FairLimiter,
        breakers: ModelBreakers,
        retry: Retry,
        prices: Prices | None = None,
        observer: MetricsObserver | None = None,
        step_limits: StepLimits | None = None,
        version: str = "dev",
    ) -> None:
        """`slots` bounds the requests under way. Any transport of httpx will do; it gets the extension `deadline`.

        `version` goes into the User-Agent header. Raises `bad_parameter` for a key that no header can carry.
        """
        self.transport = transport
        self.slots = slots
        self.limiter = limiter
        self.breakers = breakers
        self._host = url.netloc.decode("ascii")  # what messages name: the path may hold a tenant's token
        self._clock = clock
        self._retry = retry
        self._prices = prices or Prices()
        self._observer = observer or MetricsObserver(CallMetrics())
        self._requests = HttpRequests(url, api_key, version)
        self._exchanges = Exchanges(transport, step_limits or StepLimits())
        self._dialects = Dialects()

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        """The model's answer. Raises `LlmError`, which says what was spent on trying."""
        call = _Call(request, deadline, request.estimated_tokens())
        started = self._clock.monotonic()
        ending: FailureKind | None = FailureKind.ABANDONED
        self._observer.call_started(request)
        try:
            completion = self._retry.run(partial(self._answer, call), deadline)
            ending = None
        except ApprovalError as failure:
            at_the_model = call.spend.model_seconds
            waited = self._clock.monotonic() - started - at_the_model
            error = LlmError.after(failure, call.spend.timed(at_the_model, max(0.0, waited)))
            ending = error.kind
            raise error from None
        finally:
            seconds = self._clock.monotonic() - started
            self._observer.call_finished(request, ending, seconds, call.spend)
        return ChatReply(
            completion.text, completion.model, call.spend, round(seconds * 1000), completion.is_cut
        )

    def _answer(self, call: _Call) -> Completion:
        """One attempt, made again at once where it could not have worked.

        That is on a connection that had gone stale, or in a dialect that the model does not take.
        """
        model = call.request.model
        fresh = False
        while True:
            dialect = call.dialect or self._dialects.of(model)
            try:
                completion = self._attempt(call, dialect, fresh=fresh)
            except StaleConnectionFailure:
                # A new connection cannot be stale, so this comes once. The endpoint had nearly always hung up before
                # it saw the request; as that is not sure, the cost of the lost attempt counts as unknown.
                fresh = True
            except ReplyFailure as refusal:
                simpler = dialect.after(refusal, asks_for_format=call.request.reply_schema is not None)
                if simpler is None:
                    raise
                call.dialect = simpler
                call.dialect_is_sure &= is_about_the_request(refusal)
                if Effect.RETRY in refusal.kind.effects:
                    raise  # perhaps not the dialect's fault: the retry loop waits first
            except CallFailure as failure:
                if failure.kind is FailureKind.REPLY_EMPTY:
                    self._dialects.worked(model, dialect, sure=call.dialect_is_sure)
                raise
            else:
                self._dialects.worked(model, dialect, sure=call.dialect_is_sure)
                return completion

    def _attempt(self, call: _Call, dialect: Dialect, *, fresh: bool) -> Completion:
        """One attempt, on a new connection if `fresh`. Its cost is added to `call`, however it ends.

        Raises `CallFailure`, or `ApprovalError` when the limiter or the breaker refuses, or no slot becomes free.
        """
        request = self._requests.build(call.request, dialect)
        came = self._clock.monotonic()
        call.used = 0
        reservation = self.limiter.reserve(call.estimate, call.deadline)
        try:
            with self.breakers.of(call.request.model).permit() as permit:
                self._acquire_slot(call.deadline)
                try:
                    return self._send(call, request, permit, came, fresh=fresh)
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
        self, call: _Call, request: HttpRequest, permit: Permit, came: float, *, fresh: bool
    ) -> Completion:
        began = self._clock.monotonic()
        call.used = None
        try:
            reply = self._exchanges.exchange(request, call.deadline, fresh=fresh)
            completion = read_reply(*reply, url=self._host, model=call.request.model, now=self._clock.now())
        except CallFailure as failure:
            seconds = self._clock.monotonic() - began
            self._weigh(failure, permit, call.deadline, seconds)
            self._end(call, failure.kind, self._cost_of(failure, call), came, began, seconds)
            raise
        seconds = self._clock.monotonic() - began
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

    def _cost_of(self, failure: CallFailure, call: _Call) -> Spend:
        sent = not isinstance(failure, NotSentFailure)
        if failure.usage or (sent and Effect.BILLED in failure.kind.effects):
            return self._priced(call, failure.usage)
        call.used = None if sent else 0
        return Spend.free_attempt()

    def _priced(self, call: _Call, usage: TokenUsage | None, stated: Decimal | None = None) -> Spend:
        if usage is None:
            return Spend.unknown_attempt()
        call.used = usage.total
        return Spend.priced_attempt(usage, self._prices.cost(call.request.model, usage, stated))

    def _end(
        self,
        call: _Call,
        failure: FailureKind | None,
        spend: Spend,
        came: float,
        began: float,
        seconds: float,
    ) -> None:
        """Add the cost and the times of the attempt to its call, and tell the observer."""
        waiting_since = came if call.attempt_ended is None else call.attempt_ended
        call.spend += spend.timed(seconds, began - waiting_since)
        call.attempt_ended = began + seconds
        self._observer.attempt_finished(call.request, failure, seconds, began - came)

    def __repr__(self) -> str:
        in_flight = f"{self.slots.in_use} of {self.slots.size} in flight"
        return f"LlmClient({in_flight}, {self.transport!r}, {self.breakers}, {self.limiter})"
