# SPDX-License-Identifier: Apache-2.0
"""The process dies at any single storage call: whoever repeats the calls finds everything as it must be.

`tests/plugin/test_crash.py` does it to a real process, at a few of the calls.
"""

from typing import Any

import pytest

from approvals.dify import services
from tests.approvals.llm.callers import StillClock
from tests.tools_against_mocked_endpoints.conftest import Plugin, Storage
from tests.tools_against_mocked_endpoints.mocked_endpoint import MockedEndpoint

POLICY = "version: 1\ndefault: {stages: [manager]}"


class Death(BaseException):
    """The process ends; nothing that it still does reaches the storage."""


class MortalStorage(Storage):
    """A storage that answers `lives` calls of a process; 0 for all of them."""

    def __init__(self, lives: int = 0) -> None:
        super().__init__()
        self.calls = 0
        self.lives = lives

    def get(self, key: str) -> bytes:
        self._count()
        return super().get(key)

    def set(self, key: str, val: bytes) -> None:
        self._count()
        super().set(key, val)

    def delete(self, key: str) -> None:
        self._count()
        super().delete(key)

    def exist(self, key: str) -> bool:
        self._count()
        return super().exist(key)

    def _count(self) -> None:
        self.calls += 1
        if 0 < self.lives < self.calls:
            raise Death


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, endpoint: MockedEndpoint, clock: StillClock) -> Any:
    """Starts a process over a storage: one that remembers nothing."""

    def start(storage: Storage) -> Plugin:
        made = Plugin(endpoint, clock, storage)
        monkeypatch.setattr(services, "wiring", lambda: made.wiring)
        return made

    return start


def all_steps(plugin: Plugin) -> list[dict[str, Any]]:
    return [
        plugin.analyze(request_id="r-1", policy=POLICY, idempotency_key="a"),
        plugin.route("r-1", "submit", idempotency_key="b"),
        plugin.route("r-1", "approve", actor="Bea", actor_level="manager", idempotency_key="c"),
    ]


def test_after_a_crash_at_any_storage_call_the_same_steps_again_end_as_if_nothing_had_happened(
    started: Any,
) -> None:
    counting = MortalStorage()
    all_steps(started(counting))
    assert counting.calls > 10

    for lives in range(1, counting.calls):
        storage = MortalStorage(lives)
        with pytest.raises(Death):
            all_steps(started(storage))
        storage.lives = 0

        survivor = started(storage)
        said = all_steps(survivor)
        (one,) = survivor.find(request_id="r-1", verify_ledger="true")["approvals"]
        listed = survivor.find(state="approved")["approvals"]

        assert [answer["status"] for answer in said] == ["ok"] * 3, lives
        assert said[-1]["state"] == "approved", lives
        assert [entry["event"] for entry in one["history"]] == ["submit", "approve"], lives
        assert one["ledger_ok"], lives
        assert [other["request_id"] for other in listed] == ["r-1"], lives
