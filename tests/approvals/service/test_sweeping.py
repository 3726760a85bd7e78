# SPDX-License-Identifier: Apache-2.0
"""A sweep moves on what is overdue; what it cannot move it names, and nothing ends it."""

import pytest

from approvals.domain.terms import Level, State
from approvals.errors import ApprovalError, ErrorCode
from tests.approvals.domain.worlds import stages_policy
from tests.approvals.service.worlds import ServiceWorld

NO_LONGER_VALID = {"version": 1, "default": {"stages": ["manager"]}, "once_allowed": True}


@pytest.fixture
def world() -> ServiceWorld:
    return ServiceWorld()


def test_what_is_overdue_rises_or_expires_and_the_rest_stays(world: ServiceWorld) -> None:
    world.submitted("rises")
    world.submitted("expires", stages_policy("manager", on_timeout="expire"))
    world.submitted("waits", stages_policy("manager", default={"stages": ["manager"], "deadline_hours": 48}))
    world.pass_hours(24)

    swept = world.sweep()

    assert (swept.escalated, swept.expired, swept.failed, swept.checked) == (["rises"], ["expires"], [], 2)
    assert world.store.load("rises").level is Level.DIRECTOR
    assert world.store.load("waits").state is State.UNDER_REVIEW


def test_one_bad_policy_fails_alone_and_again_without_ending_a_sweep(world: ServiceWorld) -> None:
    for request_id in ("first", "second", "third"):
        world.submitted(request_id)
        world.pass_hours(1)
    world.with_policy("first", NO_LONGER_VALID)
    world.pass_hours(24)

    assert (world.sweep().failed, world.sweep().failed) == (["first"], ["first"])
    assert world.store.load("second").level is Level.DIRECTOR
    assert world.store.load("third").level is Level.DIRECTOR
    assert world.store.load("first").level is Level.MANAGER


def test_one_unreadable_record_fails_alone(world: ServiceWorld) -> None:
    for request_id in ("first", "second"):
        world.submitted(request_id)
    world.damage("first")
    world.pass_hours(25)

    swept = world.sweep()

    assert (swept.failed, swept.escalated, swept.checked) == (["first"], ["second"], 1)


def test_those_that_fail_take_no_place_of_those_that_can_be_moved(world: ServiceWorld) -> None:
    for number in range(7):
        world.submitted(f"r-{number}")
        world.pass_hours(1)
    for number in range(2):
        world.with_policy(f"r-{number}", NO_LONGER_VALID)
    world.damage("r-2")
    world.pass_hours(25)

    swept = world.sweep(limit=2)

    assert sorted(swept.failed) == ["r-0", "r-1", "r-2"]
    assert swept.escalated == ["r-3", "r-4"]


def test_a_record_that_breaks_the_rules_of_the_program_fails_alone(
    world: ServiceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for request_id in ("first", "second"):
        world.submitted(request_id)
    world.pass_hours(25)
    decide = world.deciding.decide

    def broken(request_id: str, decision: object) -> object:
        if request_id == "first":
            raise ValueError("no such level")
        return decide(request_id, decision)  # type: ignore[arg-type]

    monkeypatch.setattr(world.deciding, "decide", broken)

    assert (world.sweep().failed, world.store.load("second").level) == (["first"], Level.DIRECTOR)


def test_a_store_that_is_away_ends_the_sweep_so_that_it_is_tried_again(
    world: ServiceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.submitted("r-1")
    world.pass_hours(25)

    def away(*_: object) -> None:
        raise ApprovalError(ErrorCode.STORE_UNAVAILABLE, "away")

    monkeypatch.setattr(world.storage, "set", away)

    with pytest.raises(ApprovalError, match=r"^store_unavailable"):
        world.sweep()


def test_whatever_the_deadline_three_sweeps_drop_no_signature(world: ServiceWorld) -> None:
    hasty = stages_policy("manager", "director", default={"stages": ["manager", "director"]})
    world.submitted("r-1", hasty, deadline_hours="0.0001")
    assert world.sweep().checked == 0

    for _ in range(3):
        world.pass_hours(1)
        world.sweep()

    assert world.store.load("r-1").stages == (Level.EXECUTIVE, Level.EXECUTIVE)
