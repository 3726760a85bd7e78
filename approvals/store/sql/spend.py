# SPDX-License-Identifier: Apache-2.0
"""What an account spent on each day, in the database: shared by every process that uses it."""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from approvals.llm.budget import Taken
from approvals.store.sql.database import SqlDatabase
from approvals.store.sql.tables import SPEND

KEPT_DAYS: Final = 40


class SqlSpend:
    """`SpendCounter` of one account: a row for each day, changed by single statements."""

    def __init__(self, database: SqlDatabase, account: str) -> None:
        self._database = database
        self._account = account

    def take(self, day: date, amount: int, limit: int) -> Taken:
        """Count `amount`, unless the day's total would pass `limit`. Raises `store_unavailable`."""
        taken = self._database.write(lambda connection: self._taken(connection, day, amount, limit))
        while taken is None:  # another process has put the day's row meanwhile
            taken = self._database.write(lambda connection: self._taken(connection, day, amount, limit))
        return taken

    def correct(self, day: date, difference: int) -> int:
        """Add to a day's total, or take away; the total. Raises `store_unavailable`."""
        change = update(SPEND).where(*self._of(day)).values(spent=SPEND.c.spent + difference)

        def unit(connection: Connection) -> int:
            connection.execute(change)
            return self._total(connection, day) or 0

        return self._database.write(unit)

    def _taken(self, connection: Connection, day: date, amount: int, limit: int) -> Taken | None:
        """None when the day's row came to be between two statements; the transaction is then good for nothing else."""
        fits = SPEND.c.spent + amount <= limit
        add = update(SPEND).where(*self._of(day), fits).values(spent=SPEND.c.spent + amount)
        if connection.execute(add).rowcount == 1:
            return Taken(counted=True, total=self._total(connection, day) or 0)
        total = self._total(connection, day)
        if total is not None or amount > limit:
            return Taken(counted=False, total=total or 0)
        try:
            connection.execute(insert(SPEND).values(account=self._account, day=day.isoformat(), spent=amount))
        except IntegrityError:
            return None
        oldest = (day - timedelta(days=KEPT_DAYS)).isoformat()
        connection.execute(delete(SPEND).where(SPEND.c.account == self._account, SPEND.c.day < oldest))
        return Taken(counted=True, total=amount)

    def _total(self, connection: Connection, day: date) -> int | None:
        return connection.execute(select(SPEND.c.spent).where(*self._of(day))).scalar()

    def _of(self, day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return SPEND.c.account == self._account, SPEND.c.day == day.isoformat()
