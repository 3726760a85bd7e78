# SPDX-License-Identifier: Apache-2.0
"""Applies one event to a record: checks who may, follows the lifecycle, writes the next ledger entry."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from approvals.domain import lifecycle
from approvals.domain.canonical import digest, rfc3339
from approvals.domain.ledger import next_entry
from approvals.domain.policy_reader import PolicyDocument, stored_policy
from approvals.domain.records import Analysis, ApprovalRecord, LedgerEntry, Route, RouteAnswer, Step
from approvals.domain.routing import route
from approvals.domain.terms import Event, IfRefused, Level, OnTimeout, State
from approvals.errors import ApprovalError, ErrorCode, shown

SYSTEM = "system"
UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class Decision:
    """One event that someone wants to happen."""

    event: Event
    actor: str = ""
    actor_level: Level | None = None
    comment: str = ""
    expected_version: int | None = None
    idempotency_key: str = ""
    content_digest: str = ""
    if_refused: IfRefused = IfRefused.STOP

    @property
    def fingerprint(self) -> str:
        """What a repeated call must have in common with the first to be the same step."""
        level = self.actor_level or ""
        return digest({"event": self.event, "actor": self.signed, "level": level, "comment": self.comment})

    @property
    def signed(self) -> str:
        """The actor as the ledger names it; a step of the workflow itself is the system's."""
        return self.actor or (SYSTEM if self.event in {Event.SUBMIT, Event.TIMEOUT} else UNNAMED)


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: State
    stages: tuple[Level, ...]
    reason: str


def with_analysis(record: ApprovalRecord, analysis: Analysis, at: datetime) -> ApprovalRecord:
    """The record with what the model said of it."""
    return record.model_copy(update={"analysis": analysis, "version": record.version + 1, "updated_at": at})


def apply(
    record: ApprovalRecord, decision: Decision, at: datetime, policy: PolicyDocument | None = None
) -> ApprovalRecord:
    """The record after `decision`, one version on.

    `policy` is read by `submit` alone; from then on the policy that the record was submitted under rules.
    Raises `invalid_transition`, `no_higher_level`, `not_authorized` or `bad_parameter`; nothing has then changed.
    """
    targets = lifecycle.require(record.state, decision.event)
    if decision.event in {Event.APPROVE, Event.REJECT}:
        _require_authority(record, decision)
    submitted = (
        policy
        if policy and decision.event is Event.SUBMIT
        else stored_policy(record.policy, record.policy_digest)
    )
    routed = (
        route(submitted.policy, record.request, record.analysis)
        if decision.event is Event.SUBMIT
        else record.route
    )
    outcome = _outcome(record, decision, submitted, routed)
    if outcome.state not in targets:
        raise AssertionError(f"{decision.event} led to {outcome.state}, which the lifecycle does not know")
    entry = next_entry(
        record,
        event=decision.event,
        actor=decision.signed,
        level=decision.actor_level or record.level or "",
        to_state=outcome.state,
        policy_digest=submitted.digest,
        comment=decision.comment,
        at=at,
    )
    return _advanced(record, decision, outcome, entry, submitted, routed, at)


def _outcome(
    record: ApprovalRecord, decision: Decision, policy: PolicyDocument, routed: Route | None
) -> _Outcome:
    who = decision.signed
    match decision.event:
        case Event.SUBMIT if routed is not None:
            state = State.APPROVED if routed.auto_approve else State.UNDER_REVIEW
            return _Outcome(state, routed.stages, "; ".join(routed.reasons))
        case Event.APPROVE:
            return _approved(record, f"approved by {who} as {decision.actor_level}")
        case Event.REJECT:
            return _Outcome(State.REJECTED, (), f"rejected by {who} as {decision.actor_level}")
        case Event.ESCALATE:
            return _escalated(record, f"escalated by {who}")
        case Event.TIMEOUT:
            return _overdue(record, policy.policy.on_timeout)
        case _:
            return _Outcome(State.WITHDRAWN, (), f"withdrawn by {who}")


def _approved(record: ApprovalRecord, said: str) -> _Outcome:
    left = record.stages[1:]
    if left:
        return _Outcome(State.UNDER_REVIEW, left, f"{said}; {left[0]} signs next")
    return _Outcome(State.APPROVED, (), said)


def _overdue(record: ApprovalRecord, on_timeout: OnTimeout) -> _Outcome:
    said = f"deadline missed at level '{record.level}'"
    if on_timeout is OnTimeout.ESCALATE and record.level and record.level.above:
        return _escalated(record, said)
    return _Outcome(State.EXPIRED, (), said)


def _escalated(record: ApprovalRecord, said: str) -> _Outcome:
    above = record.level.above if record.level else None
    if above is None:
        raise ApprovalError(
            ErrorCode.NO_HIGHER_LEVEL,
            f"request {record.request_id!r} is at level '{record.level}', the highest; approve or reject it there",
        )
    # The higher level signs for every stage up to its own, so that levels only ever rise.
    stages = (above, *(stage for stage in record.stages[1:] if stage.rank > above.rank))
    return _Outcome(State.ESCALATED, stages, f"{said}; level '{above}' decides")


def _advanced(  # noqa: PLR0913 - the parts of one step
    record: ApprovalRecord,
    decision: Decision,
    outcome: _Outcome,
    entry: LedgerEntry,
    policy: PolicyDocument,
    routed: Route | None,
    at: datetime,
) -> ApprovalRecord:
    open_for = routed.deadline_hours if routed and not outcome.state.final else None
    changes: Mapping[str, object] = {
        "policy": policy.document,
        "policy_digest": policy.digest,
        "state": outcome.state,
        "version": record.version + 1,
        "updated_at": at,
        "route": routed,
        "stages": outcome.stages,
        "deadline_at": None if open_for is None else at + _hours(open_for),
    }
    after = record.model_copy(update=changes)
    step = Step(
        entry=entry,
        comment=decision.comment,
        idempotency_key=decision.idempotency_key,
        fingerprint=decision.fingerprint,
        answer=answer_of(after, previous=record.state, reason=outcome.reason, entry=entry),
    )
    return after.model_copy(update={"history": (*record.history, step)})


def answer_of(
    record: ApprovalRecord, *, previous: State, reason: str, entry: LedgerEntry | None = None
) -> RouteAnswer:
    """Where the record stands, in the words of `route_approval`."""
    last = entry or (record.ledger[-1] if record.ledger else None)
    return RouteAnswer(
        request_id=record.request_id,
        state=record.state,
        previous_state=previous,
        next_step=record.next_step,
        approver_level=record.level or (last.level if last else ""),
        approver_email=_address(record),
        stages_left=record.stages,
        deadline_at=rfc3339(record.deadline_at) if record.deadline_at else "",
        version=record.version,
        reason=reason,
        policy_rule=record.route.rule if record.route else "",
        policy_digest=record.policy_digest,
        entry_hash=last.hash if last else "",
    )


def _address(record: ApprovalRecord) -> str:
    """Where to write to whoever signs now; empty when nobody has to, or the policy names no address."""
    if record.level is None:
        return ""
    try:
        approvers = stored_policy(record.policy, record.policy_digest).policy.approvers
    except ApprovalError:  # a policy that was tampered with says nothing, least of all where to write
        return ""
    return approvers.get(record.level, "")


def repeated(record: ApprovalRecord, decision: Decision) -> RouteAnswer | None:
    """The answer to give when `decision` was already carried out; None when it is new.

    With an idempotency key: the step that carried the key. Without: the last step, when it was the same event
    by the same actor at the same level and the caller does not show (by `expected_version`) that he has seen it.
    Raises `idempotency_mismatch` when the key was used for something else.
    """
    if decision.idempotency_key:
        for step in record.history:
            if step.idempotency_key == decision.idempotency_key:
                if step.fingerprint != decision.fingerprint:
                    raise ApprovalError(
                        ErrorCode.IDEMPOTENCY_MISMATCH,
                        f"idempotency_key {shown(decision.idempotency_key)} was used for another "
                        f"'{step.entry.event}' of request {record.request_id!r}; use a new key for a new step",
                    )
                return step.answer
        return None
    if not record.history:
        return None
    last = record.history[-1]
    same_step = (
        last.entry.event is decision.event
        and name_key(last.entry.actor) == name_key(decision.signed)
        and decision.actor_level in {None, last.entry.level}
    )
    unseen = decision.expected_version in {None, last.answer.version - 1}
    return last.answer if same_step and unseen and last.answer.version == record.version else None


def _require_authority(record: ApprovalRecord, decision: Decision) -> None:
    """Raises `bad_parameter` for a nameless decision and `not_authorized` for one that the policy forbids."""
    if not decision.actor.strip():
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"actor is {shown(decision.actor)}; '{decision.event}' needs the name of who decides",
        )
    if decision.actor_level is None:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"actor_level is empty; '{decision.event}' needs the level that {shown(decision.actor)} acts for: "
            f"{', '.join(Level)}",
        )
    policy = stored_policy(record.policy, record.policy_digest).policy
    who = name_key(decision.actor)
    if policy.separation_of_duties and who == name_key(record.request.requester):
        raise _unauthorised(decision, "asked for it; somebody else must decide (separation of duties)")
    earlier = [step.entry for step in record.history if step.entry.event is Event.APPROVE]
    if policy.distinct_approvers and who in {name_key(entry.actor) for entry in earlier}:
        raise _unauthorised(
            decision, "approved an earlier stage; somebody else must decide (distinct approvers)"
        )
    if record.level is not None and decision.actor_level.rank < record.level.rank:
        raise _unauthorised(
            decision, f"acts for level '{decision.actor_level}'; this stage needs '{record.level}' or higher"
        )


def _unauthorised(decision: Decision, why: str) -> ApprovalError:
    return ApprovalError(
        ErrorCode.NOT_AUTHORIZED, f"{shown(decision.actor)} may not {decision.event} this request: {why}"
    )


def name_key(name: str) -> str:
    """A person's name as it is compared: without case, width variants or extra spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _hours(hours: Decimal) -> timedelta:
    return timedelta(seconds=float(hours * 3600))
