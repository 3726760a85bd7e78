# SPDX-License-Identifier: Apache-2.0
"""Notices in a SQL database that were not delivered yet."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from approvals.domain.canonical import rfc3339
from approvals.domain.notices import Notice
from approvals.store.protocol import NoticeCounts
from approvals.store.sql.database import SqlDatabase
from approvals.store.sql.tables import NOTICES
from approvals.telemetry import get_logger

_log = get_logger(__name__)
_COLUMN = NOTICES.c


class SqlNotices:
    """The notices of one database. Two processes that put one with the same id leave one row."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    def put(self, notice: Notice) -> None:
        """Keep a notice, in place of an older one with its id."""
        next_at = None if notice.next_at is None else rfc3339(notice.next_at)
        values = {"next_at": next_at, "body": notice.model_dump_json(exclude_defaults=True)}
        replace = update(NOTICES).where(_COLUMN.notice_id == notice.notice_id).values(values)
        first = insert(NOTICES).values(notice_id=notice.notice_id, **values)

        def unit(connection: Connection) -> bool:
            if connection.execute(replace).rowcount == 1:
                return True
            try:
                connection.execute(first)
            except IntegrityError:
                return False
            return True

        if not self._database.write(unit):
            self._database.write(
                unit
            )  # another process has put the row meanwhile: now it is there to replace

    def due(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Notices whose next attempt is due, the oldest first. One that cannot be read is left out, and logged."""
        statement = (
            select(_COLUMN.notice_id, _COLUMN.body)
            .where(_COLUMN.next_at <= rfc3339(now))
            .order_by(_COLUMN.next_at, _COLUMN.notice_id)
            .limit(limit)
        )
        rows = self._database.read(lambda connection: connection.execute(statement).all())
        found: list[Notice] = []
        for notice_id, body in rows:
            try:
                found.append(Notice.model_validate_json(body))
            except ValidationError:
                _log.error("notice_unreadable", notice_id=notice_id)
        return found

    def remove(self, notice_id: str) -> None:
        """Forget a notice; nothing happens when there is none."""
        statement = delete(NOTICES).where(_COLUMN.notice_id == notice_id)
        self._database.write(lambda connection: connection.execute(statement))

    def count(self, limit: int) -> NoticeCounts:
        """How many wait and how many were given up, each up to `limit`."""
        waiting = select(_COLUMN.notice_id).where(_COLUMN.next_at.is_not(None)).limit(limit).subquery()
        given_up = select(_COLUMN.notice_id).where(_COLUMN.next_at.is_(None)).limit(limit).subquery()
        numbers = [select(func.count()).select_from(rows) for rows in (waiting, given_up)]
        found = self._database.read(
            lambda connection: [connection.execute(number).scalar() or 0 for number in numbers]
        )
        return NoticeCounts(*found)
