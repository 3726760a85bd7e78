# SPDX-License-Identifier: Apache-2.0
"""What the contract suite (`test_contract_*.py`) needs of a store under test, and the records it tries it with.

A store joins by adding a factory to the `FACTORIES` of its own `*_case.py`; `conftest.py` collects them.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from approvals.domain.records import ApprovalRecord, ApprovalRequest
from approvals.domain.terms import Level, State
from approvals.store.protocol import ApprovalStore, Page, Query

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class StoreCase(Protocol):
    """One set of data, and the ways to reach it."""

    threads: int
    """How many threads a test of races may use: what the store is made for, and this machine can bear."""

    def open(self) -> ApprovalStore:
        """A handle as a new call of the plugin would have it; many may be open at once, in any thread."""
        ...

    def damage(self, request_id: str) -> None:
        """Makes what is stored of a request unreadable, behind the back of every handle; restart afterwards."""
        ...

    def restart(self) -> ApprovalStore:
        """A handle as the plugin has it after its process died and another took over."""
        ...


CaseFactory = Callable[[], AbstractContextManager[StoreCase]]
"""Makes a case without data, and cleans up behind it."""


class SteppingClock:
    """A clock that moves only when told."""

    def __init__(self, start: datetime = T0) -> None:
        self._start = start
        self._passed = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self._passed += seconds


def a_record(request_id: str = "r-1", **changes: Any) -> ApprovalRecord:
    """A pending record, changed as asked; `requester` goes into its request."""
    request = ApprovalRequest(
        request_id=request_id,
        content=changes.pop("content", "A chair for the new desk"),
        amount=Decimal("129.90"),
        currency="EUR",
        requester=changes.pop("requester", "Ann"),
    )
    at = changes.get("created_at", T0)
    given = {"request": request, "policy": {"version": 1}, "policy_digest": "d" * 64, "created_at": at}
    return ApprovalRecord(**{**given, "updated_at": at, **changes})


def after(record: ApprovalRecord, **changes: Any) -> ApprovalRecord:
    """The record's next version, changed as asked."""
    return record.model_copy(update={"version": record.version + 1, **changes})


def in_review(record: ApprovalRecord, deadline: datetime, *levels: Level) -> ApprovalRecord:
    """The record's next version, with people who have until `deadline` to decide."""
    stages = levels or (Level.MANAGER,)
    return after(record, state=State.UNDER_REVIEW, stages=stages, deadline_at=deadline)


def closed(record: ApprovalRecord, state: State = State.APPROVED) -> ApprovalRecord:
    """The record's next version, in a final state."""
    return after(record, state=state, stages=(), deadline_at=None)


def pages(store: ApprovalStore, query: Query, limit: int = 50) -> Iterator[Page]:
    """Every page of a search, each asked for when the one before was read.

    A page may hold fewer than `limit` records and still have a next one: a store may stop looking early.
    """
    cursor = ""
    for _ in range(10_000):
        page = store.search(query, cursor, limit)
        assert len(page.records) <= limit
        yield page
        cursor = page.next_cursor
        if not cursor:
            return
    raise AssertionError("the search never ends")


def found(store: ApprovalStore, query: Query | None = None, limit: int = 50) -> list[str]:
    """The ids that a search finds, over all its pages."""
    return [record.request_id for page in pages(store, query or Query(), limit) for record in page.records]
