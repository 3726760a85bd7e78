# SPDX-License-Identifier: Apache-2.0
"""The route of a request as people see it: who signed, who decides now, who signs later."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import stored_policy
from approvals.domain.records import ApprovalRecord, LedgerEntry
from approvals.domain.terms import Event, Level
from approvals.errors import ApprovalError
from approvals.web.desk.approvals import Whole
from approvals.web.desk.wording import Wording


class Stands(StrEnum):
    """How far a stop of the route is."""

    SIGNED = "signed"
    NOW = "now"
    LATER = "later"
    END = "end"


class Stop(NamedTuple):
    """One signature, or the end."""

    stands: Stands
    title: str
    person: str = ""
    at: str = ""
    state: str = ""


def stops(one: Whole, t: Wording) -> Iterator[Stop]:
    """The signatures that there are, those that are missing, and the outcome of what is closed."""
    record = one.record
    for entry in _signatures(record):
        yield Stop(Stands.SIGNED, title(one, entry.level, t), name_of(one, entry.actor), entry.at)
    for number, level in enumerate(record.stages):
        now = number == 0 and record.level is not None
        yield Stop(Stands.NOW if now else Stands.LATER, title(one, level, t))
    if record.state.final:
        last = record.history[-1].entry.at if record.history else ""
        yield Stop(Stands.END, t.words.states[record.state], at=last, state=record.state.value)


def title(one: Whole, level: str, t: Wording) -> str:
    """What a level is called: by the policy, else in the language of the page."""
    if level not in set(Level):
        return level
    known = Level(level)
    return one.titles.get(known) or t.words.titles[known]


def name_of(one: Whole, actor: str) -> str:
    """An actor as the policy names them; else what was typed."""
    policy = policy_of(one)
    person = policy.directory.find(actor) if policy else None
    return person.name if person else actor


def policy_of(one: Whole) -> Policy | None:
    """The policy that rules the request; None where it cannot be read any more."""
    try:
        return (
            stored_policy(one.record.policy, one.record.policy_digest).policy if one.record.policy else None
        )
    except ApprovalError:
        return None


def _signatures(record: ApprovalRecord) -> Iterator[LedgerEntry]:
    """The approvals that count: a new revision voids those before it."""
    for entry in record.ledger:
        if entry.event is Event.APPROVE and (entry.revision or 1) == record.revision:
            yield entry
