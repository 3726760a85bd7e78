# SPDX-License-Identifier: Apache-2.0
"""What all requests of a workspace take of budgets, while calls work on it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict

from approvals.domain import budgets
from approvals.domain.budgets import BudgetEntry
from approvals.store.dify.group_commit import JointWrites

_KEPT_DAYS: Final = 800
"""An account is dropped so long after its period began: more than two years."""


class KeptBudgets(BaseModel):
    """The stored value: amounts that count for good by account, and those of open requests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settled: Mapping[str, Decimal] = {}
    open: Mapping[str, tuple[datetime, Mapping[str, Decimal]]] = {}


class BudgetBook:
    """The budgets of one workspace. Calls share it while they work on it, so that each sees what another has added."""

    def __init__(self, kept: KeptBudgets) -> None:
        self._settled = dict(kept.settled)
        self._open = {
            request_id: BudgetEntry(request_id=request_id, at=at, takes=takes)
            for request_id, (at, takes) in kept.open.items()
        }
        self._totals: dict[str, Decimal] = {}
        """Of the open requests, so that a sum takes no time in proportion to them."""
        for entry in self._open.values():
            self._add(entry.takes, 1)
        self.writes = JointWrites()

    def enter(self, entries: Sequence[BudgetEntry]) -> tuple[bool, list[Mapping[str, Decimal]]]:
        """Put what requests take, one after the other; whether that changes anything, and what others take."""
        before = {entry.request_id: self._open.get(entry.request_id) for entry in entries}
        told: list[Mapping[str, Decimal]] = []
        for request_id in before:
            self.leave(request_id)
        for entry in entries:
            told.append({account: self._sum(account) for account in entry.takes})
            if entry.takes:
                self._open[entry.request_id] = entry
                self._add(entry.takes, 1)
            self._forget_old(entry.at)
        while len(self._open) > budgets.OPEN_KEPT:
            self.settle(min(self._open.values(), key=lambda one: (one.at, one.request_id)).request_id)
        return any(_takes(before[entry.request_id]) != entry.takes for entry in entries), told

    def settle(self, request_id: str) -> bool:
        """Count an open request for good; False where there is none."""
        entry = self._open.pop(request_id, None)
        if entry is None:
            return False
        self._add(entry.takes, -1)
        for account, amount in entry.takes.items():
            self._settled[account] = self._settled.get(account, Decimal(0)) + amount
        return True

    def leave(self, request_id: str) -> bool:
        """Drop an open request; False where there is none."""
        entry = self._open.pop(request_id, None)
        if entry is not None:
            self._add(entry.takes, -1)
        return entry is not None

    def kept(self) -> KeptBudgets:
        """What is stored."""
        return KeptBudgets(
            settled=self._settled, open={one.request_id: (one.at, one.takes) for one in self._open.values()}
        )

    def _sum(self, account: str) -> Decimal:
        return self._settled.get(account, Decimal(0)) + self._totals.get(account, Decimal(0))

    def _add(self, takes: Mapping[str, Decimal], sign: int) -> None:
        for account, amount in takes.items():
            self._totals[account] = self._totals.get(account, Decimal(0)) + sign * amount

    def _forget_old(self, now: datetime) -> None:
        if now.date() - date.min < timedelta(days=_KEPT_DAYS):
            return
        oldest = str(now.date() - timedelta(days=_KEPT_DAYS))
        self._settled = {account: amount for account, amount in self._settled.items() if account >= oldest}


def _takes(entry: BudgetEntry | None) -> Mapping[str, Decimal]:
    return entry.takes if entry else {}
