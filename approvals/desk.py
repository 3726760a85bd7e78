# SPDX-License-Identifier: Apache-2.0
"""The use cases. The only writer of records: parse elsewhere, decide in the domain, write here, answer."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from approvals.analysis.analyst import AnalysisFailedError, Analyst
from approvals.clock import Clock
from approvals.domain import decisions
from approvals.domain.canonical import text_digest
from approvals.domain.decisions import Decision
from approvals.domain.policy_reader import PolicyDocument, policy_from_document
from approvals.domain.records import Analysis, ApprovalRecord, ApprovalRequest, RouteAnswer
from approvals.domain.routing import flags_under, route
from approvals.domain.terms import Flag, Level, Risk
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm import Deadline
from approvals.store.protocol import ApprovalStore, DeadLetter
from approvals.telemetry import note

_SAVE_TRIES = 5


class Status(StrEnum):
    """How a use case ended, as a workflow sees it."""

    OK = "ok"
    MANUAL_REVIEW = "manual_review"
    REFUSED = "refused"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class AnalyzeOrder:
    """A request to be read. An empty id is made up: at random, or from the idempotency key."""

    request: ApprovalRequest
    policy: PolicyDocument
    model: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class AnalyzeAnswer:
    """The stored request with its analysis, and what the policy makes of it."""

    status: Status
    record: ApprovalRecord
    analysis: Analysis
    auto_approve_eligible: bool
    flags: tuple[Flag, ...]
    replayed: bool


@dataclass(frozen=True, slots=True)
class RouteResult:
    """What became of an event. `answer` is where the request stands; None when there is no such request."""

    status: Status
    answer: RouteAnswer | None
    replayed: bool = False
    error: ApprovalError | None = None


class Desk:
    """One caller's view of the approvals: a store, an analyst, a clock."""

    def __init__(
        self,
        store: ApprovalStore,
        analyst: Analyst,
        clock: Clock,
        *,
        default_model: str,
        deadline_seconds: float,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._analyst = analyst
        self._clock = clock
        self._default_model = default_model
        self._deadline_seconds = deadline_seconds
        self._new_id = new_id

    # -- analyze ---------------------------------------------------------------------------------------------

    def analyze(self, order: AnalyzeOrder) -> AnalyzeAnswer:
        """Store the request, have it read, store what was found.

        The same request again gives the stored answer. Raises `already_exists` or `idempotency_mismatch` for an
        id or key that stands for something else, `store_unavailable`, and `AnalysisFailedError` for what only the
        admin can mend (a refused key, an unknown model). Every other failure is an answer with `manual_review`.
        """
        record = self._open(order)
        if record.analysis is not None:
            return self._analyzed(record, record.analysis, replayed=True)
        policy = policy_from_document(record.policy).policy
        deadline = Deadline.after(self._clock, self._deadline_seconds)
        try:
            analysis = self._analyst.analyze(record.request, policy, deadline, order.model)
        except AnalysisFailedError as failure:
            self._bury(record, failure)
            if failure.callers_fault:
                raise
            analysis = self._failed(record, failure, order.model or self._default_model)
        return self._keep(record, analysis)

    def _open(self, order: AnalyzeOrder) -> ApprovalRecord:
        """The stored record for an order; stored now unless it was before."""
        request, key = order.request, order.idempotency_key
        fresh = not request.request_id and not key
        if not request.request_id:
            made_up = f"req_{text_digest(key)[:32]}" if key else self._new_id()
            request = request.model_copy(update={"request_id": made_up})
        elif key:
            holder = self._store.claim(key, request.request_id)
            if holder != request.request_id:
                raise _key_reused(key, holder)
        note(request_id=request.request_id)
        now = self._clock.now()
        record = ApprovalRecord(
            request=request,
            idempotency_key=key,
            policy=order.policy.document,
            policy_digest=order.policy.digest,
            created_at=now,
            updated_at=now,
        )
        try:
            self._store.create(record, fresh=fresh)
        except ApprovalError as error:
            if error.code is not ErrorCode.ALREADY_EXISTS:
                raise
            return self._same_request(record)
        return record

    def _same_request(self, record: ApprovalRecord) -> ApprovalRecord:
        stored = self._store.load(record.request_id)
        if stored.request.content_digest == record.request.content_digest:
            return stored
        if record.idempotency_key and record.idempotency_key == stored.idempotency_key:
            raise _key_reused(record.idempotency_key, stored.request_id)
        raise ApprovalError(
            ErrorCode.ALREADY_EXISTS,
            f"request_id {shown(record.request_id)} already stands for another request; "
            "use a new id, or leave it empty to have one made",
        )

    def _keep(self, record: ApprovalRecord, analysis: Analysis) -> AnalyzeAnswer:
        """Write the analysis, unless somebody else wrote one first or the request has moved on."""
        for _ in range(_SAVE_TRIES):
            analysed = decisions.with_analysis(record, analysis, self._clock.now())
            try:
                self._store.save(analysed, record.version)
            except ApprovalError as error:
                if error.code is not ErrorCode.VERSION_CONFLICT:
                    raise
                record = self._store.load(record.request_id)
                if record.analysis is not None:
                    return self._analyzed(record, record.analysis, replayed=True)
                if (
                    record.history
                ):  # decided without us: the analysis would come after the decision it informs
                    return self._analyzed(record, analysis, replayed=False)
            else:
                return self._analyzed(analysed, analysis, replayed=False)
        raise ApprovalError(
            ErrorCode.STORE_UNAVAILABLE,
            f"request {record.request_id!r} kept changing while its analysis was written; try again",
        )

    def _analyzed(self, record: ApprovalRecord, analysis: Analysis, *, replayed: bool) -> AnalyzeAnswer:
        policy = policy_from_document(record.policy).policy
        return AnalyzeAnswer(
            status=Status.OK if analysis.usable else Status.MANUAL_REVIEW,
            record=record,
            analysis=analysis,
            auto_approve_eligible=route(policy, record.request, analysis).auto_approve,
            flags=flags_under(policy, analysis),
            replayed=replayed,
        )

    def _bury(self, record: ApprovalRecord, failure: AnalysisFailedError) -> None:
        letter = DeadLetter(
            request_id=record.request_id,
            code=failure.code,
            message=failure.message,
            buried_at=self._clock.now(),
        )
        self._store.bury(letter)

    def _failed(self, record: ApprovalRecord, failure: AnalysisFailedError, model: str) -> Analysis:
        """What stands in for an analysis that could not be had: high risk, no confidence, the policy's own level."""
        policy = policy_from_document(record.policy).policy
        stages = route(policy, record.request, None).stages
        spend = failure.spend
        return Analysis(
            usable=False,
            risk=Risk.HIGH,
            level=stages[-1] if stages else Level.EXECUTIVE,
            auto_approve=False,
            confidence=0.0,
            summary="No analysis: a person reads this request unaided.",
            flags=(Flag.NO_ANALYSIS,),
            model=model,
            prompt_tokens=spend.prompt_tokens,
            completion_tokens=spend.completion_tokens,
            cost_usd=spend.cost_usd,
            cost_known=spend.cost_known,
            latency_ms=failure.latency_ms,
            attempts=spend.attempts,
            error_code=failure.code,
            error_message=failure.message,
            at=self._clock.now(),
        )

    # -- route -----------------------------------------------------------------------------------------------

    def route(self, request_id: str, decision: Decision, policy: PolicyDocument | None) -> RouteResult:
        """Carry out one event, once.

        A refused event answers `refused` with the code, a lost race `conflict` with where the request now stands.
        `policy` counts for `submit` alone; without it the policy that the request was analysed under is used.
        Raises `bad_parameter` and `store_unavailable`.
        """
        note(request_id=request_id)
        try:
            record = self._store.load(request_id)
        except ApprovalError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return RouteResult(Status.REFUSED, None, error=error)
        try:
            return self._decide(record, decision, policy)
        except ApprovalError as error:
            if error.code is ErrorCode.VERSION_CONFLICT:
                return self._lost_race(request_id, decision, error)
            if error.code in {ErrorCode.BAD_PARAMETER, ErrorCode.STORE_UNAVAILABLE, ErrorCode.BAD_POLICY}:
                raise
            return RouteResult(Status.REFUSED, _standing(record, error.message), error=error)

    def _decide(
        self, record: ApprovalRecord, decision: Decision, policy: PolicyDocument | None
    ) -> RouteResult:
        answer = decisions.repeated(record, decision)
        if answer is not None:
            return RouteResult(Status.OK, answer, replayed=True)
        if decision.expected_version not in {None, record.version}:
            raise ApprovalError(
                ErrorCode.VERSION_CONFLICT,
                f"expected_version is {decision.expected_version}, but request {record.request_id!r} is at version "
                f"{record.version}; look at its current state and decide again",
            )
        after = decisions.apply(record, decision, self._clock.now(), policy)
        self._store.save(after, record.version)
        return RouteResult(Status.OK, after.history[-1].answer)

    def _lost_race(self, request_id: str, decision: Decision, error: ApprovalError) -> RouteResult:
        """Somebody else's write came first; it may have been this very step, carried out by a twin of this call."""
        record = self._store.load(request_id)
        answer = decisions.repeated(record, decision)
        if answer is not None:
            return RouteResult(Status.OK, answer, replayed=True)
        return RouteResult(Status.CONFLICT, _standing(record, error.message), error=error)


def _standing(record: ApprovalRecord, reason: str) -> RouteAnswer:
    return decisions.answer_of(record, previous=record.state, reason=reason)


def _key_reused(key: str, holder: str) -> ApprovalError:
    return ApprovalError(
        ErrorCode.IDEMPOTENCY_MISMATCH,
        f"idempotency_key {shown(key)} was used for request {holder!r} with other content; use a new key",
    )
