# SPDX-License-Identifier: Apache-2.0
"""What a brief says, and that it says it in every language."""

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from string import Formatter
from typing import Any

import pytest

from approvals.domain import transitions
from approvals.domain.authority import UnauthorizedError
from approvals.domain.brief import brief_of
from approvals.domain.brief.compose import CONTENT_LIMIT
from approvals.domain.brief.phrases import WORDS
from approvals.domain.budgets import budget_findings
from approvals.domain.checks import AMOUNT_IN_TEXT, SPLITTING
from approvals.domain.decisions import Decision
from approvals.domain.policy_reader import policy_from_document
from approvals.domain.records import ApprovalRecord, BudgetUse, Factor, Finding
from approvals.domain.terms import Event, Flag, Language, Level, Risk, Severity, State
from tests.approvals.domain.brief.shown import Seen, in_a_form
from tests.approvals.domain.worlds import (
    DEFAULT,
    NOW,
    after,
    analysis,
    approve,
    carried_out,
    record,
    request,
    stages_policy,
)

TWO_STAGES = stages_policy("manager", "vp")


def submitted(policy: Any = TWO_STAGES, **changes: Any) -> ApprovalRecord:
    return carried_out(record(policy, **changes), Decision(Event.SUBMIT), NOW)


def brief(of: ApprovalRecord, policy: Any = TWO_STAGES, language: Language = Language.ENGLISH) -> str:
    return brief_of(of, policy.policy, language)


@pytest.mark.parametrize(
    ("changes", "first_line"),
    [
        ({}, "**Ann** asks for **a purchase of 300.00 USD**."),
        ({"amount": Decimal("1234567.5")}, "**Ann** asks for **a purchase of 1,234,567.50 USD**."),
        ({"amount": Decimal("0.125")}, "**Ann** asks for **a purchase of 0.125 USD**."),
        ({"amount": Decimal(9000), "currency": "JPY"}, "**Ann** asks for **a purchase of 9,000 JPY**."),
        ({"amount": Decimal("9E+3")}, "**Ann** asks for **a purchase of 9,000.00 USD**."),
        ({"currency": ""}, "**Ann** asks for **a purchase of 300.00 USD**."),
        ({"request_type": ""}, "**Ann** asks for **300.00 USD**."),
        ({"request_type": "gizmo"}, "**Ann** asks for **a “gizmo” request of 300.00 USD**."),
        ({"amount": None}, "**Ann** asks for **a purchase** and states no amount."),
        ({"amount": None, "request_type": ""}, "**Ann** asks for **something** and states no amount."),
        ({"requester": ""}, "**Somebody without a name** asks for **a purchase of 300.00 USD**."),
    ],
    ids=str,
)
def test_the_first_line_says_who_asks_for_what_and_how_much(changes: dict[str, Any], first_line: str) -> None:
    anybody = stages_policy("manager", "vp", separation_of_duties=False)
    assert brief(submitted(anybody, request=request(**changes))).splitlines()[0] == first_line


@pytest.mark.parametrize(
    ("language", "first_line"),
    [
        (Language.ENGLISH, "**Ann** asks for **a purchase of 1,300.50 USD**."),
        (Language.CHINESE, "**Ann** 申请 **1,300.50 USD 的采购**。"),
        (Language.JAPANESE, "**Ann** が **1,300.50 USD の購入** を申請しています。"),
        (Language.PORTUGUESE, "**Ann** solicita **uma compra de 1.300,50 USD**."),
    ],
)
def test_the_first_line_is_in_the_language_that_was_asked_for(language: Language, first_line: str) -> None:
    of = submitted(request=request(amount=Decimal("1300.5")))

    assert brief(of, language=language).splitlines()[0] == first_line


def test_without_a_language_the_requests_own_counts_and_else_that_of_its_content() -> None:
    chinese = submitted(request=request(content="采购两张升降桌"))
    told = submitted(request=request(content="采购两张升降桌", language=Language.PORTUGUESE))

    assert brief_of(chinese, TWO_STAGES.policy).startswith("**Ann** 申请")
    assert brief_of(told, TWO_STAGES.policy).startswith("**Ann** solicita")
    assert brief_of(told, TWO_STAGES.policy, Language.JAPANESE).startswith("**Ann** が")


def test_an_amount_in_another_currency_is_shown_as_the_rules_saw_it() -> None:
    euros = submitted(DEFAULT, request=request(currency="EUR"))
    crowns = submitted(DEFAULT, request=request(currency="SEK"))

    assert "The policy counts in USD: that is **324.00 USD**." in brief(euros, DEFAULT)
    assert "The policy has no exchange rate for SEK" in brief(crowns, DEFAULT)
    assert "The policy" not in brief(submitted()).split("\n\n")[1]


def test_it_says_why_this_person_and_names_the_rule_once() -> None:
    text = brief(submitted(DEFAULT, request=request(amount=Decimal(1200))), DEFAULT)

    assert (
        "**Why you**: You decide as **Manager**. Rule “team-budget” of the policy asks for **Manager**."
        in text
    )
    assert text.count("team-budget") == 1


def test_several_signatures_of_one_level_are_counted_and_the_next_is_another_persons() -> None:
    policy = stages_policy("manager", {"level": "vp", "signatures": 2})
    asked = submitted(policy)
    at_vp = after(asked, approve("Bea", Level.MANAGER))

    assert "asks for **Manager** and then **VP** (2 signatures)." in brief(asked, policy)
    assert "**Approve**: another **VP** signs next." in brief(at_vp, policy)
    assert "**Approve**: the request is approved." in brief(after(at_vp, approve("Vic", Level.VP)), policy)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.ENGLISH, "asks for **Manager**. It says: “4.2 – A *lead* signs.”"),
        (Language.CHINESE, "规则原文："),
        (Language.JAPANESE, "規則の文面："),
        (Language.PORTUGUESE, "Ela diz: “"),
    ],
)
def test_the_clause_that_a_rule_stands_for_is_quoted(language: Language, said: str) -> None:
    rule = {"name": "lead", "text": "4.2 – A *lead* signs.", "then": {"stages": ["manager"]}}
    policy = policy_from_document({"version": 1, "rules": [rule]})

    shown = Seen(in_a_form(brief(submitted(policy), policy, language))).words

    assert "".join(said.replace("**", "").split()) in shown


def test_a_level_that_the_analysis_added_is_told_apart_from_the_rules_own() -> None:
    text = brief(submitted(analysis=analysis(level=Level.EXECUTIVE)))

    assert "its default applies, which asks for **Manager** and then **VP**." in text
    assert "The analysis asks for **Executive**, who signs too." in text
    assert "3 signatures are missing, yours included." in text


@pytest.mark.parametrize(
    ("taken", "named", "levels"),
    [
        (
            700,
            Level.MANAGER,
            "and then **VP**. A budget is not enough, so **Executive** signs too.",
        ),
        (700, Level.EXECUTIVE, "A budget is not enough, so **Executive** signs too."),
        (699, Level.EXECUTIVE, "The analysis asks for **Executive**, who signs too."),
    ],
)
def test_how_full_a_budget_is_and_who_signs_what_it_does_not_cover_is_told(
    taken: int, named: Level, levels: str
) -> None:
    use = BudgetUse(
        budget="<IT>", first=NOW.date(), last=NOW.date(), others=Decimal(taken), own=Decimal(1), amount=Decimal(700),
        currency="USD",
    )  # fmt: skip
    findings = tuple(budget_findings([use]))
    text = brief(submitted(analysis=analysis(level=named, budgets=(use,), findings=findings)))

    told = (
        "**Budget**: “&lt;IT&gt;”, 2026-03-02 to 2026-03-02: with this request 100 % of 700.00 USD are taken."
    )
    assert (told in text) is (taken == 699)
    assert ("- **budget exceeded**: with this request 701 USD of 700 USD" in text) is (taken == 700)
    assert levels in text


def test_what_happened_before_is_told_with_the_words_of_those_who_acted() -> None:
    at_vp = carried_out(
        submitted(),
        Decision(Event.APPROVE, actor="Bea", actor_level=Level.MANAGER, comment="Fine.\nReally."),
        NOW,
    )
    higher = carried_out(at_vp, Decision(Event.ESCALATE, actor="Dan", actor_level=Level.VP), NOW)
    text = brief(higher)

    assert (
        "**So far**:\n\n- **Bea** approved as **Manager**: “Fine. Really.”\n- **Dan** passed it up from **VP**."
        in text
    )


def test_a_decision_that_did_not_count_and_a_silence_are_told() -> None:
    own = Decision(Event.APPROVE, actor="Ann", actor_level=Level.MANAGER)
    with pytest.raises(UnauthorizedError) as refused:
        carried_out(submitted(), own, NOW)
    text = brief(transitions.passed_up(submitted(), own, refused.value, NOW, TWO_STAGES))
    late = NOW + timedelta(hours=24)
    silent = brief(carried_out(submitted(), Decision(Event.TIMEOUT, comment="found by the sweep"), late))

    assert (
        "- A decision at level **Manager** did not count, so it went one level up: “'Ann' may not approve"
        in text
    )
    assert "- No answer in time at level **Manager**." in silent


def test_the_analysis_is_quoted_and_a_quote_that_is_not_in_the_request_is_pointed_out() -> None:
    factors = (
        Factor(claim="One chair", evidence="A “chair”", verified=True),
        Factor(claim="Approved before", evidence="the board said yes", verified=False),
    )
    said = analysis(
        risk=Risk.MEDIUM, confidence=0.874, factors=factors, flags=(Flag.CONTENT_CUT, Flag.SECOND_OPINION)
    )
    text = brief(submitted(analysis=said))

    assert "**Risk**: **medium** (the model is 87 % sure)" in text
    assert "- One chair: “A ‘chair’”\n" in text
    assert "- Approved before: “the board said yes” (**these words are not in the request!**)" in text
    assert "**Watch out**: the model saw the beginning of the request only." in text


def test_what_the_checks_found_stands_before_everything_that_the_model_says() -> None:
    findings = (
        Finding(
            code="amount_in_text",
            severity=Severity.HIGH,
            message="the text names 9,000 USD, but 10 USD is stated",
        ),
        Finding(code="new_check", severity=Severity.LOW, message="like <another>", other_request="PO_1"),
    )
    text = brief(submitted(analysis=analysis(findings=findings)))
    failed = brief(submitted(analysis=analysis(usable=False, findings=findings)))

    checks = (
        "**Checks**:\n\n"
        "- **larger amount in the text**: the text names 9,000 USD, but 10 USD is stated\n"
        "- **new&#95;check**: like &lt;another&gt; (compared with PO&#95;1)\n"
    )
    assert checks in text
    assert checks in failed
    assert text.index("**Checks**") < text.index("**Why you**") < text.index("**Risk**")


def test_low_confidence_under_the_policy_is_a_warning() -> None:
    assert "the model is not sure" in brief(submitted(analysis=analysis(confidence=0.1)))
    assert "the model is not sure" not in brief(submitted())


def test_without_an_analysis_the_reader_is_told_to_judge() -> None:
    failed = analysis(usable=False, summary="", error_message="the endpoint answered 503")

    told = brief(submitted(analysis=failed))
    assert "**No analysis**: Judge for yourself; the risk counts as high. (the endpoint answered 503)" in told
    assert "**Risk**" not in told
    assert "**No analysis**" in brief(submitted(analysis=None))


def test_it_says_what_each_answer_will_do() -> None:
    first = brief(submitted())
    top = brief(submitted(stages_policy("executive")), stages_policy("executive"))
    short = brief(
        submitted(stages_policy("vp", on_timeout="expire")), stages_policy("vp", on_timeout="expire")
    )

    assert "- **Approve**: **VP** signs next.\n" in first
    assert "- **Reject**: the request ends as rejected.\n" in first
    assert "- **Escalate**: **Director** decides instead.\n" in first
    assert "- **No answer**: **Director** decides instead." in first
    assert "- **Approve**: the request is approved.\n" in top
    assert "**Escalate**" not in top
    assert "- **No answer**: the request expires." in top
    assert "- **Escalate**: **Executive** decides instead.\n" in short
    assert "- **Ask a question**: the requester answers, and then you decide.\n" in short
    assert "- **No answer**: the request expires." in short


def test_details_and_context_are_listed_as_they_were_typed() -> None:
    asked = request(
        vendor="Nordic", document_number="7", cost_center="4711", priority=2, context={"left": 9, "a": [1]}
    )
    text = brief(submitted(request=asked))

    assert (
        "- **Vendor**: Nordic\n- **Document**: 7\n- **Cost center**: 4711\n- **Priority**: 2\n- left: 9\n"
        in text
    )


def test_a_long_request_is_cut_and_says_where_the_rest_is() -> None:
    whole = brief(submitted(request=request(content="x" * CONTENT_LIMIT)))
    cut = brief(submitted(request=request(content="x" * (CONTENT_LIMIT + 1))))

    assert whole.endswith(f"“{'x' * CONTENT_LIMIT}”")
    assert cut.endswith(
        "x …”\n\nThe first 20,000 of 20,001 characters; the whole text is on record under r-1."
    )


def test_before_it_is_submitted_and_after_it_is_closed_nobody_is_asked() -> None:
    rejected = carried_out(
        submitted(), Decision(Event.REJECT, actor="Bea", actor_level=Level.MANAGER, comment="Not now."), NOW
    )

    assert "**Not submitted yet**." in brief(record(TWO_STAGES))
    assert "**Outcome**: **rejected**." in brief(rejected)
    assert "- **Bea** rejected as **Manager**: “Not now.”" in brief(rejected)
    assert "**Approve**" not in brief(rejected) + brief(record(TWO_STAGES))


def test_a_policy_that_cannot_be_read_any_more_leaves_a_brief() -> None:
    assert brief_of(submitted(), None).startswith("**Ann** asks for **a purchase of 300.00 USD**.")


@pytest.mark.parametrize("language", Language)
def test_every_language_has_every_sentence_with_the_same_places_to_fill(language: Language) -> None:
    words, english = WORDS[language], WORDS[Language.ENGLISH]
    for field in fields(words):
        said, meant = getattr(words, field.name), getattr(english, field.name)
        if isinstance(said, str):
            assert said
            assert _places(said) == _places(meant), field.name
    assert set(words.kinds) == set(english.kinds)
    assert (set(words.titles), set(words.risks)) == (set(Level), set(Risk))
    assert set(words.findings) == set(english.findings) >= {AMOUNT_IN_TEXT, SPLITTING}
    assert (set(words.states), set(words.flags)) == (set(State), set(Flag))


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
