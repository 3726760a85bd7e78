# SPDX-License-Identifier: Apache-2.0
"""Which records a query finds. One definition, so that every store finds the same."""

from datetime import datetime

from approvals.domain.records import ApprovalRecord
from approvals.store.protocol import Query


def matches(query: Query, record: ApprovalRecord) -> bool:
    """True when the record is what the query looks for. Names are compared exactly."""
    return (
        query.state in {None, record.state}
        and query.closed in {None, record.state.final}
        and query.level in {None, record.level}
        and query.requester in {"", record.request.requester}
        and (query.overdue_at is None or is_due(record, query.overdue_at))
    )


def is_due(record: ApprovalRecord, now: datetime) -> bool:
    """True when somebody should have acted by `now`, and nobody has."""
    return record.state.has_deadline and record.deadline_at is not None and record.deadline_at <= now


def is_to_remind(record: ApprovalRecord, now: datetime) -> bool:
    """True when the next reminder of a record that still waits for somebody is due."""
    return record.state.has_deadline and bool(record.remind_at) and record.remind_at[0] <= now
