# SPDX-License-Identifier: Apache-2.0
"""One process serves many workspaces, and never takes one for another."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.domain.terms import State
from approvals.errors import ApprovalError
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import Workspaces
from approvals.store.protocol import DeadLetter, Query
from tests.approvals.store.contract import T0, SteppingClock, a_record, after, found, in_review
from tests.approvals.store.memory_storage import MemoryStorage, YieldingStorage


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def workspaces(clock: SteppingClock) -> Workspaces:
    return Workspaces(clock, capacity=2)


def test_calls_of_one_workspace_share_a_state(workspaces: Workspaces) -> None:
    storage = MemoryStorage()
    state = workspaces.state_for(storage)
    assert workspaces.state_for(storage) is state
    assert workspaces.state_for(storage, "app-1") is state
    assert workspaces.state_for(MemoryStorage()) is not state


def test_an_app_spares_the_look(workspaces: Workspaces, clock: SteppingClock) -> None:
    storage = MemoryStorage()
    state = workspaces.state_for(storage, "app-1")
    storage.calls.clear()

    assert workspaces.state_for(storage, "app-1") is state
    assert storage.calls == []
    assert workspaces.state_for(storage, "app-2") is state
    assert storage.calls == ["get meta/workspace"]
    clock.sleep(61)
    assert workspaces.state_for(storage, "app-1") is state
    assert storage.calls == ["get meta/workspace"] * 2


def test_first_calls_agree_on_a_workspace(clock: SteppingClock) -> None:
    workspaces = Workspaces(clock)
    storages = [YieldingStorage() for _ in range(8)]
    ready = threading.Barrier(64)

    def call(number: int) -> tuple[int, int]:
        ready.wait(timeout=60)
        return number % 8, id(workspaces.state_for(storages[number % 8], f"app-{number}"))

    with ThreadPoolExecutor(64) as pool:
        assert len(set(pool.map(call, range(64)))) == 8


def test_a_state_in_use_is_never_replaced_and_an_idle_one_is(workspaces: Workspaces) -> None:
    storages = [MemoryStorage() for _ in range(5)]
    held = workspaces.state_for(storages[0])
    first = held.workspace_id
    for storage in storages[1:]:
        workspaces.state_for(storage)

    assert workspaces.state_for(storages[0]) is held
    del held
    for storage in storages[1:]:
        workspaces.state_for(storage)
    gc.collect()
    assert repr(workspaces) == "Workspaces(2 in memory)"
    assert workspaces.state_for(storages[0]).workspace_id == first


def test_a_damaged_id_is_not_guessed(workspaces: Workspaces) -> None:
    storage = MemoryStorage()
    storage.values["meta/workspace"] = b"../other"
    with pytest.raises(ApprovalError, match=r"^store_unavailable: .*meta/workspace.*damaged"):
        workspaces.state_for(storage)


def test_two_workspaces_with_the_same_ids_stay_apart(workspaces: Workspaces, clock: SteppingClock) -> None:
    ours, theirs = MemoryStorage(), MemoryStorage()

    def store(storage: MemoryStorage) -> DifyStore:
        return DifyStore(storage, workspaces.state_for(storage), clock)

    store(ours).create(a_record(content="of us"))
    store(theirs).create(a_record(content="of them"))
    store(ours).save(in_review(a_record(content="of us"), T0), 1)
    store(ours).put_dead_letter(DeadLetter(request_id="r-1", code="x", message="ours", buried_at=T0))

    assert store(ours).claim("key", "r-ours") == "r-ours"
    assert store(theirs).claim("key", "r-theirs") == "r-theirs"
    assert [record.request_id for record in store(ours).due(T0, 5).records] == ["r-1"]
    assert list(store(theirs).due(T0, 5).records) == []
    assert list(store(theirs).dead_letters(5)) == []
    assert found(store(theirs), Query(state=State.PENDING)) == ["r-1"]
    store(theirs).save(after(a_record(content="of them"), state=State.WITHDRAWN), 1)
    assert store(ours).load("r-1").state is State.UNDER_REVIEW
    assert b"of them" not in b"".join(ours.values.values())
    assert b"of us" not in b"".join(theirs.values.values())


def test_workspaces_at_work_at_once_stay_apart(clock: SteppingClock) -> None:
    workspaces = Workspaces(clock)
    storages = [YieldingStorage() for _ in range(4)]

    def call(number: int) -> None:
        mine = storages[number % 4]
        store = DifyStore(mine, workspaces.state_for(mine), clock)
        store.create(a_record(f"r-{number // 4}", content=f"of workspace {number % 4}"), fresh=True)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(call, range(400)))

    for number, storage in enumerate(storages):
        store = DifyStore(storage, Workspaces(clock).state_for(storage), clock)
        assert sorted(found(store)) == sorted(f"r-{n}" for n in range(100))
        assert {store.load(f"r-{n}").request.content for n in range(100)} == {f"of workspace {number}"}
