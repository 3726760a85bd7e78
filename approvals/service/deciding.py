# SPDX-License-Identifier: Apache-2.0
"""Carries out one event on a request, exactly once."""

from dataclasses import replace

from approvals.clock import Clock
from approvals.domain import transitions
from approvals.domain.authority import UnauthorizedError, refusal_of
from approvals.domain.decisions import Decision
from approvals.domain.idempotency import is_version_at_hand, repeated
from approvals.domain.ledger import require_sound
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys
from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, IfRefused
from approvals.errors import CAME_LATE, ApprovalError, ErrorCode, shown
from approvals.service.answers import RouteResult, Status
from approvals.service.comparing import follow
from approvals.service.ledger_heads import log_head
from approvals.service.notifying import UNNOTIFIED, Notifier
from approvals.service.observing import UNOBSERVED, Observer
from approvals.service.policies import Policies
from approvals.service.room import unless_full
from approvals.store.protocol import ApprovalStore
from approvals.telemetry import note


class Deciding:
    """The use case behind `route_approval`."""

    def __init__(
        self,
        store: ApprovalStore,
        clock: Clock,
        keys: LedgerKeys = UNKEYED,
        observer: Observer = UNOBSERVED,
        notifier: Notifier = UNNOTIFIED,
    ) -> None:
        """The newest of `keys` signs what is written."""
        self._store = store
        self._clock = clock
        self._keys = keys
        self._observer = observer
        self._policies = Policies(store)
        self._notifier = notifier

    def decide(self, request_id: str, decision: Decision) -> RouteResult:
        """Carry out one event, once, under the policy that the request was analysed under.

        A refused event answers `refused` with the code, a lost race `conflict` with where the request now stands.
        A refusal is kept for auditors; with `if_refused: escalate` one for want of authority moves the request one
        level up instead. Raises `store_unavailable`.
        """
        return replace(self._decided(request_id, decision), at=self._clock.now())

    def _decided(self, request_id: str, decision: Decision) -> RouteResult:
        note(request_id=request_id)
        try:
            record = self._store.load(request_id)
        except ApprovalError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return RouteResult(Status.REFUSED, None, error=error)
        try:
            policy = self._policies.of(record)
        except ApprovalError as error:  # changed by hand, or written under rules that are gone
            if error.code is not ErrorCode.BAD_POLICY:
                raise
            return _unchanged(Status.REFUSED, record, None, error)
        try:
            return self._carried_out(record, decision, policy)
        except ApprovalError as error:
            if error.code is ErrorCode.STORE_UNAVAILABLE:
                raise
            if error.code is ErrorCode.VERSION_CONFLICT:
                return self._lost_race(request_id, decision, policy.policy, error)
            return _unchanged(Status.REFUSED, record, policy.policy, error)

    def decide_as_told(self, request_id: str, decision: Decision, message_id: str) -> RouteResult:
        """Carry out what a signed message asks for, once for its id among all requests.

        The signature of a message does not cover the address that it was sent to, so that a copy of it sent to another
        request is refused with `idempotency_mismatch`; one sent to the same request is answered as `replayed`.
        """
        record = self._store.load(request_id)
        key = f"message {message_id}"
        holder = self._store.claim(key, request_id)
        if holder != request_id:
            raise ApprovalError(
                ErrorCode.IDEMPOTENCY_MISMATCH,
                f"message {shown(message_id)} was sent to request {holder!r} before; give each event an id of its own",
            )
        return self.decide(record.request_id, replace(decision, idempotency_key=key))

    def misstated(self, request_id: str, error: ApprovalError) -> RouteResult:
        """What is answered to an event that could not be read: why, and where the request stands.

        Raises `not_found` and `store_unavailable`.
        """
        record = self._store.load(request_id)
        result = _unchanged(Status.REFUSED, record, self._policies.readable(record), error)
        return replace(result, at=self._clock.now())

    def _carried_out(self, record: ApprovalRecord, decision: Decision, policy: PolicyDocument) -> RouteResult:
        _require_same_content(record, decision)
        answer = repeated(record, decision)
        if answer is not None:
            return RouteResult(Status.OK, answer, replayed=True, record=record, policy=policy.policy)
        if not is_version_at_hand(record, decision.expected_version):
            raise ApprovalError(
                ErrorCode.VERSION_CONFLICT,
                f"expected_version is {decision.expected_version}, but request {record.request_id!r} is at version "
                f"{record.version}; look at its current state and decide again",
            )
        require_sound(record, self._keys)
        after = self._applied(record, decision, policy)
        notice = self._notifier.prepare(after, policy.policy)
        try:
            self._store.save(after, record.version)
        except ApprovalError as error:
            if error.code is not ErrorCode.STORE_UNAVAILABLE:  # of that one nobody knows what was written
                self._notifier.cancel(notice)
            raise
        log_head(after)
        follow(self._store, record, after, policy.policy)
        self._observer.decided(record, after)
        self._notifier.deliver(notice)
        return RouteResult(Status.OK, after.history[-1].answer, record=after, policy=policy.policy)

    def _applied(self, record: ApprovalRecord, decision: Decision, policy: PolicyDocument) -> ApprovalRecord:
        """The record after the event, or one level up where that was refused and shall not stop the request."""
        now = self._clock.now()
        try:
            return transitions.apply(record, decision, now, policy, self._keys)
        except UnauthorizedError as refused:
            self._note_refusal(record, decision, refused)
            # Whoever may not withdraw a request, or bring it back, has not decided on it.
            theirs = decision.event in {Event.WITHDRAW, Event.RESUBMIT}
            if decision.if_refused is IfRefused.STOP or theirs:
                raise
            return transitions.passed_up(record, decision, refused, now, policy, self._keys)
        except ApprovalError as refused:
            self._note_refusal(record, decision, refused)
            raise

    def _note_refusal(self, record: ApprovalRecord, decision: Decision, error: ApprovalError) -> None:
        """Keep who tried what."""
        self._observer.refused(decision, error.code)
        if not _is_nobodys(decision):
            with unless_full(record.request_id, "a refused decision is not on record"):
                self._store.note_refusal(record.request_id, refusal_of(decision, error, self._clock.now()))

    def _lost_race(
        self, request_id: str, decision: Decision, policy: Policy, error: ApprovalError
    ) -> RouteResult:
        """Somebody else's write came first; it may have been this very step, carried out by a twin of this call."""
        record = self._store.load(request_id)
        answer = repeated(record, decision)
        if answer is not None:
            return RouteResult(Status.OK, answer, replayed=True, record=record, policy=policy)
        return _unchanged(Status.CONFLICT, record, policy, error)


def _is_nobodys(decision: Decision) -> bool:
    """True for what a workflow or the sweep reports: refused, it is no decision that somebody tried."""
    return decision.event is Event.TIMEOUT or (
        decision.event in {Event.SUBMIT, Event.RESUBMIT} and not decision.actor
    )


def _require_same_content(record: ApprovalRecord, decision: Decision) -> None:
    """Raises `idempotency_mismatch` where the caller has another request in mind than the one with this id."""
    given, stored = decision.content_digest, record.request.content_digest
    following = record.next_revision if decision.event is Event.RESUBMIT else None
    if given and given not in {stored, following.request.content_digest if following else stored}:
        raise ApprovalError(
            ErrorCode.IDEMPOTENCY_MISMATCH,
            f"content_digest is {shown(given)}, but request {record.request_id!r} has {stored!r}: it stands for other "
            "content. Nothing was changed; give the other request an id of its own",
        )


def _unchanged(
    status: Status, record: ApprovalRecord, policy: Policy | None, error: ApprovalError
) -> RouteResult:
    """Why nothing happened, and where the request stands. Of one that was closed meanwhile: how it was closed."""
    came_late = record.state.final and error.code in CAME_LATE and record.history
    reason = record.history[-1].answer.reason if came_late else error.message
    answer = transitions.answer_of(record, previous=record.state, reason=reason)
    return RouteResult(status, answer, error=error, record=record, policy=policy)
