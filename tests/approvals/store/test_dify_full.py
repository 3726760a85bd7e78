# SPDX-License-Identifier: Apache-2.0
"""When Dify's storage is full, new requests are refused and every open one can still be decided."""

import json
from typing import Any

import pytest

from approvals.clock import Clock
from approvals.domain import transitions
from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord
from approvals.domain.retention import tombstone_of
from approvals.domain.terms import Event, Level, State
from approvals.errors import ApprovalError, ErrorCode
from approvals.service.deciding import Deciding
from approvals.service.sweeping import Sweeping
from approvals.store.dify.storage import DifyStorage
from approvals.store.dify.store import DifyStore
from approvals.store.dify.usage import USAGE_KEY, granted_in
from approvals.store.dify.workspace import Workspaces
from devkit.host import HostStorage, StorageRefusedError
from tests.approvals.domain.worlds import NOW, analysis, record, request, stages_policy
from tests.approvals.store.contract import SteppingClock
from tests.approvals.store.stored_lists import orphans

POLICY = stages_policy("manager", "director", retention_days=1)
QUOTA = 60_000


class Platform:
    """`session.storage` over the loopback host, which counts and refuses as Dify's plugin daemon does."""

    def __init__(self, host: HostStorage) -> None:
        self._host = host

    def get(self, key: str) -> bytes:
        return bytes.fromhex(self._ask("get", key)["data"])

    def set(self, key: str, val: bytes) -> None:
        self._ask("set", key, val)

    def delete(self, key: str) -> None:
        self._ask("del", key)

    def exist(self, key: str) -> bool:
        return bool(self._ask("exist", key)["data"])

    def _ask(self, operation: str, key: str, value: bytes = b"") -> dict[str, Any]:
        try:
            return self._host.answer({"opt": operation, "key": key, "value": value.hex()})
        except StorageRefusedError as error:
            raise Exception(str(error)) from None  # noqa: TRY002 - as the SDK raises it


class World:
    """A workspace with little room."""

    def __init__(self, quota: int = QUOTA) -> None:
        self.host = HostStorage(quota=quota)
        self.clock: Clock = SteppingClock()
        self.restart()
        self.made = 0

    def restart(self) -> None:
        storage = DifyStorage(Platform(self.host))
        workspaces = Workspaces(self.clock, granted_bytes=self.host.quota)
        self.store = DifyStore(storage, workspaces.state_for(storage), self.clock)
        self.deciding = Deciding(self.store, self.clock)

    def analysed(self) -> ApprovalRecord:
        """A new request with its analysis. Raises `store_full`."""
        self.made += 1
        named = request(request_id=f"r-{self.made}", content=f"Chair number {self.made}, {self.made**9}")
        made = record(POLICY, request=named, analysis=None).model_copy(update={"policy": None})
        self.store.put_policy(POLICY.digest, POLICY.document)
        self.store.create(made)
        self.store.save(transitions.with_analysis(made, analysis(), NOW), 1)
        return self.store.load(made.request_id)

    def fill(self, *, submitting: bool = True) -> list[str]:
        """Requests until one is refused; their ids."""
        ids: list[str] = []
        while True:
            try:
                ids.append(self.analysed().request_id)
            except ApprovalError as error:
                assert error.code is ErrorCode.STORE_FULL  # noqa: PT017
                assert "devkit move" in error.message  # noqa: PT017
                return ids
            if submitting and self.made % 2:
                self.decide(ids[-1], Event.SUBMIT)

    def decide(self, request_id: str, event: Event, actor: str = "", **more: Any) -> State:
        result = self.deciding.decide(request_id, Decision(event, actor, **more))
        assert result.error is None, result.error
        assert result.answer is not None
        return result.answer.state

    def decide_to_the_end(self, request_id: str) -> State:
        if self.store.load(request_id).state is State.PENDING:
            self.decide(request_id, Event.SUBMIT)
        comment = f"I have compared three offers for {request_id}, and this one is the best of them."
        self.decide(request_id, Event.APPROVE, "Bea", actor_level=Level.MANAGER, comment=comment)
        return self.decide(request_id, Event.APPROVE, "Dan", actor_level=Level.DIRECTOR, comment=comment)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("quota", [*range(20_000, 28_000, 1_237), 100_000])
@pytest.mark.parametrize("restarts", [False, True])
def test_every_open_request_can_be_decided_to_its_end(quota: int, restarts: bool) -> None:
    world = World(quota)
    ids = world.fill()
    assert len(ids) > 3
    if restarts:
        world.restart()

    states = {world.decide_to_the_end(request_id) for request_id in ids}

    world.restart()
    assert states == {State.APPROVED}
    assert {world.store.load(request_id).state for request_id in ids} == {State.APPROVED}
    assert not orphans(world.host.snapshot())


def test_a_refused_request_leaves_nothing_and_is_taken_when_there_is_room(world: World) -> None:
    world.fill()
    refused = f"r-{world.made}"

    world.restart()
    with pytest.raises(ApprovalError, match="not_found"):
        world.store.load(refused)
    world.host.quota *= 2
    world.restart()
    world.made -= 1
    assert world.analysed().request_id == refused


def test_a_full_storage_is_not_tried_with_every_new_request(world: World) -> None:
    world.fill()
    before = world.host.operations

    with pytest.raises(ApprovalError, match="store_full"):
        world.store.create(record(request=request(request_id="another")), fresh=True)

    assert world.host.operations == before
    world.clock.sleep(61)
    world.host.quota *= 2
    assert world.analysed()


def test_a_decision_that_is_too_long_changes_nothing_and_a_short_one_is_taken(world: World) -> None:
    ids = world.fill()
    open_one = next(one for one in ids if world.store.load(one).state is State.UNDER_REVIEW)
    before = world.store.load(open_one)
    essay = "".join(f"{number**7:x} " for number in range(1, 2_000))

    result = world.deciding.decide(
        open_one, Decision(Event.APPROVE, "Bea", actor_level=Level.MANAGER, comment=essay)
    )

    assert result.error is not None
    assert result.error.code is ErrorCode.STORE_FULL
    assert world.store.load(open_one) == before
    world.restart()
    assert world.store.load(open_one) == before
    assert world.decide_to_the_end(open_one) is State.APPROVED


def test_refused_decisions_and_signed_events_go_on(world: World) -> None:
    ids = world.fill()
    for request_id in ids:
        result = world.deciding.decide(request_id, Decision(Event.APPROVE, "Ann", actor_level=Level.MANAGER))
        assert result.error is not None
        assert result.error.code in {ErrorCode.NOT_AUTHORIZED, ErrorCode.INVALID_TRANSITION}
    pending = next(one for one in ids if world.store.load(one).state is State.PENDING)
    told = world.deciding.decide_as_told(pending, Decision(Event.SUBMIT), "msg_1")
    assert told.error is None
    with pytest.raises(ApprovalError, match="store_full"):
        world.store.claim("key of a new request", "r-new")


def test_requests_that_are_removed_make_room_for_new_ones(world: World) -> None:
    for request_id in world.fill():
        world.decide_to_the_end(request_id)
    world.clock.sleep(2 * 86_400)

    for found in world.store.removable(world.clock.now(), 100).records:
        world.store.remove(found, tombstone_of(found, world.clock.now()))

    assert world.analysed()


def test_a_sweep_makes_room_in_a_full_storage(world: World) -> None:
    for request_id in world.fill():
        world.decide_to_the_end(request_id)
    usage = world.store.usage()
    assert usage is not None
    assert usage.full
    world.clock.sleep(2 * 86_400)
    world.fill(submitting=False)
    swept = Sweeping(world.store, world.deciding, world.clock).sweep(100)

    assert swept.removed > 3
    assert not swept.failed
    assert world.analysed()


def test_from_four_fifths_on_the_storage_is_nearly_full(world: World) -> None:
    seen: list[tuple[bool, float]] = []
    try:
        while True:
            world.analysed()
            usage = world.store.usage()
            assert usage is not None
            seen.append((usage.nearly_full, world.host.counted / world.host.quota))
    except ApprovalError:
        pass

    assert {nearly for nearly, part in seen if part < 0.78} == {False}
    assert {nearly for nearly, part in seen if part > 0.82} == {True}
    usage = world.store.usage()
    assert usage is not None
    assert usage.full


def test_the_count_is_the_platforms_and_survives_a_restart() -> None:
    world = World(quota=10_000_000)
    for number in range(400):
        request_id = world.analysed().request_id
        if number % 3:
            world.decide_to_the_end(request_id)
    usage = world.store.usage()
    assert usage is not None
    unseen = len(json.dumps("w" * 30))  # the workspace's id, which is written before anything is counted
    assert abs(usage.used - world.host.counted) <= unseen + len(USAGE_KEY)

    world.restart()
    world.analysed()
    after = world.store.usage()
    assert after is not None
    assert world.host.counted - 262_144 <= after.used <= world.host.counted


@pytest.mark.parametrize(
    ("stated", "granted"),
    [
        ("", 104_857_600),
        ("5000", 5_000),
        ("999999999999", 104_857_600),
        ("-5", 104_857_600),
        ("10MB", 104_857_600),
    ],
)
def test_the_daemon_says_in_the_environment_what_it_grants(stated: str, granted: int) -> None:
    assert granted_in({"PERSISTENCE_STORAGE_MAX_SIZE": stated}) == granted
