# SPDX-License-Identifier: Apache-2.0
"""Every store knows whom to remind, and when."""

from datetime import timedelta

from approvals.domain.reminders import with_reminder
from approvals.domain.terms import State
from approvals.store.protocol import ApprovalStore
from tests.approvals.store.contract import T0, StoreCase, a_record, after, in_review

HOUR = timedelta(hours=1)


def waiting(store: ApprovalStore, request_id: str, *hours: int) -> None:
    """Keeps a record that waits until T0 plus 99 hours, with reminders after so many hours."""
    store.create(a_record(request_id))
    moments = tuple(T0 + hour * HOUR for hour in hours)
    open_until = in_review(a_record(request_id), T0 + 99 * HOUR)
    store.save(open_until.model_copy(update={"remind_at": moments}), 1)


def to_remind(store: ApprovalStore, hours: int, limit: int = 50) -> list[str]:
    return [record.request_id for record in store.to_remind(T0 + hours * HOUR, limit).records]


def test_whose_reminder_is_due_comes_earliest_first(case: StoreCase) -> None:
    for request_id, hours in {"a": (5, 8), "b": (3,), "c": (40,), "d": ()}.items():
        waiting(case.open(), request_id, *hours)

    for store in (case.open(), case.restart()):
        assert to_remind(store, 2) == []
        assert to_remind(store, 5) == ["b", "a"]
        assert to_remind(store, 5, limit=1) == ["b"]
        assert to_remind(store, 50) == ["b", "a", "c"]


def test_a_reminder_that_was_given_is_not_due_again(case: StoreCase) -> None:
    store = case.open()
    waiting(store, "a", 5, 8)
    store.save(with_reminder(store.load("a"), T0 + 6 * HOUR), 2)

    for handle in (case.open(), case.restart()):
        assert to_remind(handle, 7) == []
        assert to_remind(handle, 8) == ["a"]
    store.save(with_reminder(store.load("a"), T0 + 9 * HOUR), 3)
    assert to_remind(case.restart(), 90) == []


def test_what_is_closed_is_not_reminded_of(case: StoreCase) -> None:
    store = case.open()
    for request_id in ("a", "b", "c"):
        waiting(store, request_id, 5)
    for request_id in ("a", "b"):
        store.save(after(store.load(request_id), state=State.WITHDRAWN, remind_at=()), 2)

    for handle in (case.open(), case.restart()):
        assert to_remind(handle, 6, limit=1) == ["c"]
        assert to_remind(handle, 6) == ["c"]
