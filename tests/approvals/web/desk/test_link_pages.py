# SPDX-License-Identifier: Apache-2.0
"""What a personal link shows, decides, and says when it no longer can."""

from datetime import timedelta

import pytest

from approvals.domain.terms import Event, HowKnown, Language, Level, State
from tests.approvals.domain.worlds import people, stages_policy
from tests.approvals.web.desk.worlds import DeskWorld, fields_of, text_of

ONE = stages_policy("manager", people=people("Ann", "Bea"))


@pytest.fixture
def world() -> DeskWorld:
    world = DeskWorld()
    world.submitted("PO-1", ONE, requester="Mia", content="Twelve chairs")
    return world


def test_a_link_shows_the_request_and_whose_it_is_without_a_session(world: DeskWorld) -> None:
    answer = world.get(world.link_for("PO-1", "ann@example.com"))

    assert answer.status == 200
    assert "Twelve chairs" in text_of(answer)
    assert "made for ann@example.com" in text_of(answer)
    assert "Set-Cookie" not in answer.headers


def test_a_link_decides_after_confirmation_and_the_ledger_says_how(world: DeskWorld) -> None:
    link = world.link_for("PO-1", "ann@example.com")
    asked = world.post(link, {"event": "approve", "comment": "Fine"})
    assert (asked.status, world.store.load("PO-1").version) == (200, 2)

    answer = world.post(link, fields_of(asked))

    assert answer.status == 303
    entry = world.store.load("PO-1").history[-1].entry
    assert (entry.actor, entry.how_known, entry.to_state) == (
        "ann@example.com",
        HowKnown.LINK,
        State.APPROVED,
    )
    thanks = world.get(f"/d/{answer.headers['Location']}")
    assert (thanks.status, "Thank you" in text_of(thanks)) == (410, True)


def test_a_link_works_once(world: DeskWorld) -> None:
    link = world.link_for("PO-1", "ann@example.com")
    form = fields_of(world.post(link, {"event": "escalate"}))
    world.post(link, form)

    for answer in (world.get(link), world.post(link, form)):
        assert answer.status == 410
        assert "You have decided already" in text_of(answer)
    assert len(world.store.load("PO-1").history) == 2


def test_a_link_is_out_of_date_once_somebody_else_has_decided(world: DeskWorld) -> None:
    link = world.link_for("PO-1", "ann@example.com")
    form = fields_of(world.post(link, {"event": "approve"}))
    world.decide("PO-1", Event.REJECT, "Bea", actor_level=Level.MANAGER)

    for answer in (world.get(link), world.post(link, form)):
        assert answer.status == 410
        assert "This link is out of date" in text_of(answer)
        assert 'name="event"' not in answer.body.decode()


def test_a_link_ends(world: DeskWorld) -> None:
    link = world.link_for("PO-1", "ann@example.com")
    world.clock.sleep(timedelta(days=30).total_seconds())

    answer = world.get(link)

    assert answer.status == 410
    assert "This link is too old" in text_of(answer)
    assert "Twelve chairs" not in text_of(answer)


@pytest.mark.parametrize("token", ["x", "a.b", "%2e%2e", "ü", "e30.abc"])
def test_what_we_did_not_sign_is_no_link(world: DeskWorld, token: str) -> None:
    for answer in (
        world.get(f"/d/{token}"),
        world.post(f"/d/{token}", {"event": "approve", "confirmed": "1"}),
    ):
        assert answer.status == 404
        assert "This link is not ours" in text_of(answer)


def test_a_session_cookie_is_no_link(world: DeskWorld) -> None:
    assert world.get(f"/d/{world.signed_in('Ann')}").status == 404


def test_a_get_with_the_fields_of_the_form_decides_nothing(world: DeskWorld) -> None:
    """Mail programs and chats open links to show a preview."""
    link = world.link_for("PO-1", "ann@example.com")
    assert world.get(f"{link}?event=approve&confirmed=1&version=2").status == 200
    assert world.store.load("PO-1").version == 2


def test_whoever_is_signed_in_decides_as_the_person_of_the_link(world: DeskWorld) -> None:
    link = world.link_for("PO-1", "ann@example.com")
    answer = world.get(link, world.signed_in("Bea"))

    assert "made for ann@example.com" in text_of(answer)
    assert "Signed in as" not in text_of(answer)


def test_a_link_speaks_the_language_of_the_request(world: DeskWorld) -> None:
    world.submitted("PO-2", ONE, requester="Mia", language=Language.JAPANESE)
    link = world.link_for("PO-2", "ann@example.com")

    assert "あなたの判断" in text_of(world.get(link))
    assert "Sua decisão" in text_of(world.get(f"{link}?lang=pt"))
