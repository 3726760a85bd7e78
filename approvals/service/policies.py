# SPDX-License-Identifier: Apache-2.0
"""The policy of a stored request: the one it was analysed under, for good."""

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument, stored_policy
from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError


def policy_of(record: ApprovalRecord) -> PolicyDocument:
    """The policy that rules a request. Raises `bad_policy` when the record was tampered with."""
    return stored_policy(record.policy, record.policy_digest)


def readable_policy(record: ApprovalRecord) -> Policy | None:
    """The policy that rules a request; None when it can no longer be read, and then it says nothing."""
    try:
        return policy_of(record).policy
    except ApprovalError:
        return None
