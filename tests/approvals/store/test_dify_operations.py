# SPDX-License-Identifier: Apache-2.0
"""How many round trips each thing costs on Dify's storage, once its lists are open. Each is about a millisecond."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import State
from approvals.store.dify.shards import MAX_HINTS
from approvals.store.dify.store import DifyStore
from approvals.store.protocol import DeadLetter, Query
from tests.approvals.store.contract import T0, a_record, after, closed, in_review
from tests.approvals.store.dify_case import DifyCase
from tests.approvals.store.memory_storage import MemoryStorage
from tests.approvals.store.stored_lists import orphans

HOUR = timedelta(hours=1)


class World:
    """A process that has seen one request through all its states, so that every list is open."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.case = DifyCase(lambda _: self.storage)
        self.store = self.case.open()
        self.store.create(a_record("first"))
        record = in_review(a_record("first"), T0 + HOUR)
        self.store.save(record, 1)
        self.store.save(closed(record), 2)
        self.store.put_dead_letter(DeadLetter(request_id="first", code="x", message="y", buried_at=T0))

    def operations(self, act: Callable[[DifyStore], object]) -> list[str]:
        """The operations that `act` takes, without what their keys are called."""
        self.storage.calls.clear()
        act(self.store)
        return [call.partition("/")[0] for call in self.storage.calls]


@pytest.fixture
def world() -> World:
    return World()


def test_a_new_request_takes_two_writes_and_a_given_id_a_look(world: World) -> None:
    assert world.operations(lambda s: s.create(a_record("r-1"), fresh=True)) == ["set idx", "set rec"]
    assert world.operations(lambda s: s.create(a_record("r-2"))) == ["exists rec", "set idx", "set rec"]


def test_a_save_is_a_write_and_one_for_each_list_it_enters(world: World) -> None:
    record = a_record("r-1")
    world.store.create(record)
    analysed = after(record)
    assert world.operations(lambda s: s.save(analysed, 1)) == ["set rec"]

    reviewed = in_review(analysed, T0 + HOUR)
    assert world.operations(lambda s: s.save(reviewed, 2)) == ["set idx", "set idx", "set rec"]

    final = closed(reviewed)
    assert world.operations(lambda s: s.load("r-1")) == ["get rec"]
    assert world.operations(lambda s: s.save(final, 3)) == ["set idx", "set rec"]


def test_a_save_looks_first_when_this_process_has_not_seen_the_record_lately(world: World) -> None:
    world.store.create(a_record("r-1"))
    world.case.clock.sleep(11)
    assert world.operations(lambda s: s.save(after(a_record("r-1")), 1)) == ["get rec", "set rec"]


def test_a_sweep_with_nothing_due_takes_two_looks(world: World) -> None:
    assert world.operations(lambda s: s.due(T0, 100)) == ["get dir", "get dir"]


def test_a_sweep_reads_what_is_due_and_not_what_is_there(world: World) -> None:
    for number in range(600):
        record = a_record(f"r-{number}")
        world.store.create(record, fresh=True)
        world.store.save(in_review(record, T0 + (number % 120) * HOUR), 1)
    world.store = world.case.restart()

    due = world.store.due(T0, 100).records
    operations = world.operations(lambda s: s.due(T0, 100))

    assert len(due) == 5
    assert sorted(operations) == sorted(["get dir", "get dir", "get idx", *["get rec"] * 5])


def test_a_page_reads_its_records_and_little_more(world: World) -> None:
    for number in range(300):
        world.store.create(a_record(f"r-{number:03}", created_at=T0 - number * HOUR), fresh=True)
    world.store = world.case.restart()

    operations = world.operations(lambda s: s.search(Query(state=State.PENDING), "", 20))

    assert operations.count("get rec") <= 21
    assert len(operations) <= 21 + 4


def test_dead_letters_and_keys_are_cheap(world: World) -> None:
    letter = DeadLetter(request_id="r-1", code="x", message="y", buried_at=T0)
    assert world.operations(lambda s: s.put_dead_letter(letter)) == ["set idx", "set dlq"]
    assert world.operations(lambda s: s.dead_letters(5)) == ["get dir", "get dir"]
    assert world.operations(lambda s: s.remove_dead_letter("r-1")) == ["delete dlq"]
    assert world.operations(lambda s: s.claim("key", "r-1")) == ["exists idem", "set idem"]
    assert world.operations(lambda s: s.claim("key", "r-2")) == []


def test_opening_a_new_list_adds_little(world: World) -> None:
    extra = 0
    for number in range(10 * MAX_HINTS):
        record = a_record(f"r-{number}")
        operations = world.operations(partial(_create_fresh, record))
        extra += len(operations) - 2
    assert extra / (10 * MAX_HINTS) < 0.05


def _create_fresh(record: ApprovalRecord, store: DifyStore) -> None:
    store.create(record, fresh=True)


class SlowFirstWrite(MemoryStorage):
    """Takes its time over the first list that it is given."""

    slow = True

    def asked(self, operation: str, key: str) -> None:
        super().asked(operation, key)
        if self.slow and key.startswith("idx/") and operation == "set":
            self.slow = False
            time.sleep(0.3)


def test_calls_that_come_together_share_the_writing_of_lists() -> None:
    storage = SlowFirstWrite()
    storage.slow = False
    case = DifyCase(lambda _: storage)
    case.open().create(a_record("first"))
    storage.calls.clear()
    storage.slow = True
    ready = threading.Barrier(64)

    def create(number: int) -> None:
        ready.wait(timeout=60)
        case.open().create(a_record(f"r-{number}"), fresh=True)

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(create, range(64)))

    list_writes = [call for call in storage.calls if call.startswith("set idx")]
    assert len(list_writes) < 32
    assert not orphans(storage.values)
