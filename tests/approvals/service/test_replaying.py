# SPDX-License-Identifier: Apache-2.0
"""A replay tries failed analyses again; a request that cannot be tried is named and ends nothing."""

import json

import pytest

from approvals.domain.canonical import digest
from approvals.errors import ErrorCode
from approvals.llm import ChatReply, ChatRequest, Deadline
from approvals.service.replaying import Replaying
from approvals.store.dify.records import record_key
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.protocol import DeadLetter
from tests.approvals.analysis.worlds import SPEND, reply
from tests.approvals.domain.worlds import record, request
from tests.approvals.service.test_analyzing import World
from tests.approvals.store.memory_storage import MemoryStorage

NO_LONGER_VALID = {"version": 1, "once_allowed": True}


class Model(World):
    """A model that answers for whatever it is asked about."""

    def complete(self, asked: ChatRequest, deadline: Deadline) -> ChatReply:
        [one] = json.loads(asked.messages[-1].content)["requests"]
        return ChatReply(json.dumps(reply(one["id"])), asked.model, SPEND, 0)


class Replays:
    """Failed analyses in a store, the oldest first."""

    def __init__(self) -> None:
        self.world = Model()
        self.storage = MemoryStorage()
        self.forget()

    def forget(self) -> None:
        """Go on as a process does that just started."""
        clock = self.world.clock
        self.store = DifyStore(self.storage, WorkspaceState("w" * 32, clock), clock)
        self.world.analyzing._store = self.store

    def failed(self, request_id: str, policy: dict[str, object] | None = None) -> None:
        made = record(request=request(request_id=request_id), analysis=None)
        if policy is not None:
            made = made.model_copy(update={"policy": None, "policy_digest": digest(policy)})
            self.store.put_policy(digest(policy), policy)
        self.store.create(made)
        self.world.clock.sleep(1)
        letter = DeadLetter(
            request_id=request_id,
            code=ErrorCode.MODEL_UNAVAILABLE,
            message="away",
            buried_at=self.world.clock.now(),
        )
        self.store.put_dead_letter(letter)

    def replay(self, limit: int = 10, request_id: str = "") -> tuple[list[str], list[str]]:
        result = Replaying(self.store, self.world.analyzing, self.world.clock).replay(limit, request_id)
        return list(result.recovered), list(result.still_failing)


@pytest.fixture
def replays() -> Replays:
    return Replays()


def test_what_failed_is_read_again(replays: Replays) -> None:
    for request_id in ("r-1", "r-2"):
        replays.failed(request_id)

    assert replays.replay(limit=1) == (["r-1"], [])
    assert replays.replay() == (["r-2"], [])
    assert replays.replay() == ([], [])


def test_a_policy_that_can_no_longer_be_read_fails_alone(replays: Replays) -> None:
    replays.failed("first", NO_LONGER_VALID)
    replays.failed("second")

    assert replays.replay() == (["second"], ["first"])
    assert replays.replay() == ([], ["first"])


def test_an_unreadable_record_fails_alone(replays: Replays) -> None:
    replays.failed("first")
    replays.failed("second")
    replays.storage.values[record_key("first")] = b"{"
    replays.forget()

    assert replays.replay() == (["second"], ["first"])
    assert replays.replay(request_id="first") == ([], ["first"])


def test_those_that_cannot_be_tried_take_no_place_of_those_that_can(replays: Replays) -> None:
    for number in range(3):
        replays.failed(f"bad-{number}", NO_LONGER_VALID)
    for number in range(3):
        replays.failed(f"good-{number}")

    recovered, failing = replays.replay(limit=2)

    assert recovered == ["good-0", "good-1"]
    assert failing == ["bad-0", "bad-1", "bad-2"]
