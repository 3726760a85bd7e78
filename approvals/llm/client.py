# SPDX-License-Identifier: Apache-2.0
"""The client: one question to the model, within limits and deadline, whatever the endpoint does."""

from pydantic import SecretStr

from approvals.clock import Clock
from approvals.errors import ApprovalError
from approvals.llm.admission import Admission
from approvals.llm.attempt import Attempts, Call
from approvals.llm.breaker import Breaker
from approvals.llm.chat import ChatReply, ChatRequest
from approvals.llm.deadline import Deadline
from approvals.llm.dialects import Dialects
from approvals.llm.exchange import StaleLaneError
from approvals.llm.failures import CallFailure, FailureKind, LlmError
from approvals.llm.observer import CallObserver, CallRecord, NullObserver
from approvals.llm.pricing import Prices
from approvals.llm.question import Questions
from approvals.llm.rate_limit.limiter import Limiter
from approvals.llm.reply import Completion
from approvals.llm.retry import Retry
from approvals.llm.statuses import StatusFailure
from approvals.llm.transport.connection_pool import Lanes


class LlmClient:
    """Asks one endpoint with one key. One is shared by all callers of that key in this process."""

    def __init__(  # noqa: PLR0913 - the parts of a call, each of which can be replaced
        self,
        *,
        api_key: SecretStr,
        clock: Clock,
        lanes: Lanes,
        limiter: Limiter,
        breaker: Breaker,
        retry: Retry,
        prices: Prices | None = None,
        observer: CallObserver | None = None,
        version: str = "dev",
    ) -> None:
        """`version` goes into the User-Agent header. Raises `bad_parameter` for a key that no header can carry."""
        self.lanes = lanes
        self.limiter = limiter
        self.breaker = breaker
        self._clock = clock
        self._retry = retry
        self._observer = observer or NullObserver()
        self._questions = Questions(lanes.endpoint, api_key, version)
        self._dialects = Dialects()
        self._admission = Admission()
        self._attempts = Attempts(
            clock=clock,
            lanes=lanes,
            limiter=limiter,
            breaker=breaker,
            prices=prices or Prices(),
            observer=self._observer,
        )

    def complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply:
        """The model's answer. Raises `LlmError`, which says what was spent on trying."""
        call = Call(request, deadline, request.estimated_tokens())
        try:
            with self._admission:
                return self._admitted(call)
        except CallFailure as refusal:
            raise LlmError.after(refusal, call.spend) from None

    def _admitted(self, call: Call) -> ChatReply:
        model, request_id = call.request.model, call.request.request_id
        started = self._clock.monotonic()
        seconds = 0.0
        ending: FailureKind | None = FailureKind.ABANDONED
        self._observer.call_started(model, request_id)
        try:
            completion = self._retry.run(lambda _number: self._attempt(call), call.deadline)
            ending = None
        except ApprovalError as failure:
            error = LlmError.after(failure, call.spend)
            ending = error.kind
            raise error from None
        finally:
            seconds = self._clock.monotonic() - started
            self._observer.call_finished(CallRecord(model, request_id, ending, seconds, call.spend))
        return ChatReply(completion.text, completion.model, call.spend, round(seconds * 1000))

    def _attempt(self, call: Call) -> Completion:
        """One attempt, made again at once where it could not have worked.

        That is on a connection that had gone stale, or in a dialect that the model does not speak.
        """
        model = call.request.model
        fresh = False
        while True:
            dialect = self._dialects.of(model)
            question = self._questions.of(call.request, dialect)
            try:
                return self._attempts.make(call, question, fresh=fresh)
            except StaleLaneError:
                # A new connection cannot be stale, so this comes once. The endpoint had nearly always hung up before
                # it saw the request; as that is not sure, the cost of the lost attempt counts as unknown.
                fresh = True
            except StatusFailure as refusal:
                if not refusal.is_about_the_request or not self._dialects.learn(
                    model, dialect, refusal.complaint
                ):
                    raise

    def stop(self) -> None:
        """Take no new calls from now on: they get `shutting_down`."""
        self._admission.close()

    def drain(self, deadline: Deadline) -> bool:
        """Wait for the calls under way, then close the idle connections. False if some are still under way."""
        all_done = self._admission.wait_until_empty(deadline)
        self.lanes.close_idle()
        return all_done

    @property
    def in_flight(self) -> int:
        """Calls under way, those that wait included."""
        return self._admission.inside

    def __repr__(self) -> str:
        return f"LlmClient({self.in_flight} in flight, {self.lanes}, {self.breaker}, {self.limiter})"
