# SPDX-License-Identifier: Apache-2.0
"""Every store finds the same records, newest first, on pages that hold while records change."""

from datetime import timedelta

import pytest

from approvals.domain.terms import Level, State
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.protocol import ApprovalStore, Query
from tests.approvals.store.contract import T0, StoreCase, a_record, after, closed, found, in_review, pages

HOUR = timedelta(hours=1)


def test_records_are_found_newest_first(case: StoreCase) -> None:
    ages = {"r-1": 3 * HOUR, "r-2": 0 * HOUR, "r-3": 800 * HOUR, "r-4": 3 * HOUR - timedelta(microseconds=1)}
    for request_id, age in ages.items():
        case.open().create(a_record(request_id, created_at=T0 - age))

    assert found(case.open()) == ["r-2", "r-4", "r-1", "r-3"]
    assert found(case.restart(), limit=1) == ["r-2", "r-4", "r-1", "r-3"]


def test_records_of_one_moment_have_an_order_too(store: ApprovalStore) -> None:
    for request_id in ("b", "a", "C", "c"):
        store.create(a_record(request_id))

    assert found(store, limit=1) == ["c", "b", "a", "C"]


def test_an_empty_store_has_one_empty_page(store: ApprovalStore) -> None:
    assert [(list(page.records), page.next_cursor) for page in pages(store, Query())] == [([], "")]


def test_a_page_holds_what_was_asked_for(store: ApprovalStore) -> None:
    for number in range(5):
        store.create(a_record(f"r-{number}", created_at=T0 + number * HOUR))

    first = store.search(Query(), "", 2)
    assert [record.request_id for record in first.records] == ["r-4", "r-3"]
    assert first.next_cursor
    assert [len(page.records) for page in pages(store, Query(), 2)][:3] == [2, 2, 1]


def test_records_are_found_in_the_state_they_are_in_now(case: StoreCase) -> None:
    store = case.open()
    for request_id in ("r-1", "r-2", "r-3"):
        store.create(a_record(request_id))
    review = in_review(a_record("r-2"), T0 + HOUR)
    store.save(review, 1)
    store.save(in_review(a_record("r-3"), T0 + HOUR), 1)
    store.save(closed(review), 2)

    for handle in (case.open(), case.restart()):
        assert found(handle, Query(state=State.PENDING)) == ["r-1"]
        assert found(handle, Query(state=State.UNDER_REVIEW)) == ["r-3"]
        assert found(handle, Query(state=State.APPROVED)) == ["r-2"]
        assert found(handle, Query(state=State.REJECTED)) == []


@pytest.mark.parametrize("state", list(State))
def test_every_state_can_be_searched(store: ApprovalStore, state: State) -> None:
    store.create(a_record())
    store.save(after(a_record(), state=state), 1)

    assert found(store, Query(state=state)) == ["r-1"]
    assert found(store) == ["r-1"]


@pytest.mark.parametrize("state", list(State))
def test_requests_are_found_by_whether_they_are_closed(store: ApprovalStore, state: State) -> None:
    store.create(a_record())
    store.save(after(a_record(), state=state), 1)

    assert found(store, Query(closed=state.final)) == ["r-1"]
    assert found(store, Query(closed=not state.final)) == []


def test_a_record_that_comes_back_to_a_state_is_found_there_once(case: StoreCase) -> None:
    record = in_review(a_record(), T0 + HOUR)
    case.open().create(a_record())
    case.open().save(record, 1)
    for state in (State.ESCALATED, State.UNDER_REVIEW, State.ESCALATED, State.UNDER_REVIEW):
        record = after(record, state=state)
        case.restart().save(record, record.version - 1)

    for store in (case.open(), case.restart()):
        assert found(store, Query(state=State.UNDER_REVIEW)) == ["r-1"]
        assert found(store, Query(state=State.ESCALATED)) == []
        assert found(store) == ["r-1"]


def test_a_search_tests_all_that_it_was_given(store: ApprovalStore) -> None:
    asked = {
        "r-1": ("Ann", Level.MANAGER),
        "r-2": ("Ann", Level.VP),
        "r-3": ("ann", Level.VP),
        "r-4": ("Bo", Level.VP),
    }
    for number, (request_id, (requester, level)) in enumerate(asked.items()):
        record = a_record(request_id, requester=requester, created_at=T0 + number * HOUR)
        store.create(record)
        store.save(in_review(record, T0 + number * HOUR, level), 1)

    assert found(store, Query(requester="Ann")) == ["r-2", "r-1"]
    assert found(store, Query(level=Level.VP)) == ["r-4", "r-3", "r-2"]
    assert found(store, Query(level=Level.VP, requester="Ann", state=State.UNDER_REVIEW)) == ["r-2"]
    assert found(store, Query(overdue_at=T0 + 2 * HOUR)) == ["r-3", "r-2", "r-1"]
    assert found(store, Query(overdue_at=T0 + 2 * HOUR, level=Level.MANAGER)) == ["r-1"]
    assert found(store, Query(state=State.PENDING, level=Level.VP)) == []


def test_a_closed_record_is_never_overdue(store: ApprovalStore) -> None:
    store.create(a_record())
    record = in_review(a_record(), T0)
    store.save(record, 1)
    store.save(after(record, state=State.EXPIRED, stages=()), 2)

    assert found(store, Query(overdue_at=T0 + HOUR)) == []


def test_pages_hold_while_records_come_and_change(case: StoreCase) -> None:
    store = case.open()
    records = {
        f"r-{number:02}": a_record(f"r-{number:02}", created_at=T0 + number * HOUR) for number in range(20)
    }
    for record in records.values():
        store.create(record)

    seen: list[str] = []
    for page_number, page in enumerate(pages(store, Query(), 3)):
        seen += [record.request_id for record in page.records]
        store.create(a_record(f"new-{page_number}", created_at=T0 + (100 + page_number) * HOUR))
        for request_id in list(records)[page_number::7]:
            records[request_id] = after(records[request_id], state=State.APPROVED)
            case.restart().save(records[request_id], records[request_id].version - 1)

    assert seen == sorted(records, reverse=True)


def test_a_cursor_outlives_the_process_that_gave_it(case: StoreCase) -> None:
    for number in range(4):
        case.open().create(a_record(f"r-{number}", created_at=T0 + number * HOUR))
    cursor = case.open().search(Query(), "", 2).next_cursor

    assert [record.request_id for record in case.restart().search(Query(), cursor, 2).records] == [
        "r-1",
        "r-0",
    ]


@pytest.mark.parametrize("cursor", ["2", "next", "bm8gY3Vyc29y", "%%%", "é", "' OR 1=1 --"])
def test_what_is_no_cursor_is_refused(store: ApprovalStore, cursor: str) -> None:
    with pytest.raises(ApprovalError, match=r"^bad_parameter: cursor .*first page"):
        store.search(Query(), cursor, 10)
    with pytest.raises(ApprovalError) as caught:
        store.search(Query(state=State.APPROVED), cursor, 10)
    assert caught.value.code is ErrorCode.BAD_PARAMETER


def test_a_record_that_cannot_be_read_is_named_and_never_ends_a_listing(case: StoreCase) -> None:
    for number in range(7):
        case.open().create(a_record(f"r-{number}", created_at=T0 + timedelta(seconds=number)))
    for number in (0, 3, 6):
        case.damage(f"r-{number}")

    store = case.restart()
    assert found(store, limit=2) == ["r-5", "r-4", "r-2", "r-1"]
    assert sorted({one for page in pages(store, Query(), 2) for one in page.unreadable}) == [
        "r-0",
        "r-3",
        "r-6",
    ]
