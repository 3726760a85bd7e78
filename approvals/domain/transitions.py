# SPDX-License-Identifier: Apache-2.0
"""Applies one event to a record: checks who may, follows the lifecycle, writes the next ledger entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from approvals.domain import lifecycle
from approvals.domain.authority import (
    Signer,
    UnauthorizedError,
    require_authority,
    require_requester,
    require_withdrawal,
)
from approvals.domain.canonical import rfc3339
from approvals.domain.decisions import SYSTEM, Decision
from approvals.domain.ledger import SignedStep, next_entry
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys
from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import Analysis, ApprovalRecord, Route, RouteAnswer, Step
from approvals.domain.routing import route
from approvals.domain.terms import Event, Level, OnTimeout, State
from approvals.errors import ApprovalError, ErrorCode


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: State
    stages: tuple[Level, ...]
    reason: str


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
    lifecycle.require(record.state, decision.event)
    signer = _signer(record, decision, at, policy.policy)
    submits = decision.event is Event.SUBMIT
    routed = route(policy.policy, record.request, record.analysis) if submits else record.route
    outcome = _outcome(record, decision.event, signer, policy.policy, routed)
    signed = SignedStep(
        decision.event,
        decision.signed,
        "" if decision.signed == SYSTEM else decision.how_known,
        signer.level or record.level or "",
        decision.comment,
    )
    return _advanced(record, decision, signed, outcome, policy, routed, at, keys)


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
    outcome = _escalated(record, refused.message)
    signed = SignedStep(Event.ESCALATE, SYSTEM, "", record.level, refused.message)
    return _advanced(record, decision, signed, outcome, policy, record.route, at, keys)


def escalated_stages(stages: Sequence[Level]) -> tuple[Level, ...]:
    """The signatures that are missing after the first level did not sign: as many as before, one level up.

    The level above takes the place of the one that did not sign. Where that level was still to come, the next free
    one above joins at the end; above the highest there is none, so that the highest signs once more.
    """
    silent, above = stages[0], stages[0].above
    if above is None:
        raise ValueError(f"no level stands above '{silent}'")
    missing = tuple(stages)
    while missing[0] is silent:
        rest = missing[1:]
        joins = (rest[-1].above or rest[-1]) if above in rest else above
        missing = tuple(sorted((*rest, joins), key=lambda level: level.rank))
    return missing


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


def _signer(record: ApprovalRecord, decision: Decision, at: datetime, policy: Policy) -> Signer:
    """Who does it, if they may."""
    match decision.event:
        case Event.APPROVE | Event.REJECT | Event.ESCALATE:
            return require_authority(record, decision, policy)
        case Event.WITHDRAW:
            return require_withdrawal(record, decision, policy)
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
            f"{rfc3339(at)}: send 'timeout' after that, or leave it to sweep_deadlines",
        )


def _outcome(
    record: ApprovalRecord, event: Event, signer: Signer, policy: Policy, routed: Route | None
) -> _Outcome:
    who = signer.name
    match event:
        case Event.SUBMIT if routed is not None:
            state = State.APPROVED if routed.auto_approve else State.UNDER_REVIEW
            return _Outcome(state, routed.stages, "; ".join(routed.reasons))
        case Event.APPROVE:
            return _approved(record, f"approved by {who} as {signer.level}")
        case Event.REJECT:
            return _Outcome(State.REJECTED, (), f"rejected by {who} as {signer.level}")
        case Event.ESCALATE:
            return _escalated(record, f"escalated by {who}")
        case Event.TIMEOUT:
            return _overdue(record, policy.on_timeout)
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
    if record.level is None or record.level.above is None:
        raise ApprovalError(
            ErrorCode.NO_HIGHER_LEVEL,
            f"request {record.request_id!r} is at level '{record.level}', the highest; approve or reject it there",
        )
    stages = escalated_stages(record.stages)
    return _Outcome(State.ESCALATED, stages, f"{said}; level '{stages[0]}' decides")


def _advanced(  # noqa: PLR0913 - the parts of one step
    record: ApprovalRecord,
    decision: Decision,
    signed: SignedStep,
    outcome: _Outcome,
    policy: PolicyDocument,
    routed: Route | None,
    at: datetime,
    keys: LedgerKeys,
) -> ApprovalRecord:
    if outcome.state not in lifecycle.require(record.state, signed.event):
        raise AssertionError(f"{signed.event} led to {outcome.state}, which the lifecycle does not know")
    open_for = routed.deadline_hours if routed and not outcome.state.final else None
    after = record.model_copy(
        update={
            "state": outcome.state,
            "version": record.version + 1,
            "updated_at": at,
            "route": routed,
            "stages": outcome.stages,
            "deadline_at": None if open_for is None else at + _hours(open_for),
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
