# SPDX-License-Identifier: Apache-2.0
"""What a search for one person's work finds."""

import pytest

from approvals.domain.terms import Event, Level
from approvals.service.answers import FindOrder, FindResult
from tests.approvals.domain.worlds import people, stages_policy
from tests.approvals.service.worlds import ServiceWorld


@pytest.fixture
def world() -> ServiceWorld:
    return ServiceWorld()


def _find(
    world: ServiceWorld, *ids: str, approver: str = "", cursor: str = "", limit: int = 10
) -> FindResult:
    order = FindOrder(ids, None, None, "", False, limit, cursor, False, closed=False, approver=approver)
    return world.finding.find(order)


def _ids(found: FindResult) -> list[str]:
    return [one.record.request_id for one in found.found]


def test_only_what_waits_for_this_person_is_found(world: ServiceWorld) -> None:
    world.submitted("mine", requester="Mia")
    world.submitted("asked-by-me", requester="Bea")
    world.submitted("signed", requester="Mia")
    world.decide("signed", Event.APPROVE, "Cy", actor_level=Level.MANAGER)
    world.analysed("not-submitted", requester="Mia")

    assert _ids(_find(world, approver="Bea")) == ["mine"]


def test_a_page_is_looked_for_past_what_waits_for_others(world: ServiceWorld) -> None:
    world.submitted("mine", requester="Mia")
    for number in range(12):
        world.pass_hours(0.01)
        world.submitted(f"others-{number}", requester="Bea")

    assert _ids(_find(world, approver="Bea", limit=3)) == ["mine"]


def test_a_search_that_looked_far_enough_says_where_to_go_on(world: ServiceWorld) -> None:
    world.submitted("mine", requester="Mia")
    for number in range(21):
        world.pass_hours(0.01)
        world.submitted(f"others-{number}", requester="Bea")

    first = _find(world, approver="Bea", limit=1)

    assert (first.found, bool(first.next_cursor)) == ([], True)
    assert _ids(_find(world, approver="Bea", limit=1, cursor=first.next_cursor)) == ["mine"]


def test_with_an_id_it_is_said_what_the_person_may_do(world: ServiceWorld) -> None:
    world.submitted("r-1", requester="Mia")

    (found,) = _find(world, "r-1", approver="Bea").found

    assert found.permission is not None
    assert Event.APPROVE in found.permission.events


def test_under_a_policy_that_cannot_be_trusted_nobody_may_do_anything(world: ServiceWorld) -> None:
    world.submitted("r-1", requester="Mia")
    world.with_policy("r-1", {"version": 99})

    (found,) = _find(world, "r-1", approver="Bea").found

    assert found.permission is not None
    assert (found.permission.events, found.permission.why_not != "") == ((), True)
    assert _ids(_find(world, approver="Bea")) == []


def test_the_person_is_named_as_the_policies_name_them(world: ServiceWorld) -> None:
    assert _find(world, approver="Zoe").approver == "Zoe"  # nothing says otherwise
    listed = stages_policy("manager", people=people("Bea"))
    world.submitted("r-1", listed, requester="Mia")

    assert _find(world, approver="bea@example.com").approver == "Bea"
    assert _find(world, approver="Zoe").approver == ""
    world.submitted("r-2", requester="Mia")  # its policy takes names as they are typed
    assert _find(world, approver="Zoe").approver == "Zoe"
