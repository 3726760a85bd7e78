# SPDX-License-Identifier: Apache-2.0
"""From a page to the ledger: what counts, and what never does."""

import pytest

from approvals.domain.terms import Event, HowKnown, Level, State
from tests.approvals.domain.worlds import people, stages_policy
from tests.approvals.web.desk.worlds import DeskWorld, fields_of, text_of

TWO = stages_policy(
    "manager", "director", people=people("Ann", "Bea", "Dan"), titles={"director": "Head of buying"}
)


@pytest.fixture
def world() -> DeskWorld:
    world = DeskWorld()
    world.submitted("PO-1", TWO, requester="Mia", content="Twelve chairs")
    return world


def confirmed(world: DeskWorld, cookie: str, event: str, comment: str = "") -> dict[str, str]:
    """The form of the page that asks to confirm."""
    shown = world.get("/desk/PO-1", cookie)
    asked = world.post("/desk/PO-1", {**fields_of(shown), "event": event, "comment": comment}, cookie)
    assert asked.status == 200, text_of(asked)
    return fields_of(asked)


def test_a_decision_counts_after_it_was_confirmed(world: DeskWorld) -> None:
    cookie = world.signed_in("Ann")

    form = confirmed(world, cookie, "approve", "Within\r\nbudget")
    assert world.store.load("PO-1").version == 2
    answer = world.post("/desk/PO-1", form, cookie)

    assert (answer.status, answer.headers["Location"]) == (303, "PO-1?done=approve")
    record = world.store.load("PO-1")
    assert (record.level, record.history[-1].comment) == (Level.DIRECTOR, "Within\nbudget")
    assert record.history[-1].entry.how_known is HowKnown.TOKEN
    assert "Your approval is on record" in text_of(world.get("/desk/PO-1?done=approve", cookie))


def test_the_page_that_asks_to_confirm_says_what_will_happen(world: DeskWorld) -> None:
    cookie = world.signed_in("ann@example.com")
    asked = world.post(
        "/desk/PO-1", {**fields_of(world.get("/desk/PO-1", cookie)), "event": "approve"}, cookie
    )

    said = text_of(asked)
    assert "Head of buying signs next" in said
    assert "You decide as Ann" in said


@pytest.mark.parametrize("event", ["reject", "escalate"])
def test_every_event_of_the_lifecycle_can_be_brought_about(world: DeskWorld, event: str) -> None:
    cookie = world.signed_in("Ann")
    assert world.post("/desk/PO-1", confirmed(world, cookie, event, "No"), cookie).status == 303
    assert world.store.load("PO-1").history[-1].entry.event == event


def test_the_requester_may_withdraw_and_nothing_else(world: DeskWorld) -> None:
    cookie = world.signed_in("Mia")
    page = world.get("/desk/PO-1", cookie).body.decode()

    assert 'value="withdraw"' in page
    assert 'value="approve"' not in page
    world.post("/desk/PO-1", confirmed(world, cookie, "withdraw"), cookie)
    assert world.store.load("PO-1").state is State.WITHDRAWN


def test_who_may_not_decide_is_told_why(world: DeskWorld) -> None:
    said = text_of(world.get("/desk/PO-1", world.signed_in("Zoe")))
    assert "not decide on it" in said
    assert "do not list" in said


def test_a_get_decides_nothing(world: DeskWorld) -> None:
    cookie = world.signed_in("Ann")
    form = confirmed(world, cookie, "approve")
    query = "&".join(f"{name}={value}" for name, value in form.items())

    assert world.get(f"/desk/PO-1?{query}", cookie).status == 200
    assert world.store.load("PO-1").version == 2


@pytest.mark.parametrize("token", ["", "x", "theirs", "link"])
def test_a_form_of_another_session_does_not_count(world: DeskWorld, token: str) -> None:
    mine, theirs = world.signed_in("Ann"), world.signed_in("Ann")
    form = confirmed(world, mine, "approve")
    given = {
        "theirs": fields_of(world.get("/desk/PO-1", theirs))["form_token"],
        "link": world.link_for("PO-1", "ann@example.com").removeprefix("/d/"),
    }.get(token, token)

    answer = world.post("/desk/PO-1", {**form, "form_token": given}, mine)

    assert answer.status == 403
    assert "This form is not yours" in text_of(answer)
    assert world.store.load("PO-1").version == 2


def test_a_form_without_a_session_asks_to_sign_in(world: DeskWorld) -> None:
    form = confirmed(world, world.signed_in("Ann"), "approve")
    assert world.post("/desk/PO-1", form).status == 401
    assert world.store.load("PO-1").version == 2


def test_of_two_decisions_at_once_one_wins_and_the_other_page_says_so(world: DeskWorld) -> None:
    ann, bea = world.signed_in("Ann"), world.signed_in("Bea")
    first, second = confirmed(world, ann, "approve"), confirmed(world, bea, "reject", "Too dear")

    assert world.post("/desk/PO-1", first, ann).status == 303
    late = world.post("/desk/PO-1", second, bea)

    assert late.status == 409
    assert "Somebody was faster" in text_of(late)
    assert "Approve: Ann, " in text_of(late)
    assert world.store.load("PO-1").state is State.UNDER_REVIEW


def test_the_same_confirmation_sent_twice_counts_once(world: DeskWorld) -> None:
    cookie = world.signed_in("Ann")
    form = confirmed(world, cookie, "approve")

    answers = [world.post("/desk/PO-1", form, cookie).status for _ in range(2)]

    assert answers == [303, 303]
    assert len(world.store.load("PO-1").history) == 2


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose what you decide"),
        ({"event": "timeout"}, "Choose what you decide"),
        ({"event": "explode"}, "Choose what you decide"),
        ({"event": "explode", "confirmed": "1", "version": "2"}, "Choose what you decide"),
        ({"event": "timeout", "confirmed": "1", "version": "2"}, "Choose what you decide"),
        ({"event": "approve", "comment": "x" * 20_001}, "at most 20,000 bytes"),
    ],
)
def test_a_form_that_cannot_count_comes_back_with_what_is_wrong(
    world: DeskWorld, form: dict[str, str], said: str
) -> None:
    cookie = world.signed_in("Ann")
    answer = world.post("/desk/PO-1", {**fields_of(world.get("/desk/PO-1", cookie)), **form}, cookie)

    assert answer.status == 400
    assert said in text_of(answer)
    assert world.store.load("PO-1").version == 2


@pytest.mark.parametrize("version", ["", "0", "-2", "2.0", "٢", "9" * 30, "x"])
def test_a_decision_without_the_version_that_was_seen_does_not_count(world: DeskWorld, version: str) -> None:
    cookie = world.signed_in("Ann")
    form = confirmed(world, cookie, "approve")

    assert world.post("/desk/PO-1", {**form, "version": version}, cookie).status in {400, 409}
    assert world.store.load("PO-1").version == 2


def test_nobody_can_give_themselves_a_level(world: DeskWorld) -> None:
    world.submitted("PO-2", stages_policy("manager"), requester="Mia")
    cookie = world.signed_in("Zoe")
    form = {**fields_of(world.get("/desk/PO-2", cookie)), "event": "approve", "comment": ""}
    sent = {**fields_of(world.post("/desk/PO-2", form, cookie)), "level": "executive"}

    assert world.post("/desk/PO-2", sent, cookie).status == 303
    assert world.store.load("PO-2").history[-1].entry.level == "manager"


def test_a_decision_elsewhere_makes_the_page_say_so(world: DeskWorld) -> None:
    """Dify's form for the same stage was answered while the desk asked to confirm."""
    cookie = world.signed_in("Ann")
    form = confirmed(world, cookie, "reject", "No")
    world.decide("PO-1", Event.APPROVE, "Bea", actor_level=Level.MANAGER)

    assert world.post("/desk/PO-1", form, cookie).status == 409


def test_an_unknown_request_has_no_page(world: DeskWorld) -> None:
    cookie = world.signed_in("Ann")
    for path in ("/desk/PO-2", "/desk/..%2FPO-1", "/desk/%2e%2e", "/desk/" + "a" * 500, "/desk/%00"):
        assert world.get(path, cookie).status in {400, 404}, path
