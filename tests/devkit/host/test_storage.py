# SPDX-License-Identifier: Apache-2.0
"""The platform's storage rules, and the faults that can be asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.host.storage import (
    Cut,
    HostStorage,
    StorageCutError,
    StorageOperation,
    StorageRefusedError,
    StorageRequest,
)


def set_(storage: HostStorage, key: str, value: bytes) -> object:
    return storage.answer({"opt": "set", "key": key, "value": value.hex()})["data"]


def get(storage: HostStorage, key: str) -> bytes:
    return bytes.fromhex(storage.answer({"opt": "get", "key": key})["data"])


def delete(storage: HostStorage, key: str) -> object:
    return storage.answer({"opt": "del", "key": key})["data"]


def exist(storage: HostStorage, key: str) -> object:
    return storage.answer({"opt": "exist", "key": key})["data"]


keys = st.text("abc/:-", min_size=1, max_size=9).filter(lambda key: "//" not in key)


@given(st.dictionaries(keys, st.binary()))
def test_what_is_set_can_be_read_until_it_is_deleted(values: dict[str, bytes]) -> None:
    storage = HostStorage()

    for key, value in values.items():
        assert set_(storage, key, value) == "ok"
    assert {key: get(storage, key) for key in values} == values == storage.snapshot()
    for key in values:
        assert delete(storage, key) == "ok"
        assert exist(storage, key) is False
    assert storage.snapshot() == {}


def test_reading_or_deleting_a_missing_key_is_refused() -> None:
    with pytest.raises(StorageRefusedError, match="load data failed, please check if the key is correct"):
        get(HostStorage(), "a")
    with pytest.raises(StorageRefusedError, match="delete data failed"):
        delete(HostStorage(), "a")


@pytest.mark.parametrize("key", ["../a", "a//b", "a\\b"])
def test_a_key_that_climbs_is_refused_by_every_operation(key: str) -> None:
    storage = HostStorage({key: b"there"})

    for operation in (get, delete, exist, lambda s, k: set_(s, k, b"")):
        with pytest.raises(StorageRefusedError):
            operation(storage, key)


def test_a_key_is_at_most_256_bytes() -> None:
    assert set_(HostStorage(), "k" * 256, b"") == "ok"
    with pytest.raises(StorageRefusedError, match="256"):
        set_(HostStorage(), "k" * 257, b"")
    with pytest.raises(StorageRefusedError, match="256"):
        set_(HostStorage(), "é" * 129, b"")


def test_a_write_over_the_quota_is_refused_and_has_overwritten_the_value() -> None:
    storage = HostStorage(quota=10)
    set_(storage, "a", b"12345")
    set_(storage, "a", b"1234567890")

    with pytest.raises(StorageRefusedError, match="allocated size"):
        set_(storage, "a", b"12345678901")
    assert get(storage, "a") == b"12345678901"


def test_operations_fail_from_the_kth_on_until_healed() -> None:
    storage = HostStorage({"a": b"1"})
    get(storage, "a")
    storage.fail_after(2, "out of order")

    get(storage, "a")
    for _ in range(3):
        with pytest.raises(StorageRefusedError, match="out of order"):
            set_(storage, "a", b"2")
    storage.heal()

    assert get(storage, "a") == b"1"


@pytest.mark.parametrize(("cut", "stored"), [(Cut.BEFORE, {"a": b"1"}), (Cut.AFTER, {"a": b"1", "b": b"2"})])
def test_the_process_is_cut_once_before_or_after_the_kth_operation(
    cut: Cut, stored: dict[str, bytes]
) -> None:
    storage = HostStorage()
    storage.cut_after(2, cut)

    set_(storage, "a", b"1")
    with pytest.raises(StorageCutError):
        set_(storage, "b", b"2")

    assert storage.snapshot() == stored
    assert set_(storage, "c", b"3") == "ok"


def test_a_stale_read_returns_any_earlier_value() -> None:
    storage = HostStorage()
    set_(storage, "a", b"1")
    set_(storage, "a", b"2")
    storage.stale_reads(lambda _key, history: history[-2])

    assert storage.history("a") == [None, b"1", b"2"]
    assert get(storage, "a") == b"1"
    storage.stale_reads(lambda _key, history: history[0])
    with pytest.raises(StorageRefusedError):
        get(storage, "a")
    storage.heal()
    assert get(storage, "a") == b"2"


def test_every_operation_is_counted_and_shown_to_the_watcher_who_may_refuse_it() -> None:
    seen: list[StorageRequest] = []

    def watch(asked: StorageRequest) -> None:
        seen.append(asked)
        if asked.operation is StorageOperation.DELETE:
            raise StorageRefusedError("not today")

    storage = HostStorage(on_operation=watch)
    set_(storage, "a", b"1")
    with pytest.raises(StorageRefusedError, match="not today"):
        delete(storage, "a")

    assert storage.counters == {StorageOperation.SET: 1, StorageOperation.DELETE: 1}
    assert [(asked.number, asked.key, asked.value) for asked in seen] == [(1, "a", b"1"), (2, "a", b"")]


def test_a_request_that_makes_no_sense_is_refused_and_not_counted() -> None:
    storage = HostStorage()

    for request in ({"opt": "list", "key": "a"}, {"opt": "get"}, {"opt": "set", "key": "a", "value": "xyz"}):
        with pytest.raises(StorageRefusedError, match="unmarshal"):
            storage.answer(request)
    assert storage.operations == 0
