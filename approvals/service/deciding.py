# SPDX-License-Identifier: Apache-2.0
"""Carries out one event on a request, exactly once."""

from approvals.clock import Clock
from approvals.domain import decisions
from approvals.domain.decisions import Decision
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import ApprovalRecord, RouteAnswer
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.service.answers import RouteResult, Status
from approvals.store.protocol import ApprovalStore
from approvals.telemetry import note


class Deciding:
    """The use case behind `route_approval`."""

    def __init__(self, store: ApprovalStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def decide(self, request_id: str, decision: Decision, policy: PolicyDocument | None) -> RouteResult:
        """Carry out one event, once.

        A refused event answers `refused` with the code, a lost race `conflict` with where the request now stands.
        `policy` counts for `submit` alone; without it the policy that the request was analysed under is used.
        Raises `store_unavailable`.
        """
        note(request_id=request_id)
        try:
            record = self._store.load(request_id)
        except ApprovalError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return RouteResult(Status.REFUSED, None, error=error)
        try:
            return self._carried_out(record, decision, policy)
        except ApprovalError as error:
            if error.code is ErrorCode.VERSION_CONFLICT:
                return self._lost_race(request_id, decision, error)
            if error.code is ErrorCode.STORE_UNAVAILABLE:
                raise
            return RouteResult(Status.REFUSED, _standing(record, error.message), error=error, record=record)

    def _carried_out(
        self, record: ApprovalRecord, decision: Decision, policy: PolicyDocument | None
    ) -> RouteResult:
        _require_same_content(record, decision)
        answer = decisions.repeated(record, decision)
        if answer is not None:
            return RouteResult(Status.OK, answer, replayed=True, record=record)
        if decision.expected_version not in {None, record.version}:
            raise ApprovalError(
                ErrorCode.VERSION_CONFLICT,
                f"expected_version is {decision.expected_version}, but request {record.request_id!r} is at version "
                f"{record.version}; look at its current state and decide again",
            )
        after = decisions.apply(record, decision, self._clock.now(), policy)
        self._store.save(after, record.version)
        return RouteResult(Status.OK, after.history[-1].answer, record=after)

    def _lost_race(self, request_id: str, decision: Decision, error: ApprovalError) -> RouteResult:
        """Somebody else's write came first; it may have been this very step, carried out by a twin of this call."""
        record = self._store.load(request_id)
        answer = decisions.repeated(record, decision)
        if answer is not None:
            return RouteResult(Status.OK, answer, replayed=True, record=record)
        return RouteResult(Status.CONFLICT, _standing(record, error.message), error=error, record=record)


def _require_same_content(record: ApprovalRecord, decision: Decision) -> None:
    """Raises `idempotency_mismatch` where the caller has another request in mind than the one with this id."""
    given, stored = decision.content_digest, record.request.content_digest
    if given and given != stored:
        raise ApprovalError(
            ErrorCode.IDEMPOTENCY_MISMATCH,
            f"content_digest is {shown(given)}, but request {record.request_id!r} has {stored!r}: it stands for other "
            "content. Nothing was changed; give the other request an id of its own",
        )


def _standing(record: ApprovalRecord, reason: str) -> RouteAnswer:
    return decisions.answer_of(record, previous=record.state, reason=reason)
