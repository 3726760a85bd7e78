# SPDX-License-Identifier: Apache-2.0
"""Who is asked next on a request: where to write to, and how many signatures are missing."""

from typing import NamedTuple

from approvals.domain.authority import is_barred
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Level


class Approvers(NamedTuple):
    """Whoever signs the current stage. `signatures_left` counts those of the whole request; 0 when it is closed."""

    emails: tuple[str, ...] = ()
    signatures_left: int = 0


def approvers_of(record: ApprovalRecord, policy: Policy | None) -> Approvers:
    """Who signs now: the policy's people at this level, but for those who may not decide on this request.

    Where nobody is left at the level, those of the next level above that has somebody. Without a policy, because it
    cannot be trusted any more, nobody can be written to.
    """
    if record.level is None or policy is None:
        return Approvers((), len(record.stages))
    able = [one for one in policy.people if one.email and not is_barred(record, policy, one.name)]
    for level in list(Level)[record.level.rank :]:
        emails = tuple(one.email for one in able if one.email and level in one.levels)
        if emails:
            return Approvers(emails, len(record.stages))
    return Approvers((), len(record.stages))
