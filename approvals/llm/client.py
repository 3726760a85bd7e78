# SPDX-License-Identifier: Apache-2.0
"""The client: one chat request to the model, within limits and deadline, whatever the endpoint does."""

from functools import partial

import httpx
from pydantic import SecretStr

from approvals.clock import Clock
from approvals.errors import ApprovalError
from approvals.fifo_semaphore import FifoSemaphore
from approvals.llm.attempt import Attempts, Call
from approvals.llm.breaker import ModelBreakers
from approvals.llm.chat import ChatReply, ChatRequest
from approvals.llm.deadline import Deadline
from approvals.llm.dialects import Dialects, is_about_the_request
from approvals.llm.exchange import Exchanges, StepLimits
from approvals.llm.failures import CallFailure, Effect, FailureKind, LlmError
from approvals.llm.http_requests import HttpRequests
from approvals.llm.network_failures import StaleConnectionFailure
from approvals.llm.observer import MetricsObserver
from approvals.llm.pricing import Prices
from approvals.llm.rate_limit.limiter import FairLimiter
from approvals.llm.reply import Completion, ReplyFailure
from approvals.llm.retry import Retry
from approvals.telemetry import CallMetrics


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
        self._clock = clock
        self._retry = retry
        self._observer = observer or MetricsObserver(CallMetrics())
        self._requests = HttpRequests(url, api_key, version)
        self._dialects = Dialects()
        self._attempts = Attempts(
            clock=clock,
            host=url.netloc.decode("ascii"),
            exchanges=Exchanges(transport, step_limits or StepLimits()),
            slots=slots,
            limiter=limiter,
            breakers=breakers,
            prices=prices or Prices(),
            observer=self._observer,
        )

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        """The model's answer. Raises `LlmError`, which says what was spent on trying."""
        call = Call(request, deadline, request.estimated_tokens())
        started = self._clock.monotonic()
        ending: FailureKind | None = FailureKind.ABANDONED
        self._observer.call_started(request)
        try:
            completion = self._retry.run(partial(self._attempt, call), deadline)
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

    def _attempt(self, call: Call) -> Completion:
        """One attempt, made again at once where it could not have worked.

        That is on a connection that had gone stale, or in a dialect that the model does not take.
        """
        model = call.request.model
        fresh = False
        while True:
            dialect = call.dialect or self._dialects.of(model)
            http_request = self._requests.build(call.request, dialect)
            try:
                completion = self._attempts.make(call, http_request, fresh=fresh)
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

    def __repr__(self) -> str:
        in_flight = f"{self.slots.in_use} of {self.slots.size} in flight"
        return f"LlmClient({in_flight}, {self.transport!r}, {self.breakers}, {self.limiter})"
