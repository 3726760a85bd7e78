# SPDX-License-Identifier: Apache-2.0
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from approvals.domain.terms import Level
from devkit.bundle.brief import brief_template, brief_variables

EARLIER = (Level.MANAGER, Level.DIRECTOR)
SOURCES = ("record_director", "submit")
FIELDS = {name: ("start", name) for name in ("requester", "request_type", "amount", "currency", "content")}
NAMES = tuple(brief_variables(FIELDS, EARLIER, SOURCES))
TEMPLATE = Environment().from_string(brief_template(EARLIER, SOURCES))  # noqa: S701 - as Dify renders it

USUAL: dict[str, Any] = {
    "requester": "Mia",
    "request_type": "expense",
    "amount": 1234.5,
    "currency": "USD",
    "content": "A chair.\nAnd a desk.",
    "risk": "medium",
    "confidence": 0.874,
    "summary": "Furniture",
    "factors": [{"claim": "Two things", "evidence": "And a desk", "verified": True}],
    "flags": ["low_confidence"],
    "rule": "team-budget",
    "submit_reason": "policy rule 'team-budget'",
    "submit_deadline": "2026-11-25T10:00:00.123Z",
}


def brief(**changes: Any) -> str:
    return TEMPLATE.render({**dict.fromkeys(NAMES), **USUAL, **changes})


def test_a_brief_says_what_matters_in_a_few_lines() -> None:
    assert brief() == (
        "**Mia** asks for **1,234.50 USD** (expense):\n\n"
        "> A chair.\n> And a desk.\n\n"
        "- **Risk:** medium (the model is 87 % sure)\n"
        "- **In short:** Furniture\n"
        "- Two things: “And a desk”\n"
        "- **Watch out:** low&#95;confidence\n"
        "- **Why you:** policy rule 'team-budget'\n"
        "- **Policy rule:** team-budget\n"
        "- **Decide by:** 2026-11-25 10:00 UTC"
    )


@pytest.mark.parametrize("unknown", [None, ""])
def test_a_request_without_an_amount_reads_well(unknown: str | None) -> None:
    assert brief(amount=unknown).startswith("**Mia** asks for something without an amount (expense):")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [("1200.50", "EUR", "1,200.50 EUR"), (0, "EUR", "0.00 EUR"), ("80", "", "80.00")],
)
def test_an_amount_reads_alike_as_a_number_and_as_text(amount: object, currency: str, shown: str) -> None:
    assert brief(amount=amount, currency=currency).startswith(f"**Mia** asks for **{shown}** (expense):")


def test_a_second_opinion_that_was_had_is_no_warning() -> None:
    assert "Watch out" not in brief(flags=["second_opinion"])
    warned = brief(flags=["second_opinion", "content_cut", "second_opinion_missing"])
    assert "- **Watch out:** content&#95;cut, second&#95;opinion&#95;missing\n" in warned


def test_a_quote_that_is_not_in_the_request_is_pointed_out() -> None:
    factor = {"claim": "Approved before", "evidence": "the board said yes", "verified": False}

    assert "- Approved before: “the board said yes” (not in the request!)" in brief(factors=[factor])


def test_without_an_analysis_the_brief_says_so_and_claims_no_risk() -> None:
    text = brief(problem="model_unavailable: no route", risk="high", summary="")

    assert "**No usable analysis:** model&#95;unavailable: no route Judge for yourself" in text
    assert "**Risk:**" not in text


def test_earlier_levels_are_quoted_silent_ones_named_and_unasked_ones_left_out() -> None:
    text = brief(manager_said="", director_said="escalate", director_name="Dan", director_comment="Too big")

    assert "- **manager:** no answer in time\n" in text
    assert "- **director:** Dan chose “escalate”: “Too big”\n" in text
    assert "**manager:**" not in brief()


def test_the_latest_word_says_why_it_is_this_persons_turn() -> None:
    text = brief(record_director_reason="escalated by Dan", record_director_deadline="2026-11-30T08:15:00Z")

    assert "- **Why you:** escalated by Dan\n" in text
    assert "- **Decide by:** 2026-11-30 08:15 UTC" in text


def test_a_decision_that_did_not_count_says_why() -> None:
    text = brief(manager_said="approve", manager_name="Mia", manager_problem="asked for it")

    assert "- **manager:** Mia chose “approve”, which did not count: asked for it\n" in text


def test_a_long_request_is_cut_and_says_how_long_it_is() -> None:
    text = brief(content="x" * 5000)

    assert "> … (5000 characters in all)" in text
    assert len(text) < 2000


@given(st.text(alphabet=st.sampled_from("ab \n\r\t[](){}#$!<>*_`|&;-=~\\/:.")))
def test_nothing_that_strangers_write_becomes_markup(words: str) -> None:
    text = brief(
        requester=words,
        content=words,
        summary=words,
        submit_reason=words,
        director_said="reject",
        director_comment=words,
    )

    assert not re.search(r"[\[<`{|]", text)
    assert text.count("**") == brief(director_said="reject", director_comment="x").count("**")
    assert "\n#" not in text
