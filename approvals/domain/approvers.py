# SPDX-License-Identifier: Apache-2.0
"""Who is asked next on a request: how their level is called, where to write to, how many signatures are missing."""

from typing import NamedTuple

from approvals.domain.policy_reader import stored_policy
from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError


class Approvers(NamedTuple):
    """Whoever signs the current stage. `signatures_left` counts those of the whole request; 0 when it is closed."""

    title: str = ""
    emails: tuple[str, ...] = ()
    signatures_left: int = 0


def approvers_of(record: ApprovalRecord) -> Approvers:
    """Who signs now. The addresses are empty where the policy names none, or cannot be trusted any more."""
    if record.level is None:
        return Approvers()
    try:
        named = stored_policy(record.policy, record.policy_digest).policy.approvers.get(record.level, "")
    except ApprovalError:  # a policy that was tampered with says nothing, least of all where to write
        named = ""
    return Approvers(record.level.value, (named,) if named else (), len(record.stages))
