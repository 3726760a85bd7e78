# SPDX-License-Identifier: Apache-2.0
"""A request is ruled by the policy that its record names; without that policy it moves nothing and stops nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from approvals.domain import policy_reader
from approvals.domain.canonical import digest
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.terms import Event, Level, State
from approvals.service.answers import FindOrder, Found, Status
from approvals.store.dify.policies import policy_key
from approvals.store.dify.records import record_key
from tests.approvals.domain.worlds import stages_policy
from tests.approvals.service.worlds import ServiceWorld

OLD = (Path(__file__).parents[1] / "store" / "record_with_its_policy.json").read_bytes()
OLD_ID = "req_" + "0123456789abcdef" * 2


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ServiceWorld:
    monkeypatch.setattr(policy_reader, "_by_digest", policy_reader._Memory())
    return ServiceWorld()


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that just started: no policy was read."""
    monkeypatch.setattr(policy_reader, "_by_digest", policy_reader._Memory())


def find(world: ServiceWorld, *ids: str, verify: bool = False) -> FindOrder:
    return FindOrder(ids, None, None, "", overdue=False, limit=20, cursor="", verify_ledger=verify)


def faulty(found: Found) -> bool:
    assert found.verified is not None
    return bool(found.verified.faults)


REMOVED = "is not in the store any more"
DAMAGE: dict[str, Callable[[ServiceWorld, PolicyDocument], None]] = {
    REMOVED: lambda world, policy: world.storage.delete(policy_key(policy.digest)),
    "it is not a JSON object": lambda world, policy: world.storage.set(policy_key(policy.digest), b"{"),
    "has digest": lambda world, policy: world.storage.set(
        policy_key(policy.digest), b'{"version":1,"default":{"stages":["manager"]}}'
    ),
}


@pytest.mark.parametrize("said", DAMAGE)
def test_without_its_policy_a_request_is_listed_and_named_and_stops_no_other(
    world: ServiceWorld, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    ruled_by = stages_policy("director")
    world.submitted("lost", ruled_by)
    world.submitted("other")
    DAMAGE[said](world, ruled_by)
    forget(monkeypatch)
    world.pass_hours(100)

    swept = world.sweep()
    decided = world.decide("lost", Event.APPROVE, "Bea", actor_level=Level.DIRECTOR)
    listed = world.finding.find(find(world, verify=True)).found
    (alone,) = world.finding.find(find(world, "lost", verify=True)).found
    together = world.finding.find(find(world, "lost", "other")).found

    assert (swept.failed, swept.escalated) == (["lost"], ["other"])
    assert (decided.status, decided.error and decided.error.code) == (Status.REFUSED, "bad_policy")
    assert decided.error is not None
    assert said in decided.error.message
    assert {one.record.request_id: faulty(one) for one in listed} == {"lost": True, "other": False}
    assert faulty(alone)
    assert alone.policy is None
    assert [one.policy is None for one in together] == [True, False]


def test_a_record_that_was_written_with_its_policy_goes_on_under_it(world: ServiceWorld) -> None:
    world.storage.values[record_key(OLD_ID)] = OLD

    (found,) = world.finding.find(find(world, OLD_ID, verify=True)).found
    repeated = world.decide(
        OLD_ID,
        Event.APPROVE,
        "bo.manager@example.com",
        actor_level=Level.MANAGER,
        comment="Fine, within budget.",
        idempotency_key="wf:manager:1",
    )

    assert not faulty(found)
    assert found.policy is not None
    assert (repeated.replayed, repeated.answer and repeated.answer.state) == (True, State.APPROVED)


def test_one_request_is_found_with_its_policy_in_it(world: ServiceWorld) -> None:
    policy = stages_policy("manager")
    world.submitted("r-1", policy)

    (found,) = world.finding.find(find(world, "r-1")).found

    assert found.record.policy == policy.document
    assert digest(dict(found.record.policy)) == found.record.policy_digest


def test_a_policy_is_read_once_and_decisions_under_it_ask_no_more(
    world: ServiceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = stages_policy("manager", "director")
    for number in range(5):
        world.submitted(f"r-{number}", policy)
    forget(monkeypatch)
    world.storage.calls.clear()

    for number in range(5):
        world.decide(f"r-{number}", Event.APPROVE, "Bea", actor_level=Level.MANAGER)

    assert [call for call in world.storage.calls if "pol/" in call] == [f"get {policy_key(policy.digest)}"]
