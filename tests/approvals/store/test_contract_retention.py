# SPDX-License-Identifier: Apache-2.0
"""Every store finds what was kept long enough, and removes it whole but for a tombstone."""

from datetime import timedelta

import pytest

from approvals.domain.records import ApprovalRecord
from approvals.domain.retention import tombstone_of
from approvals.errors import ErrorCode
from approvals.store.protocol import ApprovalStore, DeadLetter
from tests.approvals.store.contract import T0, StoreCase, a_record, after, closed, found, in_review
from tests.approvals.store.test_contract_records import refused
from tests.approvals.store.test_contract_refusals import a_refusal

DAY = timedelta(days=1)


def decided(
    store: ApprovalStore, request_id: str, ends: timedelta | None, **changes: object
) -> ApprovalRecord:
    """A request that was approved and whose retention ends at T0 plus `ends`; never with None."""
    record = a_record(request_id, **changes)
    store.create(record)
    reviewed = in_review(record, T0 + DAY)
    store.save(reviewed, 1)
    final = closed(reviewed).model_copy(update={"remove_at": None if ends is None else T0 + ends})
    store.save(final, 2)
    return final


def removable(store: ApprovalStore, at: timedelta, limit: int = 50) -> list[str]:
    return [record.request_id for record in store.removable(T0 + at, limit).records]


def test_what_was_kept_long_enough_is_found_the_oldest_first(case: StoreCase) -> None:
    for request_id, ends in {"b": 2 * DAY, "a": DAY, "never": None, "c": 400 * DAY}.items():
        decided(case.open(), request_id, ends)

    for store in (case.open(), case.restart()):
        assert removable(store, DAY - timedelta(seconds=1)) == []
        assert removable(store, DAY) == ["a"]
        assert removable(store, 3 * DAY) == ["a", "b"]
        assert removable(store, 1000 * DAY, limit=2) == ["a", "b"]


def test_a_removed_request_is_gone_from_everything_and_says_what_is_left(case: StoreCase) -> None:
    store = case.open()
    record = decided(store, "r-1", DAY, idempotency_key="order 7")
    decided(store, "r-2", 2 * DAY)
    store.claim("order 7", "r-1")
    store.note_refusal("r-1", a_refusal(1))
    store.put_dead_letter(DeadLetter(request_id="r-1", code="x", message="y", buried_at=T0))
    left = tombstone_of(record, T0 + DAY)

    store.remove(record, left)

    for handle in (store, case.open(), case.restart()):
        with refused(ErrorCode.NOT_FOUND, "'r-1'", "removed on 2026-03-03", "'approved'"):
            handle.load("r-1")
        with refused(ErrorCode.NOT_FOUND, "'r-1'", "removed on"):
            handle.save(after(record), record.version)
        with refused(ErrorCode.ALREADY_EXISTS, "'r-1'", "removed on", "another id"):
            handle.create(a_record("r-1"))
        assert removable(handle, 5 * DAY) == ["r-2"]
        assert found(handle) == ["r-2"]
        assert list(handle.refusals("r-1")) == []
        assert list(handle.dead_letters(10)) == []
        assert handle.claim("order 7", "r-1") == "r-1"


def test_a_removal_of_what_changed_or_is_gone_changes_nothing(case: StoreCase) -> None:
    store = case.open()
    record = decided(store, "r-1", DAY)
    older = record.model_copy(update={"version": 2})
    with refused(ErrorCode.VERSION_CONFLICT, "'r-1'"):
        store.remove(older, tombstone_of(older, T0))
    assert store.load("r-1") == record

    store.remove(record, tombstone_of(record, T0))
    with refused(ErrorCode.NOT_FOUND, "'r-1'"):
        store.remove(record, tombstone_of(record, T0))
    with refused(ErrorCode.NOT_FOUND, "'r-404'"):
        store.remove(a_record("r-404"), tombstone_of(a_record("r-404"), T0))


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_all_that_ended_goes_in_portions_of_any_size(case: StoreCase, limit: int) -> None:
    for number in range(12):
        decided(case.open(), f"r-{number:02}", (number % 3) * DAY, created_at=T0 - number * DAY)
    decided(case.open(), "stays", None)

    store = case.open()
    gone: list[str] = []
    while batch := store.removable(T0 + 3 * DAY, limit).records:
        for record in batch:
            store.remove(record, tombstone_of(record, T0))
            gone.append(record.request_id)

    assert sorted(gone) == [f"r-{number:02}" for number in range(12)]
    assert found(case.restart()) == ["stays"]


def test_one_that_cannot_be_read_is_named_and_the_others_are_found(case: StoreCase) -> None:
    decided(case.open(), "bad", DAY)
    decided(case.open(), "good", 2 * DAY)
    case.damage("bad")

    page = case.restart().removable(T0 + 3 * DAY, 1)

    assert ([one.request_id for one in page.records], list(page.unreadable)) == (["good"], ["bad"])
