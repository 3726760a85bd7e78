# SPDX-License-Identifier: Apache-2.0
"""Who may decide: not the requester, nobody twice, and nobody below the level that must sign."""

from datetime import datetime

from approvals.domain.decisions import Decision
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.terms import Event, Level
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.text.names import name_key, same_to_a_reader

COMMENT_KEPT = 500  # characters of a refused decision's comment


class UnauthorizedError(ApprovalError):
    """The actor may not do this, or did not say who decides and at which level."""


def require_authority(record: ApprovalRecord, decision: Decision, policy: Policy) -> None:
    """Raises `UnauthorizedError`: `bad_parameter` for a nameless decision, `not_authorized` for a forbidden one."""
    if not name_key(decision.actor):
        raise UnauthorizedError(
            ErrorCode.BAD_PARAMETER,
            f"actor is {shown(decision.actor)}; '{decision.event}' needs the name of who decides",
        )
    if decision.actor_level is None:
        raise UnauthorizedError(
            ErrorCode.BAD_PARAMETER,
            f"actor_level is empty; '{decision.event}' needs the level that {shown(decision.actor)} acts for: "
            f"{', '.join(Level)}",
        )
    who = decision.actor
    if policy.separation_of_duties and same_to_a_reader(who, record.request.requester):
        raise _unauthorized(decision, "asked for it; somebody else must decide (separation of duties)")
    earlier = [step.entry for step in record.history if step.entry.event is Event.APPROVE]
    if policy.distinct_approvers and any(same_to_a_reader(who, entry.actor) for entry in earlier):
        raise _unauthorized(
            decision, "approved an earlier stage; somebody else must decide (distinct approvers)"
        )
    if record.level is not None and decision.actor_level.rank < record.level.rank:
        raise _unauthorized(
            decision, f"acts for level '{decision.actor_level}'; this stage needs '{record.level}' or higher"
        )


def refusal_of(decision: Decision, error: ApprovalError, at: datetime) -> Refusal:
    """What is kept of a refused decision."""
    return Refusal(
        at=at,
        event=decision.event,
        actor=decision.actor,
        actor_level=decision.actor_level or "",
        how_known=decision.how_known,
        comment=decision.comment[:COMMENT_KEPT],
        code=error.code,
        reason=error.message,
    )


def _unauthorized(decision: Decision, why: str) -> UnauthorizedError:
    return UnauthorizedError(
        ErrorCode.NOT_AUTHORIZED, f"{shown(decision.actor)} may not {decision.event} this request: {why}"
    )
