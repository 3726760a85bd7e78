# SPDX-License-Identifier: Apache-2.0
"""Where an event leads: the next state, the signatures that are then missing, and why, in a sentence."""

from collections.abc import Sequence
from typing import NamedTuple

from approvals.domain.authority import Signer
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord, Route
from approvals.domain.terms import Event, Level, OnTimeout, State
from approvals.errors import ApprovalError, ErrorCode

_QUESTION_SHOWN = 500  # characters of it in the reason; the record keeps all


class Outcome(NamedTuple):
    """What an event leads to. `stages` has a level for each signature that is missing."""

    state: State
    stages: tuple[Level, ...]
    reason: str


def outcome_of(
    record: ApprovalRecord,
    event: Event,
    signer: Signer,
    policy: Policy,
    routed: Route | None,
    comment: str = "",
) -> Outcome:
    """What an allowed event leads to. `routed` is the route of the content that it is about.

    Raises `no_higher_level`.
    """
    who = str(signer)
    match event:
        case Event.SUBMIT:
            outcome = _submitted(routed)
        case Event.APPROVE:
            outcome = _approved(record, f"approved by {who} as {signer.level}")
        case Event.REJECT:
            outcome = Outcome(State.REJECTED, (), f"rejected by {who} as {signer.level}")
        case Event.ESCALATE:
            outcome = escalated(record, f"escalated by {who}")
        case Event.RETURN:
            outcome = _returned(record, f"returned to its requester by {who} as {signer.level}", comment)
        case Event.RESUBMIT:
            outcome = _resubmitted(record, f"resubmitted by {who}", routed)
        case Event.TIMEOUT:
            outcome = _overdue(record, policy.on_timeout)
        case Event.WITHDRAW:
            outcome = Outcome(State.WITHDRAWN, (), f"withdrawn by {who}")
    return outcome


def escalated(record: ApprovalRecord, said: str) -> Outcome:
    """One level up. `said` is why. Raises `no_higher_level`."""
    if record.level is None or record.level.above is None:
        raise ApprovalError(
            ErrorCode.NO_HIGHER_LEVEL,
            f"request {record.request_id!r} is at level '{record.level}', the highest; approve or reject it there",
        )
    stages = escalated_stages(record.stages)
    return Outcome(State.ESCALATED, stages, f"{said}; level '{stages[0]}' decides")


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


def _submitted(routed: Route | None) -> Outcome:
    if routed is None:
        raise AssertionError("a submitted request has a route")
    state = State.APPROVED if routed.auto_approve else State.UNDER_REVIEW
    return Outcome(state, routed.stages, "; ".join(routed.reasons))


def _approved(record: ApprovalRecord, said: str) -> Outcome:
    left = record.stages[1:]
    if left:
        another = "another " if left[0] is record.level else ""
        return Outcome(State.UNDER_REVIEW, left, f"{said}; {another}{left[0]} signs next")
    return Outcome(State.APPROVED, (), said)


def _returned(record: ApprovalRecord, said: str, question: str) -> Outcome:
    asked = f": “{question[:_QUESTION_SHOWN]}”" if question else ", without a question"
    return Outcome(State.RETURNED, record.stages, f"{said}{asked}")


def _resubmitted(record: ApprovalRecord, said: str, routed: Route | None) -> Outcome:
    """Back to the stage that asked, or with new content to the first one of its own route."""
    if routed is None or routed is record.route:
        return Outcome(State.UNDER_REVIEW, record.stages, f"{said}; {record.stages[0]} goes on")
    void = f"{said} as revision {record.revision}, so earlier signatures are void"
    return Outcome(State.UNDER_REVIEW, routed.stages, f"{void}; {'; '.join(routed.reasons)}")


def _overdue(record: ApprovalRecord, on_timeout: OnTimeout) -> Outcome:
    if record.state is State.RETURNED:
        return Outcome(State.EXPIRED, (), "its requester did not answer in time")
    said = f"deadline missed at level '{record.level}'"
    if on_timeout is OnTimeout.ESCALATE and record.level and record.level.above:
        return escalated(record, said)
    return Outcome(State.EXPIRED, (), said)
