# SPDX-License-Identifier: Apache-2.0
"""What a policy says but hardly means is warned of, and nothing else."""

from datetime import date
from typing import Any

import pytest

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import policy_from_document
from devkit.policy.command import WORKFLOWS
from devkit.policy.forms import Workflow, read_workflows
from devkit.policy.gaps import gaps
from devkit.policy.warnings import warnings

TODAY = date(2026, 3, 2)
ALL_LEVELS = ["manager", "director", "vp", "executive"]


def policy(*rules: dict[str, Any], **more: Any) -> Policy:
    named = [{"name": f"r{position}", **rule} for position, rule in enumerate(rules)]
    return policy_from_document({"version": 1, "rules": named, **more}).policy


def rule(auto: bool = False, **when: Any) -> dict[str, Any]:
    return {"when": when, "then": {"auto_approve": True} if auto else {"stages": ["manager"]}}


def warned(read: Policy, *types: str) -> list[tuple[str, str]]:
    forms = [Workflow("approval.yml", frozenset(types), frozenset({"vendor"}))] if types else []
    return [(one.rule, one.said) for one in warnings(read, forms, TODAY)]


@pytest.mark.parametrize(
    ("low", "high", "missed"),
    [
        ({"to": 999}, {"from": 1000}, ("999", "1000")),
        ({"to": 5000}, {"from": "5000.01"}, ("5000", "5000.01")),
        ({"below": 1000}, {"above": 1000}, ("1000", "1000")),
        ({"to": 99_000}, {"from": 100_000}, ("99000", "100000")),
    ],
    ids=str,
)
def test_a_gap_between_bounds_that_should_meet_is_told(
    low: dict[str, Any], high: dict[str, Any], missed: tuple[str, str]
) -> None:
    ((name, said),) = warned(policy(rule(amount=low), rule(amount=high)))

    (gap,) = gaps(policy(rule(amount=low), rule(amount=high)))
    assert (f"{gap.low:f}", f"{gap.high:f}") == missed
    assert name == "r1"
    assert "fits neither 'r0' nor 'r1' and goes to 'default'" in said


@pytest.mark.parametrize(
    "rules",
    [
        [rule(amount={"to": 1000}), rule(amount={"from": 1000})],
        [rule(amount={"to": 1000}), rule(amount={"above": 1000})],
        [rule(amount={"to": 5000}), rule(amount={"from": 50_000})],
        [rule(amount={"to": 999}, risk=["low"]), rule(amount={"from": 1000}, risk=["high"])],
        [rule(amount={"to": 999}), rule(amount={"above": 999, "below": 1000}), rule(amount={"from": 1000})],
        [rule(amount={"to": 999}), rule(amount={"from": 1000}), rule(amount={"to": 5000})],
    ],
    ids=str,
)
def test_bounds_that_meet_or_are_apart_on_purpose_are_no_gap(rules: list[dict[str, Any]]) -> None:
    assert gaps(policy(*rules)) == []


def test_a_gap_names_the_rule_without_an_amount_that_takes_it() -> None:
    (gap,) = gaps(policy(rule(amount={"to": 9}), rule(amount={"from": 10}), rule()))

    assert gap.taken_by == "r2"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({}, "approves every request"),
        ({"request_type": ["expense"]}, "approves any amount"),
        ({"amount": {"from": 5}}, "approves any amount"),
        ({"amount": {"to": 5}, "risk": ["medium"]}, "it never decides"),
    ],
)
def test_auto_approval_without_a_bound_or_that_never_applies_is_told(when: dict[str, Any], said: str) -> None:
    ((name, told),) = warned(policy(rule(auto=True, **when)))

    assert name == "r0"
    assert said in told


def test_auto_approval_within_bounds_is_not_warned_of() -> None:
    assert warned(policy(rule(auto=True, amount={"to": 5}, risk=["low"]))) == []
    low, medium = (
        rule(auto=True, amount={"to": 9}, risk=["low"]),
        rule(True, amount={"to": 5}, risk=["medium"]),
    )
    assert warned(policy(low, medium)) == []


def test_a_type_that_no_form_offers_is_told_with_its_rule() -> None:
    read = policy(rule(request_type=["expense", "Travel"]), rule(request_type=["expense"], risk=["low"]))

    said = [said for _, said in warned(read, "expense", "other")]

    assert any("no form (approval.yml) offers 'travel', as 'r0' asks" in one for one in said)
    assert not any("no form" in said for _, said in warned(read, "expense", "travel"))
    assert not any("no form" in said for _, said in warned(read))


def test_whose_own_requests_nobody_else_could_sign_is_told() -> None:
    people = [
        {"name": "Ann", "levels": ["manager"]},
        {"name": "Bo", "levels": ["manager"]},
        {"name": "Dan", "levels": ALL_LEVELS},
    ]
    default = {"stages": ["manager", "vp"]}

    assert warned(policy(people=people, default=default)) == [
        (
            "default",
            "a request by 'Dan' cannot be signed: too few others hold the levels of manager, vp. List more people",
        )
    ]
    assert warned(policy(people=people, default=default, separation_of_duties=False)) == []


def test_people_that_never_sign_and_levels_that_nobody_holds_are_told() -> None:
    people = [
        {"name": name, "levels": levels}
        for name, levels in (("A", ["manager"]), ("B", ["vp"]), ("C", ["vp"]))
    ]

    said = [said for _, said in warned(policy(people=people, default={"stages": ["director"]}))]

    assert said[0] == "'A' never signs: no rule asks for a level below 'director'"
    assert said[1].startswith(
        "nobody holds 'executive', which an analysis may add and an escalation leads to"
    )


def test_a_test_of_what_no_form_asks_for_is_told_with_its_rule() -> None:
    read = policy(
        rule(vendor=["Contoso"]), rule(context={"department": ["it"]}), rule(cost_center=[7], risk=["low"])
    )

    said = [said for _, said in warned(read, "other")]

    (told,) = [one for one in said if "asks for" in one]
    assert (
        "no form (approval.yml) asks for 'context.department' and 'cost_center', which 'r1' and 'r2' test"
        in told
    )
    assert not any("asks for" in said for _, said in warned(read))


def test_a_deputy_whose_time_is_over_is_told() -> None:
    people = [{"name": name, "levels": ALL_LEVELS} for name in ("Ann", "Bo", "Cleo")]
    ended = {"of": "Ann", "is": "Bo", "from": "2026-01-01", "until": "2026-03-01"}
    acting = {**ended, "from": "2026-03-02", "until": "2026-03-02"}

    said = [said for _, said in warned(policy(people=people, deputies=[ended, acting]))]

    assert said == ["'Bo' was deputy of 'Ann' until 2026-03-01 and acts no more. Remove the entry"]


FLOWS = read_workflows(WORKFLOWS)
NEXT = "a run ends after the first of them with the request open, and approval_resume.yml asks for the next"


def several(*stages: object) -> list[str]:
    """The warning about signatures, for a policy with these stages, beside the files that are shipped."""
    read = policy(default={"stages": stages})
    return [one.said for one in warnings(read, FLOWS, TODAY) if "signatures of one level" in one.said]


@pytest.mark.parametrize("level", ["manager", "director", "vp"])
def test_a_level_that_must_sign_twice_is_told_with_the_files_that_ask_once_and_those_that_ask_for_all(
    level: str,
) -> None:
    assert several({"level": level, "signatures": 2}) == [
        (
            "'default' asks for several signatures of one level, for which approval.yml, approval_chat.yml, "
            f"approval_webhook.yml have one form: {NEXT}. approval_desk.yml, approval_v2.yml ask for all of them"
        )
    ]


@pytest.mark.parametrize(
    "stages", [("manager", {"level": "executive", "signatures": 2}), ({"level": "vp", "signatures": 3},)]
)
def test_where_no_form_above_is_left_only_the_desk_asks_for_all(stages: tuple[object, ...]) -> None:
    (said,) = several(*stages)

    assert "approval.yml, approval_chat.yml, approval_v2.yml, approval_webhook.yml have one form" in said
    assert said.endswith(". approval_desk.yml asks for all of them")


def test_of_one_signature_for_each_level_nothing_is_said() -> None:
    assert several("manager", "director", "vp", "executive") == []


def test_several_rules_are_told_in_one_warning() -> None:
    twice = {"stages": [{"level": "manager", "signatures": 2}]}
    read = policy(
        {"when": {"amount": {"to": 5}}, "then": twice}, {"when": {"amount": {"above": 5}}, "then": twice}
    )

    assert [(one.rule, one.said[:42]) for one in warnings(read, FLOWS, TODAY) if NEXT in one.said] == [
        ("", "'r0' and 'r1' ask for several signatures o")
    ]


def test_what_budgets_test_is_asked_for_by_a_form_or_told() -> None:
    budgets = [
        {"name": "Events", "request_type": ["event"], "cost_center": [7], "period": "month", "amount": 9}
    ]

    kinds, facts = warned(policy(budgets=budgets), "purchase")

    assert "offers 'event', as 'Events' asks" in kinds[1]
    assert "asks for 'cost_center', which 'Events' tests" in facts[1]
