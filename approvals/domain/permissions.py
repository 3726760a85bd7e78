# SPDX-License-Identifier: Apache-2.0
"""What one person may do with a request, found out by trying: the rules stand where they are applied alone."""

from datetime import datetime
from typing import NamedTuple

from approvals.domain import transitions
from approvals.domain.authority import UnauthorizedError, require_authority
from approvals.domain.decisions import Decision
from approvals.domain.lifecycle import allowed_events
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Level
from approvals.errors import ApprovalError

_ANYTHING = "-"  # some events want a comment


class Permission(NamedTuple):
    """What somebody may bring about now, for which level, and why they may not decide; empty where they may.

    `acting_for` is whom they would decide for as a deputy; empty for nobody.
    """

    person: str
    level: Level | None
    events: tuple[Event, ...]
    why_not: str
    acting_for: str = ""


def permission(record: ApprovalRecord, policy: PolicyDocument, actor: str, at: datetime) -> Permission:
    """What `actor` may do at that moment. `person` is the actor as the policy names them."""
    person = policy.policy.directory.find(actor)
    name = person.name if person else actor
    events = tuple(
        event
        for event in allowed_events(record.state)
        if event is not Event.TIMEOUT and _is_possible(record, policy, actor, event, at)
    )
    if record.level is None:
        return Permission(name, None, events, "")
    try:
        signer = require_authority(record, _tried(record, actor, Event.APPROVE), policy.policy, at)
    except UnauthorizedError as error:
        return Permission(name, None, events, error.message)
    return Permission(name, signer.level, events, "", signer.acting_for)


def may_decide(record: ApprovalRecord, policy: PolicyDocument, actor: str, at: datetime) -> bool:
    """True when the request waits for a signature that `actor` may give at that moment."""
    if record.level is None:
        return False
    try:
        require_authority(record, _tried(record, actor, Event.APPROVE), policy.policy, at)
    except UnauthorizedError:
        return False
    return True


def _is_possible(
    record: ApprovalRecord, policy: PolicyDocument, actor: str, event: Event, at: datetime
) -> bool:
    try:
        transitions.require_possible(record, _tried(record, actor, event), at, policy)
    except ApprovalError:
        return False
    return True


def _tried(record: ApprovalRecord, actor: str, event: Event) -> Decision:
    """Without `people` in the policy, who decides states the level, which is then the one that is asked for."""
    return Decision(event, actor, record.level, comment=_ANYTHING)
