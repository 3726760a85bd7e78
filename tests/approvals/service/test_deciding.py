# SPDX-License-Identifier: Apache-2.0
"""An event is carried out once, under the policy of the analysis; what is refused is on record."""

import pytest

from approvals.domain.decisions import Decision
from approvals.domain.terms import Event, IfRefused, Level, State
from approvals.errors import ErrorCode
from approvals.service.answers import FindOrder, RouteResult, Status
from tests.approvals.domain.worlds import people, stages_policy
from tests.approvals.service.worlds import ServiceWorld

TWO_STAGES = stages_policy("manager", "director")
UP = {"if_refused": IfRefused.ESCALATE}


@pytest.fixture
def world() -> ServiceWorld:
    return ServiceWorld()


def stands(result: RouteResult) -> tuple[Status, State, tuple[Level, ...]]:
    assert result.answer is not None
    return result.status, result.answer.state, result.answer.stages_left


@pytest.mark.parametrize(
    ("actor", "level"),
    [("Ann", Level.MANAGER), ("", Level.MANAGER), ("\u200b", Level.MANAGER), ("Bea", None)],
)
@pytest.mark.parametrize("event", [Event.APPROVE, Event.REJECT, Event.ESCALATE])
def test_a_decision_without_authority_goes_one_level_up_in_the_same_write(
    world: ServiceWorld, event: Event, actor: str, level: Level | None
) -> None:
    before = world.submitted("r-1", TWO_STAGES)
    result = world.decide("r-1", event, actor, actor_level=level, comment="so be it", **UP)

    assert stands(result) == (Status.OK, State.ESCALATED, (Level.DIRECTOR, Level.VP))
    after = world.store.load("r-1")
    assert after.version == before.version + 1
    entry = after.ledger[-1]
    assert (entry.event, entry.actor, entry.how_known, entry.level) == (
        Event.ESCALATE,
        "system",
        "",
        "manager",
    )
    [refusal] = world.store.refusals("r-1")
    assert (refusal.event, refusal.actor, refusal.comment) == (event, actor, "so be it")
    assert refusal.at == world.clock.now()
    assert after.history[-1].comment == refusal.reason
    assert refusal.reason in result.answer.reason if result.answer else False


def test_without_if_refused_nothing_moves(world: ServiceWorld) -> None:
    before = world.submitted("r-1", TWO_STAGES)
    result = world.decide("r-1", Event.APPROVE, "Ann", actor_level=Level.MANAGER)

    assert stands(result) == (Status.REFUSED, State.UNDER_REVIEW, (Level.MANAGER, Level.DIRECTOR))
    assert result.error is not None
    assert result.error.code is ErrorCode.NOT_AUTHORIZED
    assert world.store.load("r-1") == before


@pytest.mark.parametrize("seen", [None, "before"])
def test_a_decision_that_comes_too_late_is_told_how_the_request_was_decided(
    world: ServiceWorld, seen: str | None
) -> None:
    before = world.submitted("r-1", stages_policy("manager"))
    world.decide("r-1", Event.REJECT, "Bea", actor_level=Level.MANAGER, comment="not now")
    version = before.version if seen else None
    late = world.decide("r-1", Event.APPROVE, "Cy", actor_level=Level.MANAGER, expected_version=version)

    assert late.error is not None
    assert late.answer is not None
    assert (late.answer.state, late.answer.reason) == (State.REJECTED, "rejected by Bea as manager")


def test_at_the_top_a_refused_decision_moves_nothing_and_says_what_to_do(world: ServiceWorld) -> None:
    before = world.submitted("r-1", stages_policy("executive"))
    result = world.decide("r-1", Event.APPROVE, "Ann", actor_level=Level.EXECUTIVE, **UP)

    assert result.status is Status.REFUSED
    assert result.error is not None
    assert "no level stands above 'executive', so that somebody else must decide here" in result.error.message
    assert world.store.load("r-1") == before
    assert len(world.store.refusals("r-1")) == 1


def test_a_stranger_under_a_policy_with_people_is_passed_over(world: ServiceWorld) -> None:
    policy = stages_policy("manager", people=people("Bea", "Dan"))
    world.submitted("r-1", policy)
    up = world.decide("r-1", Event.APPROVE, "Mallory", actor_level=Level.EXECUTIVE, **UP)
    done = world.decide("r-1", Event.APPROVE, "dan@example.com")

    assert stands(up) == (Status.OK, State.ESCALATED, (Level.DIRECTOR,))
    assert stands(done) == (Status.OK, State.APPROVED, ())


def test_a_withdrawal_that_is_not_authorized_escalates_nothing(world: ServiceWorld) -> None:
    before = world.submitted("r-1", TWO_STAGES)
    result = world.decide("r-1", Event.WITHDRAW, "Mallory", **UP)

    assert result.status is Status.REFUSED
    assert world.store.load("r-1") == before


def test_a_refused_event_of_any_kind_is_on_record_and_a_workflows_own_is_not(world: ServiceWorld) -> None:
    world.submitted("r-1")
    world.decide("r-1", Event.TIMEOUT)
    world.decide("r-1", Event.SUBMIT)
    world.decide("r-1", Event.SUBMIT, "Bea")
    world.decide("r-1", Event.APPROVE, "Ann", actor_level=Level.MANAGER)

    codes = [(one.event, one.code) for one in world.store.refusals("r-1")]
    assert codes == [
        (Event.SUBMIT, ErrorCode.INVALID_TRANSITION),
        (Event.APPROVE, ErrorCode.NOT_AUTHORIZED),
    ]
    found = world.finding.find(
        FindOrder(("r-1",), None, None, "", overdue=False, limit=1, cursor="", verify_ledger=True)
    )
    assert [one.code for one in found.found[0].refusals] == [code for _, code in codes]
    assert found.ledger_ok


def test_a_deadline_that_has_not_passed_is_not_due(world: ServiceWorld) -> None:
    world.submitted("r-1")
    early = world.decide("r-1", Event.TIMEOUT)
    world.pass_hours(24)
    late = world.decide("r-1", Event.TIMEOUT)

    assert early.error is not None
    assert early.error.code is ErrorCode.NOT_DUE
    assert stands(late) == (Status.OK, State.ESCALATED, (Level.DIRECTOR,))


def test_the_same_refused_decision_twice_goes_up_once(world: ServiceWorld) -> None:
    world.submitted("r-1", TWO_STAGES)
    step = Decision(Event.APPROVE, "Ann", Level.MANAGER, if_refused=IfRefused.ESCALATE)
    first, second = world.deciding.decide("r-1", step), world.deciding.decide("r-1", step)

    assert second.replayed
    assert first.answer == second.answer
    assert len(world.store.refusals("r-1")) == 1


def test_a_policy_that_can_no_longer_be_read_refuses_and_says_so(world: ServiceWorld) -> None:
    world.submitted("r-1")
    world.with_policy("r-1", {"version": 1, "once_allowed": True})
    result = world.decide("r-1", Event.APPROVE, "Bea", actor_level=Level.MANAGER)

    assert result.status is Status.REFUSED
    assert result.error is not None
    assert result.error.code is ErrorCode.BAD_POLICY
