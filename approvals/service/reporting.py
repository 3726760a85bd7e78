# SPDX-License-Identifier: Apache-2.0
"""How many requests are open and what waits in the store, counted now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from approvals.clock import Clock
from approvals.domain.terms import State
from approvals.llm import Deadline
from approvals.store.protocol import ApprovalStore, NoticeCounts, Query, Usage

_SECONDS: Final = 5.0  # a monitor asks every few seconds, and gives up after ten
_PAGE: Final = 200
MOST_LETTERS: Final = 1_000
"""Dead letters and notices are counted up to here."""


@dataclass(frozen=True, slots=True)
class StoreReport:
    """What waits in a store.

    `open`: requests by each state that is not final. `complete` is False when the time was over before all of them were
    counted. `usage` is None for a database. `store_seconds` is how long the first answer took, `seconds` how long all
    took.
    """

    open: Mapping[State, int]
    complete: bool
    dead_letters: int
    notices: NoticeCounts
    usage: Usage | None
    store_seconds: float
    seconds: float


def report(store: ApprovalStore, clock: Clock) -> StoreReport:
    """Counts what is open, for at most five seconds. Raises `store_unavailable`."""
    deadline = Deadline.after(clock, _SECONDS)
    started = clock.monotonic()
    dead_letters = len(store.dead_letters(MOST_LETTERS))
    store_seconds = clock.monotonic() - started
    complete = True
    counts: dict[State, int] = {}
    for state in (state for state in State if not state.final):
        counts[state], whole = _counted(store, state, deadline)
        complete = complete and whole
    notices = store.count_notices(MOST_LETTERS)
    seconds = clock.monotonic() - started
    return StoreReport(counts, complete, dead_letters, notices, store.usage(), store_seconds, seconds)


def _counted(store: ApprovalStore, state: State, deadline: Deadline) -> tuple[int, bool]:
    count, cursor = 0, ""
    while not deadline.expired:
        page = store.search(Query(state=state), cursor, _PAGE)
        count += len(page.records)
        cursor = page.next_cursor
        if not cursor:
            return count, True
    return count, False
