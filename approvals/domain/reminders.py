# SPDX-License-Identifier: Apache-2.0
"""When whoever has to act on a request is reminded, and what a reminder leaves in its record."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord


def reminders(policy: Policy, since: datetime, deadline_at: datetime | None) -> Sequence[datetime]:
    """The moments between `since` and the deadline at which the policy has people reminded, in order."""
    if deadline_at is None:
        return ()
    seconds = (deadline_at - since).total_seconds()
    return tuple(since + timedelta(seconds=seconds * float(part)) for part in policy.remind_at)


def with_reminder(record: ApprovalRecord, at: datetime) -> ApprovalRecord:
    """The record after one reminder for all moments that have passed, one version on. Nothing else changes."""
    return record.model_copy(
        update={
            "version": record.version + 1,
            "updated_at": at,
            "remind_at": tuple(moment for moment in record.remind_at if moment > at),
            "reminded": record.reminded + 1,
        }
    )
