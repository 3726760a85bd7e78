# SPDX-License-Identifier: Apache-2.0
"""Dify's storage may answer with values that are minutes old, and may keep a value that it refused to keep."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.domain.terms import State
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.dify import record_cache
from approvals.store.faults import unavailable
from approvals.store.protocol import Query
from tests.approvals.store.contract import T0, a_record, after, closed, found, in_review
from tests.approvals.store.dify_case import FACTORIES, DifyCase
from tests.approvals.store.memory_storage import MemoryStorage, StaleStorage
from tests.approvals.store.stored_lists import orphans
from tests.approvals.store.test_contract_model import check_against_dictionaries


class RefusingStorage(MemoryStorage):
    """Like a storage that is full: refuses a record, keeps it all the same, and goes on answering with the old one."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False
        self.cached: dict[str, bytes] = {}

    def set(self, key: str, value: bytes) -> None:
        if self.full and key.startswith("rec/"):
            self.cached.setdefault(key, self.values[key])
            self.values[key] = value
            raise unavailable("write", "allocated size is greater than max storage size")
        super().set(key, value)
        self.cached.pop(key, None)

    def get(self, key: str) -> bytes | None:
        return self.cached.get(key) or super().get(key)


def test_what_was_written_is_what_is_read(storage_seed: int) -> None:
    case = DifyCase(lambda clock: StaleStorage(clock, storage_seed))
    record = a_record()
    case.open().create(record)
    for version in range(1, 30):
        record = after(record, policy={"write": version})
        case.open().save(record, version)
        case.clock.sleep(11 if version % 3 == 0 else 0)
        assert case.open().load("r-1") == record


@pytest.fixture(params=range(5))
def storage_seed(request: pytest.FixtureRequest) -> int:
    seed: int = request.param
    return seed


def test_no_update_is_lost_to_an_old_answer(storage_seed: int) -> None:
    case = DifyCase(lambda clock: StaleStorage(clock, storage_seed))
    case.open().create(a_record())

    def count_up(_: int) -> int:
        while True:
            store = case.open()
            record = store.load("r-1")
            try:
                store.save(after(record, policy={"count": record.policy.get("count", 0) + 1}), record.version)
            except ApprovalError as error:
                if error.code is not ErrorCode.VERSION_CONFLICT:
                    raise
            else:
                return record.version

    with ThreadPoolExecutor(16) as pool:
        versions = list(pool.map(count_up, range(100)))

    assert sorted(versions) == list(range(1, 101))
    assert case.open().load("r-1").policy == {"count": 100}


def test_an_old_answer_that_cannot_be_mended_says_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_cache, "MAX_BYTES", 10)
    storage = MemoryStorage()
    case = DifyCase(lambda _: storage)
    case.open().create(a_record())
    old = dict(storage.values)
    case.open().save(after(a_record()), 1)
    storage.values.update(old)

    with pytest.raises(
        ApprovalError, match=r"^store_unavailable: .*'r-1'.*older than version 2.*five minutes"
    ):
        case.open().load("r-1")
    case.clock.sleep(601)
    assert case.open().load("r-1").version == 1


def test_what_another_process_wrote_is_seen_and_respected() -> None:
    storage = MemoryStorage()
    old, new = DifyCase(lambda _: storage), DifyCase(lambda _: storage)
    old.open().create(a_record())
    new.open().save(after(a_record(), state=State.WITHDRAWN), 1)

    assert old.open().load("r-1").state is State.WITHDRAWN
    with pytest.raises(ApprovalError, match=r"^version_conflict"):
        old.open().save(after(a_record()), 1)


def test_a_slow_analysis_does_not_undo_what_another_process_did_meanwhile() -> None:
    storage = MemoryStorage()
    old, new = DifyCase(lambda _: storage), DifyCase(lambda _: storage)
    old.open().create(a_record())
    reviewed = in_review(a_record(), T0)
    new.open().save(reviewed, 1)
    new.open().save(closed(reviewed), 2)

    old.clock.sleep(30)
    with pytest.raises(ApprovalError, match=re.escape("at version 3, not 1")):
        old.open().save(after(a_record()), 1)
    assert old.open().load("r-1").state is State.APPROVED


@pytest.mark.parametrize("looked", [False, True])
def test_a_write_that_was_refused_but_kept_is_listed_when_it_surfaces(looked: bool) -> None:
    storage = RefusingStorage()
    case = DifyCase(lambda _: storage)
    case.open().create(a_record())
    case.clock.sleep(1000)
    storage.full = True
    with pytest.raises(ApprovalError, match=r"^store_unavailable"):
        case.open().save(in_review(a_record(), T0), 1)

    if looked:  # by someone who gets the old answer, and must not call the new listing untrue for it
        assert found(case.open(), Query(state=State.UNDER_REVIEW)) == []
        assert list(case.open().due(T0, 5).records) == []
        assert case.open().load("r-1").version == 1
    storage.cached.clear()

    assert case.open().load("r-1").version == 2
    assert found(case.open(), Query(state=State.UNDER_REVIEW)) == ["r-1"]
    assert len(case.open().due(T0, 5).records) == 1
    storage.full = False
    case.open().create(a_record("r-2"))
    case.open().save(in_review(a_record("r-2"), T0), 1)
    assert not orphans(storage.values)


def test_a_write_that_failed_is_not_built_upon_without_a_look() -> None:
    storage = RefusingStorage()
    case = DifyCase(lambda _: storage)
    case.open().create(a_record())
    storage.full = True
    with pytest.raises(ApprovalError):
        case.open().save(after(a_record(), state=State.REJECTED), 1)
    storage.full = False
    storage.cached.clear()

    with pytest.raises(ApprovalError, match=re.escape("at version 2, not 1")):
        case.open().save(after(a_record(), state=State.APPROVED), 1)


@pytest.mark.parametrize("name", ["dify", "dify-stale"])
def test_any_course_of_events_ends_as_it_would_with_dictionaries(name: str) -> None:
    check_against_dictionaries(FACTORIES[name], examples=80)
