# SPDX-License-Identifier: Apache-2.0
"""The lists in Dify's storage stay small, and clean themselves of what is no longer true."""

import json
import time
from datetime import timedelta

import pytest

from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import State
from approvals.errors import ApprovalError
from approvals.store.compression import decompressed
from approvals.store.dify.records import record_key
from approvals.store.dify.shards import MAX_HINTS, NEARLY_FULL
from approvals.store.dify.store import DifyStore
from approvals.store.faults import unavailable
from approvals.store.protocol import DeadLetter, Query
from tests.approvals.store.contract import T0, a_record, closed, found, in_review
from tests.approvals.store.dify_case import DifyCase
from tests.approvals.store.memory_storage import MemoryStorage
from tests.approvals.store.stored_lists import hints_in, litter, orphans

HOUR = timedelta(hours=1)


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def case(storage: MemoryStorage) -> DifyCase:
    return DifyCase(lambda _: storage)


def lived(case: DifyCase, request_id: str) -> ApprovalRecord:
    """A request that was asked, reviewed and approved, now."""
    store, now = case.open(), case.clock.now()
    record = a_record(request_id, created_at=now)
    store.create(record, fresh=True)
    record = in_review(record, now + 24 * HOUR).model_copy(update={"updated_at": now})
    store.save(record, 1)
    store.save(closed(record), 2)
    return record


def shards(storage: MemoryStorage, series: str) -> list[str]:
    return [key for key in storage.values if key.startswith(f"idx/{series}/")]


def test_open_lists_do_not_grow_with_what_was_decided(case: DifyCase, storage: MemoryStorage) -> None:
    for number in range(3 * MAX_HINTS):
        lived(case, f"r-{number}")
        case.clock.sleep(120)

    assert not orphans(storage.values)
    assert len(shards(storage, "approved")) >= 3
    for series in ("pending", "under_review", "due"):
        assert len(shards(storage, series)) <= 3
        listed = [place for place, _ in hints_in(storage.values) if place.series == series]
        assert len(listed) <= 60


def create(store: DifyStore, number: int) -> None:
    store.create(a_record(f"r-{number}", created_at=T0), fresh=True)


def test_nobody_waits_for_a_new_list_while_the_present_one_has_room(
    case: DifyCase, storage: MemoryStorage
) -> None:
    store = case.open()
    for number in range(NEARLY_FULL - 1):
        create(store, number)

    storage.calls.clear()
    create(store, NEARLY_FULL - 1)
    asked_by_one = [call.partition("/")[0] for call in storage.calls]
    storage.calls.clear()
    create(store, NEARLY_FULL)
    asked_by_the_next = [call.partition("/")[0] for call in storage.calls]

    assert asked_by_one[:1] == ["set idx"], "its own place in the list comes first"
    assert "set dir" in asked_by_one
    assert asked_by_the_next == ["set idx", "set rec"]
    assert len(shards(storage, "pending")) == 2


def test_a_list_that_could_not_be_opened_early_is_opened_when_it_must_be(
    case: DifyCase, storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = case.open()
    for number in range(NEARLY_FULL - 1):
        create(store, number)

    def full(key: str, _value: bytes) -> None:
        raise unavailable(f"write {key}", "it is full")

    with monkeypatch.context() as patch:
        keep = storage.set
        patch.setattr(
            storage, "set", lambda key, value: (full if key.startswith("dir/") else keep)(key, value)
        )
        for number in range(NEARLY_FULL - 1, MAX_HINTS):
            create(store, number)
    assert len(shards(storage, "pending")) == 1

    create(store, MAX_HINTS)

    assert len(shards(storage, "pending")) == 2
    assert len(found(case.open(), limit=1000)) == MAX_HINTS + 1


def test_restarts_leave_no_trace_for_long(case: DifyCase, storage: MemoryStorage) -> None:
    for number in range(300):
        lived(case, f"r-{number}")
        case.restart()
        case.clock.sleep(1800)

    assert not orphans(storage.values)
    for series in ("pending", "under_review"):
        assert len(shards(storage, series)) < 30
    assert len(found(case.open())) == 300


def test_no_value_is_large(case: DifyCase, storage: MemoryStorage) -> None:
    for number in range(2000):
        case.open().create(a_record(f"{number:0128}", created_at=T0 + timedelta(seconds=number)), fresh=True)

    assert max(map(len, storage.values.values())) < 50_000
    assert (
        max(len(json.loads(storage.values[key])["hints"]) for key in shards(storage, "pending")) <= MAX_HINTS
    )


def test_a_walk_removes_what_a_dead_process_left(case: DifyCase, storage: MemoryStorage) -> None:
    for number in range(20):
        lived(case, f"r-{number}")
    case.open().put_dead_letter(DeadLetter(request_id="r-1", code="x", message="y", buried_at=T0))
    case.restart().remove_dead_letter("r-1")
    assert litter(storage.values)

    case.clock.sleep(3 * 3600)
    store = case.restart()
    for state in State:
        found(store, Query(state=state))
    store.due(T0 + 100 * HOUR, 10)
    store.dead_letters(10)

    assert not litter(storage.values)
    assert not orphans(storage.values)
    assert {key.split("/")[1] for key in storage.values if key.startswith("idx/")} == {"approved"}


def test_what_another_process_may_still_write_to_is_left_alone(
    case: DifyCase, storage: MemoryStorage
) -> None:
    lived(case, "r-1")
    before = {key: value for key, value in storage.values.items() if key.startswith(("idx/", "dir/"))}

    case.clock.sleep(3600)
    other = DifyCase(lambda _: storage)
    other.clock.sleep(case.clock.monotonic())
    for state in State:
        found(other.open(), Query(state=state))

    assert {key: value for key, value in storage.values.items() if key.startswith(("idx/", "dir/"))} == before


def test_two_processes_during_an_upgrade_lose_no_listing(storage: MemoryStorage) -> None:
    old, new = DifyCase(lambda _: storage), DifyCase(lambda _: storage)
    for number in range(2 * MAX_HINTS):
        for case, name in ((old, "old"), (new, "new")):
            lived(case, f"{name}-{number}")
            case.open().create(a_record(f"{name}-open-{number}", created_at=case.clock.now()), fresh=True)
            case.clock.sleep(60)

    assert not orphans(storage.values)
    assert len(found(new.open(), limit=1000)) == 8 * MAX_HINTS


def test_a_search_for_what_is_rare_stops_to_let_others_work(case: DifyCase, storage: MemoryStorage) -> None:
    store = case.open()
    for number in range(1200):
        store.create(a_record(f"r-{number:04}", requester="Rare" if number == 3 else "Ann"), fresh=True)
    storage.calls.clear()

    page = store.search(Query(requester="Rare"), "", 10)

    assert page.records == []
    assert page.next_cursor
    assert len(storage.calls) < 520
    assert found(store, Query(requester="Rare")) == ["r-0003"]


def test_ten_thousand_requests_are_searched_and_swept_in_a_moment(case: DifyCase) -> None:
    store = case.open()
    for number in range(10_000):
        record = a_record(f"r-{number}", created_at=T0 + timedelta(seconds=number))
        store.create(record, fresh=True)
        if number % 10 == 0:
            store.save(in_review(record, T0 + timedelta(seconds=10 * number)), 1)
    fresh: DifyStore = case.restart()

    began = time.perf_counter()
    assert len(fresh.search(Query(), "", 50).records) == 50
    assert len(fresh.due(T0 + 2 * HOUR, 50).records) == 50
    assert time.perf_counter() - began < 5


def test_a_damaged_record_stops_neither_searches_nor_sweeps(case: DifyCase, storage: MemoryStorage) -> None:
    for number in range(3):
        case.open().create(a_record(f"r-{number}"))
        case.open().save(in_review(a_record(f"r-{number}"), T0), 1)
    storage.values[record_key("r-1")] = b'{"schema":1,"rec'
    store = case.restart()

    assert found(store) == ["r-2", "r-0"]
    assert [record.request_id for record in store.due(T0, 5).records] == ["r-0", "r-2"]
    with pytest.raises(ApprovalError, match=r"^store_unavailable: .*a record.*damaged"):
        store.load("r-1")
    case.clock.sleep(3 * 3600)
    store.due(T0, 5)
    assert any(request_id == "r-1" for _, request_id in hints_in(storage.values))


@pytest.mark.parametrize("list_name", ["idx/pending/", "dir/pending/", "dir/months"])
def test_a_damaged_list_does_not_stop_new_requests(
    case: DifyCase, storage: MemoryStorage, list_name: str
) -> None:
    case.open().create(a_record("r-1"))
    damaged = next(key for key in storage.values if key.startswith(list_name))
    storage.values[damaged] = b""

    assert found(case.open()) == ["r-1"], "a process that wrote the list still knows it"
    store = case.restart()
    store.create(a_record("r-2"))
    assert "r-2" in found(store)
    assert store.load("r-1").version == 1


@pytest.mark.parametrize("key", ["rec/", "idx/pending/", "dir/pending/", "dir/months"])
def test_what_a_newer_version_wrote_is_not_guessed_at(
    case: DifyCase, storage: MemoryStorage, key: str
) -> None:
    case.open().create(a_record("r-1"))
    newer = next(name for name in storage.values if name.startswith(key))
    value = decompressed(storage.values[newer], newer)
    storage.values[newer] = value.replace(b'"schema":1', b'"schema":2')
    before = dict(storage.values)

    with pytest.raises(
        ApprovalError, match=r"^store_unavailable: .*schema.*newer version.*update the plugin"
    ):
        found(case.restart()) if key != "rec/" else case.restart().load("r-1")
    assert storage.values == before
