# SPDX-License-Identifier: Apache-2.0
"""A time of a record that stands in a table of its own, so that only records that have one take a row there."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, and_, insert, select, update

from approvals.domain.canonical import rfc3339
from approvals.store.cursor import Position
from approvals.store.sql.tables import APPROVALS


def note(connection: Connection, time: Column[Any], request_id: str, at: datetime) -> None:
    """Write the time of a record into its column, in the transaction that keeps the record."""
    values = {time.name: rfc3339(at)}
    same = update(time.table).where(time.table.c.request_id == request_id).values(values)
    if connection.execute(same).rowcount == 0:
        connection.execute(insert(time.table).values({"request_id": request_id, **values}))


def rows_until(time: Column[Any], now: datetime, after: Position | None) -> Select[tuple[str, str, str]]:
    """The records whose time is at or before `now`, the earliest first, after a position: a `Row` each."""
    request_id = time.table.c.request_id
    found = select(time, request_id, APPROVALS.c.body).join_from(
        time.table, APPROVALS, request_id == APPROVALS.c.request_id
    )
    tests = [time <= rfc3339(now)]
    if after is not None:
        tests.append(and_(time >= after.at, (time > after.at) | (request_id > after.request_id)))
    return found.where(*tests).order_by(time, request_id)
