# SPDX-License-Identifier: Apache-2.0
"""Who is asked next on a request: where to write to, and how many signatures are missing."""

from typing import NamedTuple

from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord


class Approvers(NamedTuple):
    """Whoever signs the current stage. `signatures_left` counts those of the whole request; 0 when it is closed."""

    emails: tuple[str, ...] = ()
    signatures_left: int = 0


def approvers_of(record: ApprovalRecord, policy: Policy | None) -> Approvers:
    """Who signs now. Without a policy, because it cannot be trusted any more, nobody can be written to."""
    if record.level is None:
        return Approvers()
    named = policy.approvers.get(record.level, "") if policy else ""
    return Approvers((named,) if named else (), len(record.stages))
