# SPDX-License-Identifier: Apache-2.0
"""A request that comes back with an answer, or with new content."""

import pytest

from approvals.domain.terms import Event, Level, State
from tests.approvals.domain.worlds import people, stages_policy
from tests.approvals.web.desk.worlds import DeskWorld, fields_of, text_of

POLICY = stages_policy("manager", people=people("Ann", "Bea"))


@pytest.fixture
def world() -> DeskWorld:
    world = DeskWorld()
    world.submitted("PO-1", POLICY, requester="Mia", content="Twelve chairs and one table")
    return world


def decide(world: DeskWorld, person: str, event: str, comment: str) -> int:
    cookie = world.signed_in(person)
    form = {**fields_of(world.get("/desk/PO-1", cookie)), "event": event, "comment": comment}
    asked = world.post("/desk/PO-1", form, cookie)
    if asked.status != 200:
        return int(asked.status)
    return int(world.post("/desk/PO-1", fields_of(asked), cookie).status)


def test_a_question_goes_to_the_requester_who_answers_on_the_desk(world: DeskWorld) -> None:
    assert decide(world, "Ann", "return", "") == 400  # a question needs words
    assert decide(world, "Ann", "return", "Which table?") == 303
    assert world.store.load("PO-1").state is State.RETURNED
    assert "Which table?" in text_of(world.get("/desk/PO-1", world.signed_in("Mia")))

    assert decide(world, "Mia", "resubmit", "The round one") == 303
    assert world.store.load("PO-1").state is State.UNDER_REVIEW


def test_what_changed_and_what_was_before_is_shown(world: DeskWorld) -> None:
    world.decide("PO-1", Event.RETURN, "Ann", actor_level=Level.MANAGER, comment="Too many")
    world.revise("PO-1", content="Six chairs and one table", vendor="Acme")

    waiting = text_of(world.get("/desk/PO-1", world.signed_in("Mia")))
    assert "Revision 2, read and ready" in waiting
    assert "is signed anew" in waiting
    assert decide(world, "Mia", "resubmit", "") == 303

    page = world.get("/desk/PO-1", world.signed_in("Ann")).body.decode()
    assert "<del>Twelve</del> → <ins>Six</ins>" in page
    assert "<ins>Acme</ins>" in page
    assert "Twelve chairs and one table" in page
