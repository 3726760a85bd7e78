# SPDX-License-Identifier: Apache-2.0
"""Every store knows what is due, keeps dead letters, and gives an idempotency key to one request."""

from datetime import timedelta

import pytest

from approvals.domain.terms import State
from approvals.store.protocol import ApprovalStore, DeadLetter
from tests.approvals.store.contract import T0, StoreCase, a_record, after, closed, in_review

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def waiting(store: ApprovalStore, request_id: str, deadline_in: timedelta) -> None:
    """Keeps a record that waits for somebody until T0 plus `deadline_in`."""
    store.create(a_record(request_id))
    store.save(in_review(a_record(request_id), T0 + deadline_in), 1)


def due(store: ApprovalStore, at: timedelta = timedelta(0), limit: int = 50) -> list[str]:
    """The ids that are due at T0 plus `at`."""
    return [record.request_id for record in store.due(T0 + at, limit).records]


def test_what_is_due_comes_most_overdue_first(case: StoreCase) -> None:
    deadlines = {
        "r-1": -HOUR,
        "r-2": -900 * HOUR,
        "r-3": SECOND,
        "r-4": 0 * HOUR,
        "r-5": -SECOND,
        "r-6": 50 * HOUR,
    }
    for request_id, deadline in deadlines.items():
        waiting(case.open(), request_id, deadline)

    for store in (case.open(), case.restart()):
        assert due(store) == ["r-2", "r-1", "r-5", "r-4"]
        assert due(store, limit=2) == ["r-2", "r-1"]
        assert due(store, at=100 * HOUR) == ["r-2", "r-1", "r-5", "r-4", "r-3", "r-6"]
        assert due(store, at=-1000 * HOUR) == []


def test_only_what_waits_for_somebody_is_due(case: StoreCase) -> None:
    store = case.open()
    for request_id in ("pending", "withdrawn", "approved", "escalated"):
        waiting(store, request_id, -HOUR)
        record = store.load(request_id)
        if request_id != "pending":
            store.save(after(record, state=State(request_id)), 2)
        else:
            store.save(after(record, state=State.PENDING, deadline_at=None, stages=()), 2)

    for handle in (case.open(), case.restart()):
        assert due(handle) == ["escalated"]


def test_a_moved_deadline_is_what_counts(case: StoreCase) -> None:
    waiting(case.open(), "r-1", -HOUR)
    later = after(case.open().load("r-1"), state=State.ESCALATED, deadline_at=T0 + HOUR)
    case.restart().save(later, 2)

    for store in (case.open(), case.restart()):
        assert due(store) == []
        assert due(store, at=HOUR) == ["r-1"]

    case.open().save(after(later, deadline_at=T0 - HOUR), 3)
    assert due(case.restart()) == ["r-1"]


def test_what_was_swept_is_not_due_again(case: StoreCase) -> None:
    for number in range(12):
        waiting(case.open(), f"r-{number:02}", -number * HOUR)

    swept: list[str] = []
    while batch := case.open().due(T0, 5).records:
        for record in batch:
            swept.append(record.request_id)
            case.open().save(closed(record, State.EXPIRED), record.version)

    assert swept == [f"r-{number:02}" for number in reversed(range(12))]
    assert due(case.restart()) == []


def letter(request_id: str, age: timedelta = timedelta(0), attempts: int = 1) -> DeadLetter:
    """A dead letter that was put aside `age` before T0."""
    return DeadLetter(
        request_id=request_id,
        code="model_unavailable",
        message="no answer",
        buried_at=T0 - age,
        attempts=attempts,
    )


def test_dead_letters_come_oldest_first(case: StoreCase) -> None:
    for request_id, age in {"r-1": HOUR, "r-2": 500 * HOUR, "r-3": 0 * HOUR, "R-3": 0 * HOUR}.items():
        case.open().put_dead_letter(letter(request_id, age))

    for store in (case.open(), case.restart()):
        assert list(store.dead_letters(10)) == [
            letter("r-2", 500 * HOUR), letter("r-1", HOUR), letter("R-3"), letter("r-3"),
        ]  # fmt: skip
        assert list(store.dead_letters(1)) == [letter("r-2", 500 * HOUR)]


@pytest.mark.parametrize("age", [0 * HOUR, HOUR, 2 * HOUR, 100 * HOUR])
def test_a_request_has_one_dead_letter_the_last(case: StoreCase, age: timedelta) -> None:
    case.open().put_dead_letter(letter("r-1", HOUR))
    case.restart().put_dead_letter(letter("r-1", age, attempts=2))

    for store in (case.open(), case.restart()):
        assert list(store.dead_letters(10)) == [letter("r-1", age, attempts=2)]


def test_a_removed_letter_is_gone_and_may_come_back(case: StoreCase) -> None:
    case.open().put_dead_letter(letter("r-1"))
    case.open().put_dead_letter(letter("r-2"))

    case.restart().remove_dead_letter("r-1")
    case.open().remove_dead_letter("r-1")
    case.open().remove_dead_letter("never put")
    for store in (case.open(), case.restart()):
        assert list(store.dead_letters(10)) == [letter("r-2")]

    case.open().put_dead_letter(letter("r-1"))
    assert list(case.restart().dead_letters(10)) == [letter("r-1"), letter("r-2")]


def test_the_first_request_holds_an_idempotency_key(case: StoreCase) -> None:
    assert case.open().claim("key", "r-1") == "r-1"
    for store in (case.open(), case.restart()):
        assert store.claim("key", "r-2") == "r-1"
        assert store.claim("key", "r-1") == "r-1"


def test_keys_are_compared_exactly(store: ApprovalStore) -> None:
    keys = ["key", "Key", "key ", " key", "ключ", "k/../y", "k" * 255, "k" * 254, "a\\b", "a%b", "a_b"]

    assert [store.claim(key, f"r-{number}") for number, key in enumerate(keys)] == [
        f"r-{n}" for n in range(len(keys))
    ]
    assert [store.claim(key, "late") for key in keys] == [f"r-{n}" for n in range(len(keys))]


def test_records_that_cannot_be_read_are_named_and_stand_in_nobodys_way(case: StoreCase) -> None:
    for number in range(6):
        waiting(case.open(), f"r-{number}", (number - 9) * HOUR)
    for number in range(4):
        case.damage(f"r-{number}")

    page = case.restart().due(T0, 2)
    assert [record.request_id for record in page.records] == ["r-4", "r-5"]
    assert list(page.unreadable) == ["r-0", "r-1", "r-2", "r-3"]
