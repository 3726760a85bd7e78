# SPDX-License-Identifier: Apache-2.0
"""What the pages show, and that nothing anybody wrote can act in them."""

import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.domain.records import BudgetUse, Factor, Finding
from approvals.domain.terms import Event, Level, Risk, Severity
from approvals.web.desk.visible import visible
from tests.approvals.domain.worlds import analysis, people, record, request, stages_policy
from tests.approvals.web.desk.worlds import DeskWorld, fields_of, text_of

POLICY = stages_policy("manager", "director", people=people("Ann", "Dan"), titles={"manager": "Team lead"})
EVIL = "<img src=x onerror=alert(1)>\"'><script>x</script>\u202egnp.exe\u2066&amp;{{7*7}}"


@pytest.fixture
def world() -> DeskWorld:
    return DeskWorld()


def stored(world: DeskWorld, text: str = "Twelve chairs", quote: str = "") -> None:
    """A request with `text` in every field that somebody writes, from which the model quotes it all, or `quote`."""
    asked = request(
        request_id="PO-1", content=text, request_type=text, requester=text, vendor=text, currency="USD",
        document_number=text, document_date=date(2026, 3, 1), cost_center=text, context={text: text},
    )  # fmt: skip
    said = analysis(
        risk=Risk.HIGH,
        summary=text,
        factors=(
            Factor(claim=text, evidence=quote or text, verified=True),
            Factor(claim=text, evidence=text, verified=False),
        ),
        budgets=(
            BudgetUse(
                budget=text,
                first=date(2026, 1, 1),
                last=date(2026, 12, 31),
                others=Decimal(6),
                own=Decimal(1),
                amount=Decimal(10),
                currency="USD",
            ),
        ),
        findings=(Finding(code="odd", severity=Severity.HIGH, message=text, other_request="PO-0"),),
        model=text,
    )
    world.store.create(record(POLICY, request=asked, analysis=said, created_at=world.clock.now()))
    world.decide("PO-1", Event.SUBMIT)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def elements_of(page: str) -> list[tuple[str, dict[str, str]]]:
    """Each element of a page with its attributes, in order."""
    parser = _Elements()
    parser.feed(page)
    return parser.found


def all_pages(world: DeskWorld) -> list[str]:
    cookie = world.signed_in("Dan")
    paths = [
        "/desk",
        "/desk?show=open",
        "/desk?show=overdue",
        "/desk?show=decided",
        "/desk/PO-1",
        "/desk/insights",
    ]
    pages = [world.get(path, cookie) for path in [*paths, world.link_for("PO-1", "ann@example.com")]]
    form = {**fields_of(world.get("/desk/PO-1", cookie)), "event": "approve", "comment": EVIL}
    pages.append(world.post("/desk/PO-1", form, cookie))
    assert {page.status for page in pages} == {200}
    return [page.body.decode() for page in pages]


def test_markup_and_hidden_characters_in_every_field_are_text(world: DeskWorld) -> None:
    stored(world, EVIL)
    world.decide("PO-1", Event.APPROVE, "Ann", actor_level=Level.MANAGER, comment=EVIL)
    world.decide("PO-1", Event.APPROVE, EVIL, actor_level=Level.MANAGER, comment=EVIL)

    for page in all_pages(world):
        assert "<script" not in page
        assert "<img" not in page
        assert "onerror=alert(1)>" not in page
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", page)
        assert "49" not in page.partition("gnp.exe")[2][:40]


@settings(deadline=None, max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_whatever_is_written_a_page_has_the_same_elements(text: str) -> None:
    def elements(content: str) -> list[str]:
        world = DeskWorld()
        stored(world, f"words {content} words", "words")
        page = world.get("/desk/PO-1", world.signed_in("Dan")).body.decode()
        return [name for name, _ in elements_of(page)]

    assert elements(text) == elements("plain")


def test_every_answer_forbids_scripts_frames_caches_and_referrers(world: DeskWorld) -> None:
    stored(world)
    cookie = world.signed_in("Dan")
    for answer in (
        world.get("/desk"),
        world.get("/desk", cookie),
        world.get("/d/x"),
        world.post("/desk", {}),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert {"base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} <= set(policy.split("; "))
        assert "script" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "\n" not in "".join(answer.headers.values())


def test_every_link_and_form_is_relative_and_no_style_stands_in_a_tag(world: DeskWorld) -> None:
    stored(world)
    for page in all_pages(world):
        for _, attributes in elements_of(page):
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            for name in {"href", "action", "src"} & set(attributes):
                address = attributes[name]
                assert re.match(r"(?:data:|#|\?|\./|\.\./|[A-Za-z0-9%._~-]+$)", address), address


def test_the_page_of_a_request_shows_what_an_approver_needs(world: DeskWorld) -> None:
    stored(world, "Twelve chairs for the studio")
    world.decide("PO-1", Event.APPROVE, "ann@example.com", actor_level=Level.MANAGER, comment="Checked")

    said = text_of(world.get("/desk/PO-1", world.signed_in("Dan")))

    for words in (
        "Twelve chairs for the studio of 300.00 USD",
        "Not in the request!",
        "compared with PO-0",
        "Team lead Signed by Ann",
        "You decide now",
        "Verified: 2 entries, unchanged",
        "Checked",
    ):
        assert words in said, words
    assert (
        "<mark>Twelve chairs for the studio</mark>"
        in world.get("/desk/PO-1", world.signed_in("Dan")).body.decode()
    )


def test_a_ledger_that_was_changed_is_said_to_be(world: DeskWorld) -> None:
    stored(world)
    kept = world.store.load("PO-1")
    step = kept.history[0].model_copy(update={"comment": "other"})
    world.store.save(kept.model_copy(update={"history": (step,), "version": kept.version + 1}), kept.version)

    assert "Does not verify" in text_of(world.get("/desk/PO-1", world.signed_in("Dan")))


def test_the_inbox_has_a_list_for_each_question(world: DeskWorld) -> None:
    world.submitted("late", POLICY, requester="Mia", vendor="Late")
    world.pass_hours(500)
    world.submitted("mine", POLICY, requester="Mia", vendor="Mine")
    world.submitted("done", POLICY, requester="Mia", vendor="Done")
    world.decide("done", Event.REJECT, "Ann", actor_level=Level.MANAGER)
    cookie = world.signed_in("Ann")

    def shown(show: str) -> set[str]:
        said = text_of(world.get(f"/desk?show={show}", cookie))
        return {vendor for vendor in ("Late", "Mine", "Done") if f"· {vendor}" in said}

    assert shown("mine") == shown("open") == {"Late", "Mine"}
    assert (shown("overdue"), shown("decided")) == ({"Late"}, {"Done"})
    assert "Nothing waits for your decision" in text_of(world.get("/desk", world.signed_in("Zoe")))


def test_older_requests_are_a_link_away(world: DeskWorld) -> None:
    for number in range(27):
        world.pass_hours(0.01)
        world.submitted(f"r-{number}", POLICY, requester="Mia", vendor=f"V{number}.")
    cookie = world.signed_in("Ann")

    page = world.get("/desk?show=open", cookie).body.decode()
    more = re.search(r'href="\./desk(\?show=open&amp;cursor=[^"]+)"', page)
    assert more is not None
    assert "V1." not in page
    assert "V1." in text_of(world.get("/desk" + more[1].replace("&amp;", "&"), cookie))


def test_a_cursor_that_is_not_ours_gets_a_page_that_says_so(world: DeskWorld) -> None:
    answer = world.get("/desk?show=open&cursor=nonsense", world.signed_in("Ann"))
    assert answer.status == 400
    assert "cursor" in text_of(answer)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, été, 審批, 👩‍👧", "plain, été, 審批, 👩‍👧"),
        ("a\u202eb", "a[U+202E]b"),
        ("\u200btag\U000e0041", "[U+200B]tag[U+E0041]"),
        ("line\r\nline\ttab", "line\nline\ttab"),
        ("\ud800\x00", "[U+D800][U+0000]"),
    ],
)
def test_hidden_characters_are_shown_by_their_numbers(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_whoever_signs_in_under_a_name_that_no_policy_has_is_told(world: DeskWorld) -> None:
    world.submitted("PO-1", POLICY, requester="Mia")
    assert "No policy of the open requests lists the name “Zoe”" in text_of(
        world.get("/desk", world.signed_in("Zoe"))
    )
    assert "No policy" not in text_of(world.get("/desk", world.signed_in("dan@example.com")))
