# SPDX-License-Identifier: Apache-2.0
"""The sweep reminds of what is still open, each moment of the policy once, and an open form still counts."""

from typing import Any

import pytest

from approvals.domain.ledger import record_faults
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.terms import Event, Level, State
from approvals.service.answers import Status
from tests.approvals.domain.worlds import people, stages_policy
from tests.approvals.service.worlds import ServiceWorld


def reminding(*parts: float, **changes: Any) -> PolicyDocument:
    return stages_policy("manager", people=people("Bea", "Dan", "Vic"), remind_at=[*parts], **changes)


def reminded(world: ServiceWorld) -> list[str]:
    return [one.record.request_id for one in world.sweep().reminded]


def test_each_moment_reminds_once() -> None:
    world = ServiceWorld()
    world.submitted("r-1", reminding(0.5, 0.9))
    world.submitted("r-2", stages_policy("manager"))

    told = []
    for hours in (11, 2, 0, 8, 1, 0):  # of 24; half of them after 12, nine tenths after 21.6
        world.pass_hours(hours)
        told.append(reminded(world))

    assert told == [[], ["r-1"], [], [], ["r-1"], []]
    assert world.store.load("r-1").reminded == 2
    assert record_faults(world.store.load("r-1")) == []


def test_moments_that_one_sweep_finds_together_are_one_reminder() -> None:
    world = ServiceWorld()
    world.submitted("r-1", reminding(0.1, 0.5, 0.9))
    world.pass_hours(20)

    assert (reminded(world), reminded(world)) == (["r-1"], [])
    world.pass_hours(3)
    assert reminded(world) == ["r-1"]


def test_a_reminder_names_who_has_to_act() -> None:
    world = ServiceWorld()
    world.submitted("r-1", reminding(0.5), requester="Ann <ann@example.com>")
    world.pass_hours(13)
    [first] = world.sweep().reminded
    world.decide("r-1", Event.RETURN, "Bea", comment="Which?")
    world.pass_hours(13)
    [second] = world.sweep().reminded

    assert first.emails == ("bea@example.com",)
    assert second.emails == ("ann@example.com",)


def test_what_was_seen_before_a_reminder_is_still_at_hand() -> None:
    world = ServiceWorld()
    seen = world.submitted("r-1", reminding(0.5)).version
    world.pass_hours(13)
    assert reminded(world) == ["r-1"]

    result = world.decide("r-1", Event.APPROVE, "Bea", expected_version=seen, idempotency_key="k")
    again = world.decide("r-1", Event.APPROVE, "Bea", expected_version=seen, idempotency_key="k")
    assert (result.status, again.replayed) == (Status.OK, True)
    assert world.store.load("r-1").state is State.APPROVED
    assert record_faults(world.store.load("r-1")) == []


@pytest.mark.parametrize("version", [1, 9])
def test_another_version_than_those_at_hand_is_a_conflict(version: int) -> None:
    world = ServiceWorld()
    world.submitted("r-1", reminding(0.5))
    world.pass_hours(13)
    reminded(world)

    assert world.decide("r-1", Event.APPROVE, "Bea", expected_version=version).status is Status.CONFLICT


def test_the_same_event_again_after_a_reminder_counts_once() -> None:
    world = ServiceWorld()
    two = stages_policy("manager", "director", remind_at=[0.5])
    world.submitted("r-1", two)
    world.decide("r-1", Event.APPROVE, "Bea", actor_level=Level.MANAGER)
    world.pass_hours(13)
    reminded(world)

    assert world.decide("r-1", Event.APPROVE, "Bea", actor_level=Level.MANAGER).replayed


def test_what_is_decided_or_overdue_reminds_nobody() -> None:
    world = ServiceWorld()
    world.submitted("decided", reminding(0.5))
    world.submitted("overdue", reminding(0.5, on_timeout="expire"))
    world.decide("decided", Event.APPROVE, "Bea")
    world.pass_hours(30)
    result = world.sweep()

    assert (list(result.reminded), list(result.expired)) == ([], ["overdue"])


def test_a_request_that_rises_is_reminded_of_anew() -> None:
    world = ServiceWorld()
    world.submitted("r-1", reminding(0.5))
    world.pass_hours(25)
    assert list(world.sweep().escalated) == ["r-1"]
    world.pass_hours(13)

    assert reminded(world) == ["r-1"]


def test_two_sweeps_at_once_remind_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ServiceWorld()
    world.submitted("r-1", reminding(0.5))
    world.pass_hours(13)
    other: list[list[str]] = []
    save = world.store.save

    def after_another(*given: Any) -> None:
        monkeypatch.setattr(world.store, "save", save)
        other.append(reminded(world))
        save(*given)

    monkeypatch.setattr(world.store, "save", after_another)
    assert (reminded(world), other) == ([], [["r-1"]])
