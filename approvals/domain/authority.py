# SPDX-License-Identifier: Apache-2.0
"""Who may do what: not the requester, nobody twice, nobody below the level that must sign, nobody who is not listed."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from approvals.domain.decisions import SYSTEM, UNNAMED, Decision
from approvals.domain.people import same_person
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.terms import Level
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.text.names import name_key

COMMENT_KEPT = 500  # characters of a refused decision's comment
_NAMED_AT_MOST = 5  # people whom a refusal names as able to sign


class UnauthorizedError(ApprovalError):
    """The actor may not do this, or did not say who decides and at which level."""


class Signer(NamedTuple):
    """Who decides: the name that a reader knows the actor by, and the level that the decision counts for.

    `acting_for` is whom the actor stands in for as a deputy; empty for nobody.
    """

    name: str
    level: Level | None
    acting_for: str = ""

    def __str__(self) -> str:
        return f"{self.name} for {self.acting_for}" if self.acting_for else self.name


def require_authority(record: ApprovalRecord, decision: Decision, policy: Policy, at: datetime) -> Signer:
    """Who makes `decision`, if the policy lets them.

    With `people` in the policy the level is the one that the policy gives, without it the one that the caller states.
    Whoever may not decide in their own right may do so for a person whose deputy they are on that day.
    Raises `UnauthorizedError`: `bad_parameter` where the name or the level is missing, else `not_authorized`.
    """
    _require_name(decision)
    try:
        signer = _listed(record, decision, policy) if policy.people else _stated(record, decision)
    except UnauthorizedError:
        deputy = _deputy(record, decision, policy, at)
        if deputy is None:
            raise
        signer = deputy
    bar = _bar(record, policy, decision.actor)
    if bar:
        raise _not_authorized(decision, bar)
    return signer


def require_withdrawal(record: ApprovalRecord, decision: Decision, policy: Policy, at: datetime) -> Signer:
    """Who withdraws a request: its requester or their deputy, or somebody who may sign it.

    Raises as `require_authority` does.
    """
    _require_name(decision)
    return _requester(record, decision, policy, at) or require_authority(record, decision, policy, at)


def require_resubmission(record: ApprovalRecord, decision: Decision, policy: Policy, at: datetime) -> Signer:
    """Who brings a returned request back: its requester or their deputy; where it names none, whoever gives a name.

    Raises `UnauthorizedError` as `require_authority` does.
    """
    _require_name(decision)
    requester = record.request.requester
    if not name_key(requester):
        return Signer(decision.actor, None)
    signer = _requester(record, decision, policy, at)
    if signer is None:
        raise _not_authorized(
            decision,
            f"it was returned to {shown(requester)}, who asked for it, and nobody else brings it back",
        )
    return signer


def require_requester(record: ApprovalRecord, policy: Policy) -> None:
    """Raises `bad_parameter` where nobody could tell whether the requester decides on the request."""
    requester = record.request.requester
    if policy.separation_of_duties and not name_key(requester):
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"requester is {shown(requester)}, and this policy wants somebody else than the requester to decide: "
            "analyze the request again, under a new id, with the name or address of who asks",
        )


def is_barred(record: ApprovalRecord, policy: Policy, actor: str) -> bool:
    """True when somebody may not decide on this request whatever their level."""
    return bool(_bar(record, policy, actor))


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


def _require_name(decision: Decision) -> None:
    """Raises `UnauthorizedError` where a reader sees no name, or one that the ledger gives to nobody."""
    who = name_key(decision.actor)
    if who in {SYSTEM, UNNAMED}:
        raise UnauthorizedError(
            ErrorCode.BAD_PARAMETER,
            f"actor is {shown(decision.actor)}, which the ledger keeps for what no person does; '{decision.event}' "
            "needs the name of who decides",
        )
    if not who:
        raise UnauthorizedError(
            ErrorCode.BAD_PARAMETER,
            f"actor is {shown(decision.actor)}; '{decision.event}' needs the name of who decides",
        )


def _requester(record: ApprovalRecord, decision: Decision, policy: Policy, at: datetime) -> Signer | None:
    """The actor as the requester, or as the requester's deputy; None where they are neither."""
    requester = record.request.requester
    if same_person(policy.directory, decision.actor, requester):
        return Signer(decision.actor, decision.actor_level)
    for person in policy.principals(decision.actor, at):
        if same_person(policy.directory, person.name, requester):
            return Signer(_called(policy, decision.actor), None, person.name)
    return None


def _deputy(record: ApprovalRecord, decision: Decision, policy: Policy, at: datetime) -> Signer | None:
    """The actor for the first person whose deputy they are and who may decide; None where there is none.

    Raises `UnauthorizedError` where there are some, and none of them may.
    """
    bars: list[str] = []
    for person in policy.principals(decision.actor, at):
        level = person.levels[-1] if record.level is None else person.level_for(record.level)
        if level is None:
            continue
        bar = _bar(record, policy, person.name)
        if not bar:
            return Signer(_called(policy, decision.actor), level, person.name)
        bars.append(f"{shown(person.name)}, for whom they would act, {bar}")
    if bars:
        raise _not_authorized(decision, "; ".join(bars))
    return None


def _called(policy: Policy, actor: str) -> str:
    """How the policy calls an actor whom it lists; else what was typed."""
    person = policy.directory.find(actor)
    return person.name if person else actor


def _listed(record: ApprovalRecord, decision: Decision, policy: Policy) -> Signer:
    """The actor as the policy knows them."""
    person = policy.directory.find(decision.actor)
    if person is None:
        raise _not_authorized(
            decision, f"the policy's people do not list that name or address; {_able(record, policy)}"
        )
    if record.level is None:
        return Signer(person.name, person.levels[-1])
    level = person.level_for(record.level)
    if level is None:
        raise _not_authorized(
            decision,
            f"the policy gives {shown(person.name)} level '{person.levels[-1]}', and this stage needs '{record.level}' "
            f"or higher; {_able(record, policy)}",
        )
    return Signer(person.name, level)


def _stated(record: ApprovalRecord, decision: Decision) -> Signer:
    """The actor as the caller states them."""
    level = decision.actor_level
    if level is None:
        raise UnauthorizedError(
            ErrorCode.BAD_PARAMETER,
            f"actor_level is empty; '{decision.event}' needs the level that {shown(decision.actor)} acts for: "
            f"{', '.join(Level)}",
        )
    if record.level is not None and level.rank < record.level.rank:
        raise _not_authorized(
            decision, f"acts for level '{level}'; this stage needs '{record.level}' or higher"
        )
    return Signer(decision.actor, level)


def _bar(record: ApprovalRecord, policy: Policy, actor: str) -> str:
    """Why somebody may not decide on this request whatever their level; empty when nothing speaks against it."""
    if policy.separation_of_duties and _is_any(policy, actor, record.requesters):
        return "asked for it; somebody else must decide (separation of duties)"
    for stage, *signers in record.signatures:
        same_stage = stage is record.level
        if (policy.distinct_approvers or same_stage) and _is_any(policy, actor, signers):
            return (
                f"signed for level '{stage}' already; each of its signatures is another person's"
                if same_stage
                else "approved an earlier stage; somebody else must decide (distinct approvers)"
            )
    return ""


def _is_any(policy: Policy, actor: str, others: Iterable[str]) -> bool:
    return any(same_person(policy.directory, actor, other) for other in others if other)


def _able(record: ApprovalRecord, policy: Policy) -> str:
    """Who could decide instead."""
    able = [
        person.name
        for person in policy.directory.able(record.level)
        if not is_barred(record, policy, person.name)
    ]
    stage = f"at level '{record.level}'" if record.level else "on this request"
    if not able:
        return f"nobody whom the policy lists may decide {stage}: add somebody to its people for the next request"
    more = f" and {len(able) - _NAMED_AT_MOST} more" if len(able) > _NAMED_AT_MOST else ""
    return f"{stage} may decide: {', '.join(able[:_NAMED_AT_MOST])}{more}"


def _not_authorized(decision: Decision, why: str) -> UnauthorizedError:
    return UnauthorizedError(
        ErrorCode.NOT_AUTHORIZED, f"{shown(decision.actor)} may not {decision.event} this request: {why}"
    )
