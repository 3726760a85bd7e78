# SPDX-License-Identifier: Apache-2.0
"""What other calls do between two operations of one call never costs a record its listing."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from approvals.domain.terms import State
from approvals.errors import ApprovalError
from approvals.store.faults import unavailable
from approvals.store.protocol import DeadLetter, Query
from tests.approvals.store.contract import T0, a_record, after, closed, found, in_review
from tests.approvals.store.dify_case import DifyCase
from tests.approvals.store.memory_storage import InterruptedStorage
from tests.approvals.store.stored_lists import orphans

HOUR = timedelta(hours=1)


@pytest.fixture
def storage() -> InterruptedStorage:
    return InterruptedStorage()


@pytest.fixture
def case(storage: InterruptedStorage) -> DifyCase:
    return DifyCase(lambda _: storage)


def test_a_walk_leaves_alone_what_is_about_to_come_true(case: DifyCase, storage: InterruptedStorage) -> None:
    case.open().create(a_record())
    case.clock.sleep(1000)

    def walk() -> None:
        assert found(case.open(), Query(state=State.UNDER_REVIEW)) == []
        assert list(case.open().due(T0 + HOUR, 5).records) == []

    storage.interrupt("set idx/under_review/", walk)
    storage.interrupt("set rec/", walk)
    case.open().save(in_review(a_record(), T0 + HOUR), 1)

    assert found(case.open(), Query(state=State.UNDER_REVIEW)) == ["r-1"]
    assert [record.request_id for record in case.open().due(T0 + HOUR, 5).records] == ["r-1"]


def test_so_does_a_walk_over_dead_letters(case: DifyCase, storage: InterruptedStorage) -> None:
    letter = DeadLetter(request_id="r-1", code="x", message="y", buried_at=T0)
    storage.interrupt("set dlq/", lambda: case.open().dead_letters(5))
    case.open().put_dead_letter(letter)
    assert list(case.open().dead_letters(5)) == [letter]


def test_a_search_finds_what_moves_while_it_goes_on(case: DifyCase, storage: InterruptedStorage) -> None:
    record = after(in_review(a_record(), T0 + HOUR), state=State.ESCALATED)
    case.open().create(a_record())
    case.open().save(record, 1)
    case.clock.sleep(3 * 3600)
    assert found(case.restart()) == ["r-1"], "and no list but that of its state names it from here on"
    back = after(record, state=State.UNDER_REVIEW, updated_at=case.clock.now())

    def move_and_clean() -> None:
        case.open().save(back, 3)
        assert found(case.open(), Query(state=State.ESCALATED)) == []

    searching = case.restart()
    storage.interrupt("get idx/escalated/", move_and_clean)
    assert found(searching) == ["r-1"]


def test_a_search_finds_what_moves_out_of_this_process_s_own_lists(
    case: DifyCase, storage: InterruptedStorage
) -> None:
    case.open().create(a_record())
    case.open().create(a_record("r-2"))
    storage.interrupt("get dir/pending/", lambda: case.open().save(in_review(a_record(), T0), 1))
    assert found(case.open()) == ["r-2", "r-1"]


def test_nobody_appends_to_a_list_that_others_may_have_cleaned_away(
    case: DifyCase, storage: InterruptedStorage
) -> None:
    case.open().create(a_record())
    case.open().save(closed(a_record()), 1)
    case.clock.sleep(3 * 3600)
    other = DifyCase(lambda _: storage)
    other.clock.sleep(3 * 3600)
    assert found(other.open(), Query(state=State.PENDING)) == []

    case.open().create(a_record("r-2"))
    assert not orphans(storage.values)


def test_who_waits_for_a_shared_write_that_fails_writes_for_himself(
    case: DifyCase, storage: InterruptedStorage
) -> None:
    case.open().create(a_record())
    writing = threading.Event()

    def go_slowly() -> None:
        storage.interrupt("set idx/pending/", fail)
        writing.set()
        while not {"r-3", "r-4"} <= listed_in_memory(case):
            time.sleep(0.001)

    storage.interrupt("set idx/pending/", go_slowly)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(case.open().create, a_record("r-2"), fresh=True)]
        writing.wait(timeout=60)
        calls += [pool.submit(case.open().create, a_record(name), fresh=True) for name in ("r-3", "r-4")]

    failed = [isinstance(call.exception(), ApprovalError) for call in calls]
    assert failed in ([False, True, False], [False, False, True])
    assert not orphans(storage.values)
    assert len(found(case.restart())) == 3


def fail() -> None:
    raise unavailable("write", "the disk is gone")


def listed_in_memory(case: DifyCase) -> set[str]:
    own = case.workspaces.state_for(case.storage).shards.snapshot(["pending"])
    return {hint.request_id for hints in own["pending"].values() for hint in hints}


def test_what_fails_to_be_listed_is_not_remembered(case: DifyCase, storage: InterruptedStorage) -> None:
    case.open().create(a_record())
    for number in range(5):
        storage.interrupt("set idx/", fail)
        with pytest.raises(ApprovalError):
            case.open().create(a_record(f"failed-{number}"))
    assert listed_in_memory(case) == {"r-1"}
