# SPDX-License-Identifier: Apache-2.0
"""When people are to be reminded of an open request. Only requests whose policy says so have a row."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, and_, delete, insert, select, update

from approvals.domain.canonical import rfc3339
from approvals.domain.records import ApprovalRecord
from approvals.store.cursor import Position
from approvals.store.sql.tables import APPROVALS, REMINDERS

_OF = REMINDERS.c


def note_next(connection: Connection, record: ApprovalRecord) -> None:
    """Write down when the next reminder of a record is due, if there is one, in the transaction that keeps it.

    The row of one that needs none any more stays until it is read: most records never have one.
    """
    if not record.remind_at:
        return
    at = rfc3339(record.remind_at[0])
    same = update(REMINDERS).where(_OF.request_id == record.request_id).values(remind_at=at)
    if connection.execute(same).rowcount == 0:
        connection.execute(insert(REMINDERS).values(request_id=record.request_id, remind_at=at))


def rows_until(now: datetime, after: Position | None) -> Select[tuple[str, str, str]]:
    """Whose reminder is due, the earliest first, from what comes after a position: a `Row` each."""
    found = select(_OF.remind_at, _OF.request_id, APPROVALS.c.body).join_from(
        REMINDERS, APPROVALS, _OF.request_id == APPROVALS.c.request_id
    )
    tests = [_OF.remind_at <= rfc3339(now)]
    if after is not None:
        later = (_OF.remind_at > after.at) | (_OF.request_id > after.request_id)
        tests.append(and_(_OF.remind_at >= after.at, later))
    return found.where(*tests).order_by(_OF.remind_at, _OF.request_id)


def forget(connection: Connection, records: Sequence[ApprovalRecord], now: datetime) -> None:
    """Remove the rows of records that are not to be reminded of now, unless they were written again since."""
    for record in records:
        passed = and_(_OF.request_id == record.request_id, _OF.remind_at <= rfc3339(now))
        connection.execute(delete(REMINDERS).where(passed))
