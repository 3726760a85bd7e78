# SPDX-License-Identifier: Apache-2.0
"""What requests take of budgets in a SQL database: a row for each open request and account, and one for all others."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from approvals.domain import budgets
from approvals.domain.budgets import BudgetEntry
from approvals.domain.canonical import rfc3339
from approvals.store.faults import unavailable
from approvals.store.sql.database import SqlDatabase
from approvals.store.sql.tables import BUDGETS

_ROW = BUDGETS.c
_SETTLED: Final = ""
"""In the place of a request's id: the sum of all that counts for good."""
_TRIES: Final = 20


class _LostRaceError(Exception):
    """Another process changed a row in between: the transaction is rolled back, and tried again."""


class SqlBudgets:
    """The budgets of one database. Safe with any number of processes: what a request takes is committed before sums."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    def enter(self, entries: Sequence[BudgetEntry]) -> Sequence[Mapping[str, Decimal]]:
        """Keep what open requests take, then what others take: a transaction and a query."""
        self._retried(lambda connection: _put(connection, entries))
        accounts = {account for entry in entries for account in entry.takes}
        if not accounts:
            return [{} for _ in entries]
        rows = (
            select(_ROW.account, _ROW.request_id, _ROW.amount)
            .where(_ROW.account.in_(sorted(accounts)))
            .order_by(_ROW.at, _ROW.request_id)
        )
        found = self._database.read(lambda connection: connection.execute(rows).all())
        mine = {entry.request_id for entry in entries}
        sums = dict.fromkeys(accounts, Decimal(0))
        for account, request_id, amount in found:
            if request_id not in mine:
                sums[account] += Decimal(amount)
        told: list[Mapping[str, Decimal]] = []
        for entry in entries:
            told.append({account: sums[account] for account in entry.takes})
            for account, amount in entry.takes.items():
                sums[account] += amount
        open_ones = list(dict.fromkeys(request_id for _, request_id, _ in found if request_id != _SETTLED))
        for request_id in open_ones[: max(0, len(open_ones) - budgets.OPEN_KEPT)]:
            self.settle(request_id)
        return told

    def settle(self, request_id: str) -> None:
        """Add what an open request takes to what counts for good, once."""
        self._retried(lambda connection: _settle(connection, request_id))

    def leave(self, request_id: str) -> None:
        """Remove what an open request takes."""
        gone = delete(BUDGETS).where(_ROW.request_id == request_id)
        self._database.write(lambda connection: connection.execute(gone))

    def add_settled(self, account: str, amount: Decimal, at: str) -> None:
        """Add to what counts for good."""
        self._retried(lambda connection: _add(connection, account, amount, at))

    def _retried(self, unit: Callable[[Connection], None]) -> None:
        for _ in range(_TRIES):
            try:
                self._database.write(unit)
            except _LostRaceError:
                continue
            return
        raise unavailable(
            "write what a request takes of budgets", "other processes kept changing it", "try again"
        )


def _put(connection: Connection, entries: Sequence[BudgetEntry]) -> None:
    # In one order, so that no two processes wait for each other.
    for entry in sorted(entries, key=lambda one: one.request_id):
        _put_one(connection, entry)


def _put_one(connection: Connection, entry: BudgetEntry) -> None:
    mine = _ROW.request_id == entry.request_id
    known = {
        account: Decimal(amount)
        for account, amount in connection.execute(select(_ROW.account, _ROW.amount).where(mine))
    }
    if known == entry.takes:
        return
    if known:  # only then, as MySQL locks the gap where it finds nothing to delete
        connection.execute(delete(BUDGETS).where(mine))
    rows = [
        {"account": one, "request_id": entry.request_id, "at": rfc3339(entry.at), "amount": str(amount)}
        for one, amount in sorted(entry.takes.items())
    ]
    try:
        if rows:
            connection.execute(insert(BUDGETS), rows)
    except IntegrityError:
        raise _LostRaceError from None


def _settle(connection: Connection, request_id: str) -> None:
    mine = _ROW.request_id == request_id
    rows = connection.execute(
        select(_ROW.account, _ROW.amount, _ROW.at).where(mine).order_by(_ROW.account)
    ).all()
    if not rows:
        return
    if connection.execute(delete(BUDGETS).where(mine)).rowcount != len(rows):
        raise _LostRaceError
    for account, amount, at in rows:
        _add(connection, account, Decimal(amount), at)


def _add(connection: Connection, account: str, amount: Decimal, at: str) -> None:
    total = (_ROW.account == account, _ROW.request_id == _SETTLED)
    known = connection.execute(select(_ROW.amount).where(*total)).scalar()
    if known is None:
        row = {"account": account, "request_id": _SETTLED, "at": at, "amount": str(amount)}
        try:
            connection.execute(insert(BUDGETS).values(row))
        except IntegrityError:
            raise _LostRaceError from None
        return
    raised = update(BUDGETS).where(*total, _ROW.amount == known).values(amount=str(Decimal(known) + amount))
    if connection.execute(raised).rowcount != 1:
        raise _LostRaceError
