# SPDX-License-Identifier: Apache-2.0
"""Who is asked next on a request: where to write to, and how many signatures are missing."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from approvals.domain.authority import is_barred
from approvals.domain.people import Person
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Level, State
from approvals.text.names import read_name


class Approvers(NamedTuple):
    """Whoever signs the current stage. `signatures_left` counts those of the whole request; 0 when it is closed."""

    emails: tuple[str, ...] = ()
    signatures_left: int = 0


def approvers_of(record: ApprovalRecord, policy: Policy | None, at: datetime | None = None) -> Approvers:
    """Who signs at a moment: the policy's people at this level, but for those who may not decide on this request.

    Whoever is away comes last, behind the deputies. Where nobody is left at the level, those of the next level above
    that has somebody. Without a policy, because it cannot be trusted any more, nobody can be written to.
    `at`: None for the moment of the record's last change.
    """
    if record.level is None or policy is None:
        return Approvers((), len(record.stages))
    moment = at or record.updated_at
    able = [person for person in policy.people if not is_barred(record, policy, person.name)]
    for level in list(Level)[record.level.rank :]:
        emails = _emails(record, policy, [one for one in able if level in one.levels], moment)
        if emails:
            return Approvers(emails, len(record.stages))
    return Approvers((), len(record.stages))


def whom_to_remind(record: ApprovalRecord, policy: Policy | None, at: datetime) -> Sequence[str]:
    """The known addresses of those who have to act: the approvers, or the requester of a returned request."""
    if record.state is not State.RETURNED:
        return approvers_of(record, policy, at).emails
    typed = read_name(record.request.requester)
    person = policy.directory.find(record.request.requester) if policy else None
    email = person.email if person else (typed.key if typed.is_address else "")
    return (email,) if email else ()


def _emails(
    record: ApprovalRecord, policy: Policy, people: Sequence[Person], at: datetime
) -> tuple[str, ...]:
    present: list[str] = []
    away: list[str] = []
    for person in people:
        deputy = policy.deputy_of(person, at)
        if deputy is not None and not is_barred(record, policy, deputy.is_):
            present.append(deputy.email(policy.directory))
        (present if deputy is None else away).append(person.email or "")
    return tuple(dict.fromkeys(email for email in (*present, *away) if email))
