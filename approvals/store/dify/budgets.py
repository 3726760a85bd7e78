# SPDX-License-Identifier: Apache-2.0
"""What requests take of budgets in Dify's storage: one value, so that any number of budgets costs a read and a write.

Whoever comes first writes for all who wait. A damaged value is no empty one: it is refused, and people decide.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from approvals.domain.budgets import BudgetEntry
from approvals.store.compression import compressed, decompressed
from approvals.store.dify.budget_book import BudgetBook, KeptBudgets
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.envelope import read_stored
from approvals.store.faults import store_full

KEY: Final = "budget/all"
_TURN: Final = "budgets"


class DifyBudgets:
    """The budgets of one workspace, through one call's storage. What this process wrote lately stands."""

    def __init__(self, storage: KeyValue, state: WorkspaceState) -> None:
        self._storage = storage
        self._state = state

    def enter(self, entries: Sequence[BudgetEntry]) -> Sequence[Mapping[str, Decimal]]:
        """Keeps what open requests take, one after the other; gives what others take: at most a read and a write."""
        told: list[Mapping[str, Decimal]] = []

        def enter_all(book: BudgetBook) -> bool:
            changed, others = book.enter(entries)
            told.extend(others)
            return changed

        self._change(enter_all, grows=True)
        return told

    def settle(self, request_id: str) -> None:
        """Counts an open request for good."""
        self._change(lambda book: book.settle(request_id))

    def leave(self, request_id: str) -> None:
        """Counts an open request no longer."""
        self._change(lambda book: book.leave(request_id))

    def _change(self, change: Callable[[BudgetBook], bool], *, grows: bool = False) -> None:
        """Changes the book and writes it, unless it was so before. Raises `store_full` where it grows without room."""
        with self._state.locks.hold(_TURN):
            book = self._book()
            changed = change(book)
        if changed:
            book.writes.join(self._state.locks.hold(_TURN), lambda: self._write(book, grows=grows))

    def _write(self, book: BudgetBook, *, grows: bool) -> None:
        if grows and self._state.usage.full:
            raise store_full()
        raw = compressed(book.kept().model_dump_json(exclude_defaults=True).encode())
        with self._state.writing(_TURN):
            self._storage.set(KEY, raw)
        self._state.lately_budgeted.put(KEY, book)

    def _book(self) -> BudgetBook:
        """What is kept. Raises `UnreadableError`."""
        if self._state.lately_budgeted.get(KEY) is None:
            self._state.lately_budgeted.drop(KEY)  # another process may have written meanwhile
        book = self._state.budget_books.get(KEY)
        if book is None:
            raw = self._storage.get(KEY)
            book = self._state.budget_books[KEY] = BudgetBook(
                KeptBudgets() if raw is None else budgets_in(raw)
            )
        return book


def budgets_in(raw: bytes) -> KeptBudgets:
    """The stored value. Raises `UnreadableError`."""
    what = "what requests take of budgets"
    return read_stored(KeptBudgets, decompressed(raw, what), what)
