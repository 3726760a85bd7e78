# SPDX-License-Identifier: Apache-2.0
"""Puts what requests take of budgets into a database. Run again, it counts nothing twice."""

from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import Connection, select

from approvals.domain.budgets import BudgetEntry
from approvals.domain.canonical import rfc3339
from approvals.store.dify.budget_book import KeptBudgets
from approvals.store.envelope import UnreadableError
from approvals.store.sql.budgets import SqlBudgets
from approvals.store.sql.tables import BUDGETS
from devkit.move.target import Database, Outcome

_ROW = BUDGETS.c


def put_budgets(target: Database, kept: KeptBudgets) -> Iterator[Outcome]:
    """Let what was approved of each account be no less than it was, and keep what open requests take, once."""
    settled = _settled_in(target)
    for account, amount in kept.settled.items():
        known = settled.get(account)
        if known is not None and known >= amount:
            yield Outcome.UNCHANGED if known == amount else Outcome.NEWER
            continue
        if not target.dry_run:
            at = rfc3339(target.clock.now())
            SqlBudgets(target.sql).add_settled(account, amount - (known or Decimal(0)), at)
        yield Outcome.MOVED if known is None else Outcome.UPDATED
    yield from _put_open(target, kept)


def _put_open(target: Database, kept: KeptBudgets) -> Iterator[Outcome]:
    there = _open_in(target)
    for request_id, (at, takes) in kept.open.items():
        if request_id in there or _is_closed(target, request_id):
            yield Outcome.UNCHANGED
            continue
        if not target.dry_run:
            SqlBudgets(target.sql).enter([BudgetEntry(request_id=request_id, at=at, takes=takes)])
        yield Outcome.MOVED
    for request_id in there - kept.open.keys():
        # Moved while it was open, and decided since: what was approved of it is in the sum by now.
        if _is_closed(target, request_id) and not target.dry_run:
            SqlBudgets(target.sql).leave(request_id)


def _is_closed(target: Database, request_id: str) -> bool:
    try:
        return target.is_closed(request_id)
    except UnreadableError:
        return False


def _settled_in(target: Database) -> dict[str, Decimal]:
    sums = select(_ROW.account, _ROW.amount).where(_ROW.request_id == "")

    def unit(connection: Connection) -> dict[str, Decimal]:
        return {account: Decimal(amount) for account, amount in connection.execute(sums)}

    return target.sql.read(unit)


def _open_in(target: Database) -> set[str]:
    ids = select(_ROW.request_id).where(_ROW.request_id != "").distinct()
    return target.sql.read(lambda connection: set(connection.execute(ids).scalars()))
