# SPDX-License-Identifier: Apache-2.0
"""What a trace costs in Dify's storage, and what becomes of it when the storage fails."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.traces import Trace, newest_first
from approvals.errors import ApprovalError
from approvals.store.dify.store import DifyStore
from approvals.store.dify.trace_list import TraceList
from approvals.store.dify.traces import traces_in, traces_key
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.ttl_cache import REMEMBER_SECONDS
from tests.approvals.store.contract import T0, SteppingClock
from tests.approvals.store.memory_storage import MemoryStorage
from tests.approvals.store.test_contract_traces import DAY, SINCE, a_trace, others


class Counting(MemoryStorage):
    """Counts round trips; fails while it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = self.writes = 0
        self.broken = False

    def get(self, key: str) -> bytes | None:
        self.reads += key.startswith("trace/")
        return super().get(key)

    def set(self, key: str, value: bytes) -> None:
        if self.broken:
            raise ApprovalError("store_unavailable", "broken")
        self.writes += key.startswith("trace/")
        super().set(key, value)


def opened(storage: MemoryStorage) -> DifyStore:
    clock = SteppingClock()
    return DifyStore(storage, WorkspaceState("w" * 32, clock), clock)


def test_a_trace_costs_two_reads_and_two_writes_at_most_and_a_repeat_writes_nothing() -> None:
    storage = Counting()
    store = opened(storage)

    store.trace((a_trace("r-1"),), SINCE)
    assert (storage.reads, storage.writes) == (2, 2)
    store.trace((a_trace("r-2"),), SINCE)
    assert (storage.reads, storage.writes) == (2, 4)
    store.trace((a_trace("r-2"),), SINCE)
    assert (storage.reads, storage.writes) == (2, 4)
    opened(storage).trace((a_trace("r-2"),), SINCE)
    assert (storage.reads, storage.writes) == (4, 4)


def test_many_traces_of_one_call_share_a_read_and_a_write_of_each_series() -> None:
    storage = Counting()

    found = opened(storage).trace([a_trace(f"r-{number}") for number in range(8)], SINCE)

    assert (storage.reads, storage.writes) == (2, 2)
    assert [len(one) for one in found] == list(range(8))


def test_a_hundred_traces_take_few_bytes() -> None:
    storage = MemoryStorage()
    store = opened(storage)
    for number in range(300):
        one = a_trace(f"req_{number:032x}", timedelta(minutes=number), number=f"{number * 7919:020x}")
        store.trace((one,), SINCE)

    assert len(storage.values[traces_key("vendor-v1")]) < 6_000


def test_a_damaged_list_gives_way_to_a_new_one() -> None:
    storage = MemoryStorage()
    storage.values[traces_key("vendor-v1")] = b'{"traces":['

    assert others(opened(storage), a_trace("r-1", requester="")) == []
    assert others(opened(storage), a_trace("r-2", requester="")) == ["r-1"]


@pytest.mark.parametrize("before", [[], ["r-0"]])
def test_a_write_that_failed_is_made_up_for_by_the_next_call(before: list[str]) -> None:
    storage = Counting()
    store = opened(storage)
    for request_id in before:
        store.trace((a_trace(request_id),), SINCE)
    storage.broken = True
    for _ in range(2):
        with pytest.raises(ApprovalError):
            store.trace((a_trace("r-1"),), SINCE)
    storage.broken = False

    assert others(store, a_trace("r-1")) == before
    assert others(opened(storage), a_trace("r-2", ago=timedelta(0))) == ["r-1", *before]


def test_what_another_process_wrote_is_seen_once_the_platform_has_forgotten_older_answers() -> None:
    storage, clock = Counting(), SteppingClock()
    store = DifyStore(storage, WorkspaceState("w" * 32, clock), clock)
    store.trace((a_trace("r-1"),), SINCE)
    opened(storage).trace((a_trace("r-2"),), SINCE)

    assert others(store, a_trace("r-1")) == []
    clock.sleep(REMEMBER_SECONDS + 1)
    assert others(store, a_trace("r-1")) == ["r-2"]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5), st.booleans()), max_size=40))
def test_a_list_holds_the_newest_that_are_not_too_old(changes: list[tuple[int, int, bool]]) -> None:
    listed, expected = TraceList([]), dict[str, Trace]()
    since = T0 - 4 * DAY
    for number, days, is_dropped in changes:
        own = a_trace(f"r-{number}", days * DAY)
        if is_dropped:
            listed.drop(own.request_id)
            expected.pop(own.request_id, None)
        else:
            given = listed.add(own, since)
            left = {key: one for key, one in expected.items() if key != own.request_id}
            assert given == newest_first(left.values())
            expected = {key: one for key, one in {**left, own.request_id: own}.items() if one.at >= since}

        assert traces_in(listed.encoded(), "a list") == tuple(newest_first(expected.values()))
