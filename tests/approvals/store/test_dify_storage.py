# SPDX-License-Identifier: Apache-2.0
"""Dify's storage, whose exceptions say little, as a key-value store that can be relied on."""

import pytest

from approvals.errors import ApprovalError, ErrorCode
from approvals.store.dify.storage import DifyStorage
from tests.approvals.store.memory_storage import FakePlatform


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture
def storage(platform: FakePlatform) -> DifyStorage:
    return DifyStorage(platform)


def test_a_value_is_kept_until_it_is_deleted(storage: DifyStorage) -> None:
    storage.set("a", b"1")
    assert (storage.get("a"), storage.exists("a")) == (b"1", True)
    storage.delete("a")
    assert (storage.get("a"), storage.exists("a")) == (None, False)


def test_deleting_what_is_not_there_is_no_failure(storage: DifyStorage) -> None:
    storage.delete("a")


@pytest.mark.parametrize("operation", ["get", "set", "delete", "exists"])
def test_a_storage_that_fails_is_unavailable_not_empty(
    storage: DifyStorage, platform: FakePlatform, operation: str
) -> None:
    storage.set("a", b"1")
    platform.broken = "redis: connection refused"

    with pytest.raises(ApprovalError, match=r"a in Dify's storage.*connection refused.*daemon") as caught:
        getattr(storage, operation)("a", *([b"2"] if operation == "set" else []))

    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    assert caught.value.__cause__ is None


def test_a_full_storage_says_how_to_get_more_room(storage: DifyStorage, platform: FakePlatform) -> None:
    platform.broken = "allocated size is greater than max storage size"

    with pytest.raises(
        ApprovalError, match=r"^store_full: .*store_url.*PERSISTENCE_STORAGE_MAX_SIZE.*retention_days"
    ):
        storage.set("a", b"1")


def test_a_read_that_failed_once_is_tried_once_more(platform: FakePlatform) -> None:
    class Hiccup(FakePlatform):
        """Fails the first read."""

        reads = 0

        def get(self, key: str) -> bytes:
            self.reads += 1
            return super().get(key if self.reads > 1 else "another")

    hiccup = Hiccup()
    hiccup.values["a"] = b"1"

    assert DifyStorage(hiccup).get("a") == b"1"
