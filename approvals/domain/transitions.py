# SPDX-License-Identifier: Apache-2.0
"""Applies one event to a record: checks who may, follows the lifecycle, writes the next ledger entry."""

from datetime import datetime, timedelta
from decimal import Decimal

from approvals.domain import lifecycle
from approvals.domain.authority import (
    Signer,
    UnauthorizedError,
    require_authority,
    require_requester,
    require_resubmission,
    require_withdrawal,
)
from approvals.domain.canonical import rfc3339
from approvals.domain.decisions import SYSTEM, Decision
from approvals.domain.ledger import SignedStep, next_entry
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys
from approvals.domain.outcomes import Outcome, escalated, outcome_of
from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import Analysis, ApprovalRecord, Route, RouteAnswer, Step
from approvals.domain.reminders import reminders
from approvals.domain.retention import remove_at
from approvals.domain.revisions import taken_over
from approvals.domain.routing import route
from approvals.domain.terms import Event, State
from approvals.errors import ApprovalError, ErrorCode


def with_analysis(record: ApprovalRecord, analysis: Analysis, at: datetime) -> ApprovalRecord:
    """The record with what the model said of it."""
    return record.model_copy(update={"analysis": analysis, "version": record.version + 1, "updated_at": at})


def apply(
    record: ApprovalRecord,
    decision: Decision,
    at: datetime,
    policy: PolicyDocument,
    keys: LedgerKeys = UNKEYED,
) -> ApprovalRecord:
    """The record after `decision`, one version on. `policy` is the one that the request was analysed under.

    The newest of `keys` signs the ledger's entry. Raises `invalid_transition`, `no_higher_level`, `not_authorized`,
    `not_due`, `bad_parameter` or `LedgerKeyMissingError`; nothing has then changed.
    """
    record, signer, outcome, routed = _decided(record, decision, at, policy.policy)
    signed = SignedStep(
        decision.event,
        decision.signed,
        "" if decision.signed == SYSTEM else decision.how_known,
        signer.level or record.level or "",
        decision.comment,
        signer.acting_for,
        decision.correlation_id,
    )
    return _advanced(record, decision, signed, outcome, policy, routed, at, keys)


def require_possible(
    record: ApprovalRecord, decision: Decision, at: datetime, policy: PolicyDocument
) -> None:
    """Raises what `apply` raises of the decision itself; nothing is signed, so that no key is needed."""
    _decided(record, decision, at, policy.policy)


def passed_up(
    record: ApprovalRecord,
    decision: Decision,
    refused: UnauthorizedError,
    at: datetime,
    policy: PolicyDocument,
    keys: LedgerKeys = UNKEYED,
) -> ApprovalRecord:
    """The record one level up, because `decision` was refused for want of authority.

    The system escalates on behalf of the workflow, and its comment, which the ledger signs, says who was refused
    and why. At the highest level nothing changes, and the refusal is raised with what to do about it.
    """
    if record.level is None or record.level.above is None:
        raise UnauthorizedError(
            refused.code,
            f"{refused.message}; no level stands above '{record.level}', so that somebody else must decide here",
        )
    outcome = escalated(record, refused.message)
    signed = SignedStep(
        Event.ESCALATE, SYSTEM, "", record.level, refused.message, correlation_id=decision.correlation_id
    )
    return _advanced(record, decision, signed, outcome, policy, record.route, at, keys)


def answer_of(record: ApprovalRecord, *, previous: State, reason: str, level: str = "") -> RouteAnswer:
    """Where the record stands, in the words of `route_approval`.

    `level` is the one that decided last; by default the last entry's.
    """
    last = record.ledger[-1] if record.ledger else None
    return RouteAnswer(
        request_id=record.request_id,
        state=record.state,
        previous_state=previous,
        next_step=record.next_step,
        approver_level=record.level or level or (last.level if last else ""),
        stages_left=record.stages,
        deadline_at=rfc3339(record.deadline_at) if record.deadline_at else "",
        version=record.version,
        reason=reason,
        policy_rule=record.route.rule if record.route else "",
        policy_digest=record.policy_digest,
        entry_hash=last.hash if last else "",
    )


def _decided(
    record: ApprovalRecord, decision: Decision, at: datetime, policy: Policy
) -> tuple[ApprovalRecord, Signer, Outcome, Route | None]:
    """The record with the content that a decision is about, who makes it, what it leads to, and under which route."""
    lifecycle.require(record.state, decision.event)
    signer = _signer(record, decision, at, policy)
    record, routed = _routed(record, decision, at, policy)
    return (
        record,
        signer,
        outcome_of(record, decision.event, signer, policy, routed, decision.comment),
        routed,
    )


def _routed(
    record: ApprovalRecord, decision: Decision, at: datetime, policy: Policy
) -> tuple[ApprovalRecord, Route | None]:
    """The record with the content that the event is about, and the route of that content.

    A resubmission is about the next content where there is one, unless it names the one that was returned.
    """
    if decision.event is Event.SUBMIT:
        return record, route(policy, record.request, record.analysis)
    if decision.event is not Event.RESUBMIT or record.next_revision is None:
        return record, record.route
    if decision.content_digest == record.request.content_digest:
        return record.model_copy(update={"next_revision": None}), record.route
    following = taken_over(record, at)
    routed = route(policy, following.request, following.analysis, revised=True)
    return following.model_copy(update={"stages": routed.stages}), routed


def _signer(record: ApprovalRecord, decision: Decision, at: datetime, policy: Policy) -> Signer:
    """Who does it, if they may."""
    match decision.event:
        case Event.APPROVE | Event.REJECT | Event.ESCALATE | Event.RETURN:
            return require_authority(record, decision, policy, at)
        case Event.WITHDRAW:
            return require_withdrawal(record, decision, policy, at)
        case Event.RESUBMIT:
            return require_resubmission(record, decision, policy, at)
        case Event.TIMEOUT:
            _require_due(record, at)
        case Event.SUBMIT:
            require_requester(record, policy)
    return Signer(decision.signed, decision.actor_level)


def _require_due(record: ApprovalRecord, at: datetime) -> None:
    """Raises `not_due` while there is time to decide."""
    if record.deadline_at is not None and at < record.deadline_at:
        raise ApprovalError(
            ErrorCode.NOT_DUE,
            f"request {record.request_id!r} may be decided until {rfc3339(record.deadline_at)}, and it is "
            f"{rfc3339(at)}. It stays open: send 'timeout' after that or leave it to sweep_deadlines; "
            "approval_resume.yml asks again before that",
        )


def _advanced(  # noqa: PLR0913 - the parts of one step
    record: ApprovalRecord,
    decision: Decision,
    signed: SignedStep,
    outcome: Outcome,
    policy: PolicyDocument,
    routed: Route | None,
    at: datetime,
    keys: LedgerKeys,
) -> ApprovalRecord:
    if outcome.state not in lifecycle.require(record.state, signed.event):
        raise AssertionError(f"{signed.event} led to {outcome.state}, which the lifecycle does not know")
    open_for = routed.deadline_hours if routed and not outcome.state.final else None
    deadline_at = None if open_for is None else at + _hours(open_for)
    after = record.model_copy(
        update={
            "state": outcome.state,
            "version": record.version + 1,
            "updated_at": at,
            "route": routed,
            "stages": outcome.stages,
            "deadline_at": deadline_at,
            "remind_at": reminders(policy.policy, at, deadline_at),
            "reminded": 0,
            "remove_at": remove_at(policy.policy, outcome.state, at),
        }
    )
    answer = answer_of(after, previous=record.state, reason=outcome.reason, level=signed.level)
    entry = next_entry(record, signed=signed, after=answer, policy_digest=policy.digest, at=at, keys=keys)
    step = Step(
        entry=entry,
        comment=signed.comment,
        idempotency_key=decision.idempotency_key,
        fingerprint=decision.fingerprint,
        answer=answer.model_copy(update={"entry_hash": entry.hash}),
    )
    return after.model_copy(update={"history": (*record.history, step)})


def _hours(hours: Decimal) -> timedelta:
    return timedelta(seconds=float(hours * 3600))
