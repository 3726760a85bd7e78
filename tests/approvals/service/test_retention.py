# SPDX-License-Identifier: Apache-2.0
"""A sweep removes decided requests when the retention of their own policy ends, and nothing else."""

from datetime import timedelta

import pytest

from approvals.domain import policy_reader
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.retention import tombstone_of
from approvals.domain.terms import Event, Level
from approvals.errors import ApprovalError, ErrorCode
from approvals.service.answers import AnalyzeOrder, FindOrder
from approvals.store.dify.policies import policy_key
from tests.approvals.domain.worlds import request, stages_policy
from tests.approvals.service.test_analyzing import World as Analyses
from tests.approvals.service.worlds import ServiceWorld
from tests.approvals.store.stored_lists import hints_in, litter, orphans

DAY = 24


def kept_for(days: int, *levels: str) -> PolicyDocument:
    return stages_policy(*(levels or ("manager",)), retention_days=days)


@pytest.fixture
def world() -> ServiceWorld:
    return ServiceWorld()


def decided(
    world: ServiceWorld, request_id: str, policy: PolicyDocument, event: Event = Event.APPROVE
) -> None:
    world.submitted(request_id, policy)
    actor = "Ann" if event is Event.WITHDRAW else "Bea"
    assert world.decide(request_id, event, actor, actor_level=Level.MANAGER).error is None


def gone(world: ServiceWorld, request_id: str) -> bool:
    order = FindOrder(
        (request_id, "r-404"), None, None, "", overdue=False, limit=9, cursor="", verify_ledger=False
    )
    return request_id in world.finding.find(order).missing


def test_each_goes_when_its_own_policy_says_and_open_ones_stay(world: ServiceWorld) -> None:
    decided(world, "short", kept_for(30))
    decided(world, "long", kept_for(3650))
    decided(world, "for good", stages_policy("manager"))
    decided(world, "withdrawn", kept_for(30), Event.WITHDRAW)
    world.analysed("never submitted", kept_for(30))
    world.submitted("open", stages_policy("executive", retention_days=1, on_timeout="expire"))

    world.pass_hours(30 * DAY - 1)
    first = world.sweep()
    world.pass_hours(2)
    second = world.sweep()

    assert (first.removed, second.removed) == (0, 2)
    assert first.expired == ["open"]
    world.pass_hours(31 * DAY)
    assert world.sweep().removed == 1
    assert gone(world, "open")
    left = [
        name
        for name in ("short", "long", "for good", "withdrawn", "never submitted")
        if not gone(world, name)
    ]
    assert left == ["long", "for good", "never submitted"]


def test_the_limit_of_a_sweep_holds_and_the_next_goes_on(world: ServiceWorld) -> None:
    for number in range(7):
        decided(world, f"r-{number}", kept_for(1))
    world.pass_hours(2 * DAY)

    assert [world.sweep(3).removed for _ in range(4)] == [3, 3, 1, 0]


def test_one_without_its_policy_stays_and_is_named(
    world: ServiceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = kept_for(1, "director")
    world.submitted("lost", lost)
    world.decide("lost", Event.APPROVE, "Bea", actor_level=Level.DIRECTOR)
    decided(world, "other", kept_for(1))
    world.storage.delete(policy_key(lost.digest))
    monkeypatch.setattr(policy_reader, "_by_digest", policy_reader._Memory())
    world.pass_hours(2 * DAY)

    swept = world.sweep(limit=1)

    assert (swept.failed, swept.removed) == (["lost"], 1)
    assert not gone(world, "lost")


def test_a_changed_end_removes_nothing(world: ServiceWorld) -> None:
    decided(world, "r-1", stages_policy("manager"))
    stored = world.store.load("r-1")
    forged = {"remove_at": stored.updated_at + timedelta(hours=1), "version": stored.version + 1}
    world.store.save(stored.model_copy(update=forged), stored.version)
    world.pass_hours(2)

    swept = world.sweep()

    assert (swept.failed, swept.removed) == (["r-1"], 0)
    assert not gone(world, "r-1")


def test_nothing_of_a_removed_request_is_left_but_its_tombstone_and_policy(world: ServiceWorld) -> None:
    policy = kept_for(1)
    for number in range(30):
        decided(world, f"r-{number}", policy)
        world.decide(f"r-{number}", Event.APPROVE, "Eve", actor_level=Level.MANAGER)
    head = world.store.load("r-0").ledger[-1].hash
    world.pass_hours(2 * DAY)

    world.sweep()

    values = world.storage.values
    assert not orphans(values)
    assert not [place for place, _ in hints_in(values) if place.series == "approved"]
    kinds = {key.partition("/")[0] for key in values} - {"idx", "dir"}
    assert kinds == {"rec", "pol", "meta"}
    assert max(len(value) for key, value in values.items() if key.startswith("rec/")) < 500
    with pytest.raises(ApprovalError, match=head):
        world.store.load("r-0")
    world.restart()
    world.pass_hours(3)
    world.sweep()
    assert not [listing for listing in litter(values) if "retention" in listing or "approved" in listing]


def test_the_id_of_a_removed_request_is_not_given_again() -> None:
    analyses = Analyses()
    order = AnalyzeOrder(request(request_id=""), kept_for(1), idempotency_key="order 7")
    made = analyses.analyzing.analyze(order).record
    analyses.analyzing._store.remove(made, tombstone_of(made, analyses.clock.now()))

    with pytest.raises(ApprovalError, match="removed on") as raised:
        analyses.analyzing.analyze(order)
    assert raised.value.code is ErrorCode.ALREADY_EXISTS
