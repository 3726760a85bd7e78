# SPDX-License-Identifier: Apache-2.0
"""Every store keeps notices until they were delivered, and finds those that are due."""

from datetime import timedelta

from approvals.domain.notices import Notice, NoticeKind
from approvals.domain.terms import State
from tests.approvals.store.contract import T0, StoreCase
from tests.approvals.store.test_contract_races import at_once


def a_notice(name: str = "PO-1/1", due: float | None = 0.0) -> Notice:
    """A notice that is due so many seconds after the beginning; given up with None."""
    return Notice(
        notice_id=name,
        kind=NoticeKind.OPENED,
        request_id=name.partition("/")[0],
        at=T0,
        sequence=1,
        entry_hash="ab" * 32,
        state=State.UNDER_REVIEW,
        summary="Ünïcode 🙂",
        next_at=None if due is None else T0 + timedelta(seconds=due),
    )


def due(case: StoreCase, seconds: float, limit: int = 10) -> list[str]:
    found = case.open().due_notices(T0 + timedelta(seconds=seconds), limit)
    return [notice.notice_id for notice in found]


def test_a_notice_comes_back_as_it_was_when_it_is_due(case: StoreCase) -> None:
    case.open().put_notice(a_notice(due=5))

    assert due(case, 4.9) == []
    for store in (case.open(), case.restart()):
        assert list(store.due_notices(T0 + timedelta(seconds=5), 10)) == [a_notice(due=5)]


def test_the_oldest_come_first_up_to_the_limit(case: StoreCase) -> None:
    for seconds in (30, 10, 20):
        case.open().put_notice(a_notice(f"r-{seconds}/1", seconds))

    assert due(case, 60) == ["r-10/1", "r-20/1", "r-30/1"]
    assert due(case, 60, limit=2) == ["r-10/1", "r-20/1"]


def test_one_that_is_put_off_or_given_up_is_no_longer_due(case: StoreCase) -> None:
    for name in ("r-1/1", "r-2/1", "r-3/1"):
        case.open().put_notice(a_notice(name))
    case.open().put_notice(a_notice("r-1/1", 7_200))
    case.open().put_notice(a_notice("r-2/1", None))

    assert due(case, 1) == ["r-3/1"]
    assert due(case, 7_200) == ["r-3/1", "r-1/1"]
    assert case.restart().count_notices(10) == (2, 1)


def test_one_that_is_removed_is_gone_and_removing_it_again_does_nothing(case: StoreCase) -> None:
    case.open().put_notice(a_notice())
    for store in (case.open(), case.restart()):
        store.remove_notice("PO-1/1")
        store.remove_notice("never there/1")

    assert due(case, 60) == []
    assert case.open().count_notices(10) == (0, 0)


def test_the_count_stops_at_its_limit(case: StoreCase) -> None:
    for number in range(5):
        case.open().put_notice(a_notice(f"r-{number}/1"))
    assert case.open().count_notices(3) == (3, 0)


def test_many_at_once_are_all_kept_and_one_put_by_many_is_one(case: StoreCase) -> None:
    at_once(case.threads, lambda number: case.open().put_notice(a_notice(f"r-{number}/1")))
    at_once(case.threads, lambda _: case.open().put_notice(a_notice("one/1")))

    assert case.open().count_notices(100) == (case.threads + 1, 0)
