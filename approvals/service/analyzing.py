# SPDX-License-Identifier: Apache-2.0
"""Stores a request, has it read, stores what was found: in this order, so that no request is ever lost."""

from collections.abc import Callable, Sequence

from approvals.analysis.analyst import AnalysisFailedError, Analyst, ChatClient, Outcome
from approvals.analysis.timed_calls import TimedCalls
from approvals.clock import Clock
from approvals.domain import transitions
from approvals.domain.canonical import text_digest
from approvals.domain.checks import NOTHING_FOUND, Comparison, with_findings
from approvals.domain.policy import Policy
from approvals.domain.records import Analysis, ApprovalRecord, Route
from approvals.domain.routing import flags_under, route
from approvals.domain.terms import Flag, Level, Risk, State
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm import Deadline
from approvals.service.answers import AnalyzeAnswer, AnalyzeOrder, Status
from approvals.service.comparing import Comparing, follow_late
from approvals.service.heavy_work import HeavyWork
from approvals.service.listed import InList
from approvals.service.observing import UNOBSERVED, Observer
from approvals.service.policies import Policies
from approvals.service.revising import Revising, key_reused
from approvals.service.room import unless_full
from approvals.store.protocol import ApprovalStore, DeadLetter
from approvals.telemetry import hide_secrets, note, redact

_SAVE_TRIES = 5


class Analyzing:
    """The use case behind `analyze_approval`; `open` and `settle` are its two halves, around the model's call."""

    def __init__(  # noqa: PLR0913 - what it works with, and the settings that bound it
        self,
        store: ApprovalStore,
        analyst: Analyst,
        clock: Clock,
        *,
        default_model: str,
        deadline_seconds: float,
        new_id: Callable[[], str],
        observe_overhead: Callable[[float], None] = lambda _seconds: None,
        observer: Observer = UNOBSERVED,
        heavy_work: HeavyWork | None = None,
    ) -> None:
        """`observe_overhead` hears of the seconds of every analysis that were neither the model's nor a wait's.

        `heavy_work`: the turns that this process gives to work on long texts.
        """
        self._store = store
        self._analyst = analyst
        self._clock = clock
        self._policies = Policies(store)
        self._default_model = default_model
        self._deadline_seconds = deadline_seconds
        self._new_id = new_id
        self._observe_overhead = observe_overhead
        self._observer = observer
        self._heavy_work = heavy_work or HeavyWork(clock)

    def analyze(self, order: AnalyzeOrder) -> AnalyzeAnswer:
        """Store the request, have it read, store what was found.

        The same request again gives the stored answer. A failed analysis is an answer with `manual_review`: the
        request is stored, and a person reads it. Raises `already_exists` or `idempotency_mismatch` for an id or key
        that stands for something else, `not_found` or `invalid_transition` for a `revision_of` that cannot be
        revised, and `store_unavailable`.
        """
        started = self._clock.monotonic() if order.received is None else order.received
        calls = TimedCalls(self._analyst.client)
        answer = self._answer(order, calls)
        overhead = max(0.0, self._clock.monotonic() - started - calls.waited_seconds)
        self._observe_overhead(overhead)
        return answer._replace(overhead_ms=round(overhead * 1000))

    def _answer(self, order: AnalyzeOrder, calls: TimedCalls) -> AnalyzeAnswer:
        record = self.open(order)
        if record.analysis is not None:
            return self.repeated(record, record.analysis)
        deadline = Deadline.after(self._clock, self._deadline_seconds)
        outcome = self._outcome(record, deadline, order.model, calls)
        (compared,) = self.compared((record,))
        try:
            return self.settle(record, outcome, compared, order.model)
        except AnalysisFailedError as failure:
            # Only the admin can mend it, and the same call again then reads the request: what stands in for its
            # analysis is answered but not stored.
            stand_in = self._failed(record, failure, order.model or self._default_model)
            stand_in = self._checked(record, stand_in, compared)
            return self._analyzed(record, stand_in, replayed=False)

    def retry(self, record: ApprovalRecord, deadline: Deadline) -> bool:
        """Have a stored request read once more; True when it has a usable analysis now.

        What all attempts cost adds up. Raises as `analyze` does.
        """
        own_deadline = Deadline.after(self._clock, deadline.clip(self._deadline_seconds))
        outcome = self._outcome(record, own_deadline)
        (compared,) = self.compared((record,))
        return self.settle(record, outcome, compared).analysis.usable

    def _outcome(
        self, record: ApprovalRecord, deadline: Deadline, model: str = "", calls: ChatClient | None = None
    ) -> Outcome:
        (outcome,) = self._analyst.analyze_together(
            (record.request,), self.policy_of(record), deadline, model, calls
        )
        return outcome

    def compared(
        self, records: Sequence[ApprovalRecord], listed: Sequence[InList | None] = ()
    ) -> list[Comparison | None]:
        """What others say of records of one policy, each compared with those before it; None: that could not be had.

        `listed`: for each where it stands in its list, if it came in one.
        """
        return Comparing(self._store, self._clock).compare(records, self.policy_of(records[0]), listed)

    def settle(
        self, record: ApprovalRecord, outcome: Outcome, compared: Comparison | None, model: str = ""
    ) -> AnalyzeAnswer:
        """Store what became of a reading; of a failed one, a dead letter first, then what stands in for it.

        `compared` is what `compared` gave for the record. Raises as `analyze` does.
        """
        if isinstance(outcome, AnalysisFailedError):
            self._bury(record, outcome)
            if outcome.callers_fault:
                raise outcome
            outcome = self._failed(record, outcome, model or self._default_model)
        checked = self._checked(record, _without_secrets(outcome), compared)
        return self._keep(
            record, checked if record.analysis is None else checked.with_cost_of(record.analysis)
        )

    def _checked(self, record: ApprovalRecord, analysis: Analysis, compared: Comparison | None) -> Analysis:
        """The analysis with what the checks find in the request and beside others."""
        policy = self.policy_of(record)
        if compared is None:
            compared = NOTHING_FOUND
            analysis = analysis.model_copy(update={"flags": (*analysis.flags, Flag.NOT_COMPARED)})
        now = self._clock.now()
        with self._heavy_work.turn(len(record.request.content)) as pause:
            return with_findings(policy, record.request, analysis, now=now, compared=compared, pause=pause)

    def repeated(self, record: ApprovalRecord, analysis: Analysis) -> AnalyzeAnswer:
        """The answer to a request that was analysed before."""
        return self._analyzed(record, analysis, replayed=True)

    def policy_of(self, record: ApprovalRecord) -> Policy:
        """The policy that a record was made under."""
        return self._policies.of(record).policy

    def open(self, order: AnalyzeOrder) -> ApprovalRecord:
        """The stored record for an order; stored now unless it was before. Raises as `analyze` does."""
        request, key = order.request, order.idempotency_key
        if order.revision_of:
            note(request_id=order.revision_of)
            return self._revising.open(order)
        fresh = order.fresh or not (request.request_id or key)
        if not request.request_id:
            request = request.model_copy(update={"request_id": self.id_for(order)})
        elif key:
            holder = self._store.claim(key, request.request_id)
            if holder != request.request_id:
                raise key_reused(key, holder)
        note(request_id=request.request_id)
        now = self._clock.now()
        record = ApprovalRecord(
            request=request,
            idempotency_key=key,
            policy_digest=order.policy.digest,
            created_at=now,
            updated_at=now,
        )
        self._policies.keep(order.policy)
        try:
            self._store.create(record, fresh=fresh)
        except ApprovalError as error:
            if error.code is not ErrorCode.ALREADY_EXISTS:
                raise
            return self._same_request(record, error)
        return record

    def id_for(self, order: AnalyzeOrder) -> str:
        """The id that the request of an order is stored under. One that is made at random is another each time."""
        key, stated = order.idempotency_key, order.revision_of or order.request.request_id
        return stated or (f"req_{text_digest(key)[:32]}" if key else self._new_id())

    def _same_request(self, record: ApprovalRecord, taken: ApprovalError) -> ApprovalRecord:
        try:
            stored = self._store.load(record.request_id)
        except ApprovalError as error:
            raise (
                taken if error.code is ErrorCode.NOT_FOUND else error
            ) from None  # one that retention removed
        if stored.request.content_digest == record.request.content_digest:
            return stored
        if record.idempotency_key and record.idempotency_key == stored.idempotency_key:
            raise key_reused(record.idempotency_key, stored.request_id)
        raise ApprovalError(
            ErrorCode.ALREADY_EXISTS,
            f"request_id {shown(record.request_id)} already stands for another request; "
            "use a new id, or leave it empty to have one made",
        )

    def _keep(self, record: ApprovalRecord, analysis: Analysis) -> AnalyzeAnswer:
        """Write the analysis, unless somebody else wrote one first or the request has moved on."""
        if record.state is State.RETURNED:
            try:
                kept = self._revising.keep(record, analysis)
            except ApprovalError as error:
                if error.code is ErrorCode.VERSION_CONFLICT:
                    self._follow(record, self._store.load(record.request_id))
                raise
            self._follow(record, kept.record)
            return self._observed(self._analyzed(kept.record, kept.analysis, replayed=kept.replayed))
        for _ in range(_SAVE_TRIES):
            if record.history:  # decided without us: the analysis would come after the decision it informs
                self._follow(record, record)
                return self._analyzed(record, analysis, replayed=False)
            analysed = transitions.with_analysis(record, analysis, self._clock.now())
            try:
                self._store.save(analysed, record.version)
            except ApprovalError as error:
                if error.code is not ErrorCode.VERSION_CONFLICT:
                    raise
                record = self._store.load(record.request_id)
                if record.analysis is not None and record.analysis.usable:
                    self._follow(record, record)
                    return self._analyzed(record, record.analysis, replayed=True)
            else:
                return self._observed(self._analyzed(analysed, analysis, replayed=False))
        raise ApprovalError(
            ErrorCode.STORE_UNAVAILABLE,
            f"request {record.request_id!r} kept changing while its analysis was written; try again",
        )

    def _follow(self, compared: ApprovalRecord, stored: ApprovalRecord) -> None:
        """What was compared has been made known to others; where it was decided meanwhile, they are told that, too."""
        if stored.state.final:
            follow_late(self._store, compared, stored, self.policy_of(stored))

    @property
    def _revising(self) -> Revising:
        return Revising(self._store, self._clock)

    def _observed(self, answer: AnalyzeAnswer) -> AnalyzeAnswer:
        if not answer.replayed:
            self._observer.analyzed(answer.status, answer.record)
        return answer

    def _analyzed(self, record: ApprovalRecord, analysis: Analysis, *, replayed: bool) -> AnalyzeAnswer:
        policy, usage = self.policy_of(record), self._store.usage()
        routed = _route(record, policy, analysis)
        return AnalyzeAnswer(
            status=Status.OK if analysis.usable else Status.MANUAL_REVIEW,
            record=record,
            analysis=analysis,
            auto_approve_eligible=routed.auto_approve,
            flags=flags_under(policy, analysis),
            replayed=replayed,
            storage_nearly_full=usage is not None and usage.nearly_full,
            route=routed,
        )

    def _bury(self, record: ApprovalRecord, failure: AnalysisFailedError) -> None:
        letter = DeadLetter(
            request_id=record.request_id,
            code=failure.code,
            message=redact(failure.message),
            buried_at=self._clock.now(),
        )
        with unless_full(record.request_id, "a person decides; the analysis is not tried again by itself"):
            self._store.put_dead_letter(letter)

    def _failed(self, record: ApprovalRecord, failure: AnalysisFailedError, model: str) -> Analysis:
        """What stands in for an analysis that could not be had: high risk, no confidence, the policy's own level."""
        stages = _route(record, self.policy_of(record), None).stages
        return Analysis(
            usable=False,
            risk=Risk.HIGH,
            level=stages[-1] if stages else Level.EXECUTIVE,
            auto_approve=False,
            confidence=0.0,
            summary="No analysis: a person reads this request unaided.",
            flags=(Flag.NO_ANALYSIS,),
            model=model,
            latency_ms=failure.latency_ms,
            error_code=failure.code,
            error_message=redact(failure.message),
            at=self._clock.now(),
            prompt_tokens=failure.spend.prompt_tokens,
            completion_tokens=failure.spend.completion_tokens,
            cost_usd=failure.spend.cost_usd,
            cost_known=failure.spend.cost_known,
            attempts=failure.spend.attempts,
        )


def _route(record: ApprovalRecord, policy: Policy, analysis: Analysis | None) -> Route:
    return route(policy, record.request, analysis, revised=record.revision > 1)


def _without_secrets(analysis: Analysis) -> Analysis:
    """The analysis as it is stored: an endpoint that answers with what it was sent must not bring a key into it."""
    factors = tuple((factor.claim, factor.evidence) for factor in analysis.factors)
    shown_words = (analysis.summary, analysis.model, factors)
    hidden = hide_secrets(shown_words)
    error_message = redact(analysis.error_message) if analysis.error_message else ""
    if hidden is shown_words and error_message == analysis.error_message:
        return analysis
    summary, model, claims = hidden
    words = {
        "summary": summary,
        "model": model,
        "factors": tuple(
            factor.model_copy(update={"claim": claim, "evidence": evidence})
            for factor, (claim, evidence) in zip(analysis.factors, claims, strict=True)
        ),
        "error_message": error_message,
    }
    return analysis.model_copy(update=words)
