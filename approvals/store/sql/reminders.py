# SPDX-License-Identifier: Apache-2.0
"""When people are to be reminded of an open request. Only requests whose policy says so have a row."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, and_, delete

from approvals.domain.canonical import rfc3339
from approvals.domain.records import ApprovalRecord
from approvals.store.cursor import Position
from approvals.store.sql import row_times
from approvals.store.sql.tables import REMINDERS

_OF = REMINDERS.c


def note_next(connection: Connection, record: ApprovalRecord) -> None:
    """Write down when the next reminder of a record is due, if there is one, in the transaction that keeps it.

    The row of one that needs none any more stays until it is read: most records never have one.
    """
    if not record.remind_at:
        return
    row_times.note(connection, _OF.remind_at, record.request_id, record.remind_at[0])


def rows_until(now: datetime, after: Position | None) -> Select[tuple[str, str, str]]:
    """Whose reminder is due, the earliest first, from what comes after a position: a `Row` each."""
    return row_times.rows_until(_OF.remind_at, now, after)


def forget(connection: Connection, records: Sequence[ApprovalRecord], now: datetime) -> None:
    """Remove the rows of records that are not to be reminded of now, unless they were written again since."""
    for record in records:
        passed = and_(_OF.request_id == record.request_id, _OF.remind_at <= rfc3339(now))
        connection.execute(delete(REMINDERS).where(passed))
