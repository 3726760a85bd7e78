# SPDX-License-Identifier: Apache-2.0
"""What an account spent today, in this process, and in Dify's storage as far as a restart needs it.

A write for every call would double what an analysis writes. So the storage holds a mark that the total stays below for
a while, and moves it ahead in steps of a hundredth of the budget: after a restart the day goes on from the mark.
"""

from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from approvals.llm.budget import Taken
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import DaySpend, WorkspaceState
from approvals.store.envelope import UnreadableError, read_stored
from approvals.telemetry import get_logger

_STEPS: Final = 100
"""Of the budget: how much at most is counted too much after a restart, and how often a day it is written."""


_log = get_logger(__name__)


class _Mark(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date
    spent: int = Field(ge=0)


class DifySpend:
    """`SpendCounter` of one account in one workspace, through one call's storage."""

    def __init__(self, storage: KeyValue, state: WorkspaceState, account: str) -> None:
        self._storage = storage
        self._state = state
        self._account = account

    def take(self, day: date, amount: int, limit: int) -> Taken:
        """Count `amount`, unless the day's total would pass `limit`. Raises `store_unavailable`."""
        with self._state.locks.hold(self._lock):
            spend = self._of(day)
            total = spend.total + amount
            if total > limit:
                return Taken(counted=False, total=spend.total)
            if total > spend.mark:
                mark = min(total + limit // _STEPS, max(limit, total))
                self._storage.set(self._key, _Mark(day=day, spent=mark).model_dump_json().encode())
                spend.mark = mark
            spend.total = total
            return Taken(counted=True, total=total)

    def correct(self, day: date, difference: int) -> int:
        """Add to a day's total, or take away; the total. Raises `store_unavailable`."""
        with self._state.locks.hold(self._lock):
            spend = self._of(day)
            if spend.day != day:  # settled after midnight: the day before is over
                return spend.total
            total = max(spend.total + difference, 0)
            if total > spend.mark:
                self._storage.set(self._key, _Mark(day=day, spent=total).model_dump_json().encode())
                spend.mark = total
            spend.total = total
            return total

    def _of(self, day: date) -> DaySpend:
        """The day's state, or a later day's; read once in a process."""
        known = self._state.spend.get(self._account)
        if known is None:
            mark = self._stored() or _Mark(day=day, spent=0)
            known = DaySpend(mark.day, mark.spent, mark.spent)
        if known.day < day:
            known = DaySpend(day, 0, 0)
        self._state.spend[self._account] = known
        return known

    def _stored(self) -> _Mark | None:
        """What the storage holds; a damaged value gives way, or no day would ever begin anew."""
        raw = self._storage.get(self._key)
        try:
            return read_stored(_Mark, raw, "what was spent today") if raw else None
        except UnreadableError as error:
            if not error.damaged:
                raise
            _log.error("spend_unreadable", error=error.message)
            return None

    @property
    def _key(self) -> str:
        return f"spend/{self._account}"

    @property
    def _lock(self) -> str:
        return f"spend of {self._account}"
