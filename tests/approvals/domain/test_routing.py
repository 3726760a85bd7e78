# SPDX-License-Identifier: Apache-2.0
"""The policy outranks the model: whatever it replies, the route is never laxer than the policy alone."""

from decimal import Decimal

import pytest
from hypothesis import given

from approvals.domain.checks import larger_request
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import Analysis, ApprovalRequest
from approvals.domain.routing import policy_route, route
from approvals.domain.terms import Flag, Level, Risk
from tests.approvals.domain.worlds import DEFAULT, FINDING, analyses, analysis, policies, request, requests


@given(policies, requests, analyses)
def test_for_any_reply_the_route_is_at_least_as_strict_as_the_policy_at_every_risk_up_to_the_models(
    policy: PolicyDocument, asked: ApprovalRequest, said: Analysis
) -> None:
    routed = route(policy.policy, asked, said)

    suspicious = Flag.SUSPICIOUS_TEXT in said.flags
    reached = said.risk.rank if said.usable and not suspicious else Risk.HIGH.rank
    for risk in Risk:
        if risk.rank <= reached:
            assert routed.strictness >= policy_route(policy.policy, asked, risk).strictness


@given(policies, requests, analyses)
def test_a_larger_total_that_the_model_reads_is_what_the_rules_see_too(
    policy: PolicyDocument, asked: ApprovalRequest, said: Analysis
) -> None:
    routed = route(policy.policy, asked, said)

    larger = larger_request(policy.policy, asked, said)
    if larger is not None:
        assert routed.strictness >= policy_route(policy.policy, larger, said.risk).strictness


@given(policies, requests, analyses)
def test_a_finding_forbids_auto_approval(
    policy: PolicyDocument, asked: ApprovalRequest, said: Analysis
) -> None:
    found = said.model_copy(update={"findings": (FINDING,)})

    routed = route(policy.policy, asked, found)

    assert not routed.auto_approve
    assert routed.strictness >= route(policy.policy, asked, said).strictness


@given(policies, requests, analyses)
def test_whatever_only_adds_friction_never_loosens_the_route(
    policy: PolicyDocument, asked: ApprovalRequest, said: Analysis
) -> None:
    calmer = said.model_copy(
        update={
            "usable": True,
            "auto_approve": True,
            "confidence": 1.0,
            "flags": (),
            "level": Level.MANAGER,
            "total": None,
            "findings": (),
        }
    )

    assert route(policy.policy, asked, said).strictness >= route(policy.policy, asked, calmer).strictness


@given(policies, requests, analyses)
def test_a_request_without_a_known_amount_is_never_auto_approved(
    policy: PolicyDocument, asked: ApprovalRequest, said: Analysis
) -> None:
    unknown = asked.model_copy(update={"amount": None})

    assert not route(policy.policy, unknown, said).auto_approve


@given(policies, requests)
def test_without_an_analysis_nothing_is_auto_approved_by_a_rule_that_excludes_high_risk(
    policy: PolicyDocument, asked: ApprovalRequest
) -> None:
    routed = route(policy.policy, asked, None)

    assert not routed.auto_approve
    assert routed.strictness >= policy_route(policy.policy, asked, Risk.HIGH).strictness


@pytest.mark.parametrize("flag", [flag for flag in Flag if flag is not Flag.SECOND_OPINION])
def test_a_warning_sends_a_small_purchase_to_the_next_rule(flag: Flag) -> None:
    routed = route(DEFAULT.policy, request(), analysis(flags=(flag,)))

    assert not routed.auto_approve
    expected = ("team-budget", (Level.MANAGER,))
    if flag is Flag.SUSPICIOUS_TEXT:  # counts as high risk, which this rule does not take
        expected = ("default", (Level.MANAGER, Level.DIRECTOR))
    assert (routed.rule, routed.stages) == expected
    assert "no auto-approval" in " ".join(routed.reasons)


def test_a_calm_small_purchase_is_approved_at_once() -> None:
    routed = route(DEFAULT.policy, request(), analysis())

    assert routed.auto_approve
    assert (routed.rule, routed.stages) == ("small-and-routine", ())


def test_a_second_opinion_that_was_had_does_not_stand_in_the_way() -> None:
    assert route(DEFAULT.policy, request(), analysis(flags=(Flag.SECOND_OPINION,))).auto_approve


@pytest.mark.parametrize(
    "changes",
    [{"confidence": 0.59}, {"auto_approve": False}, {"level": Level.DIRECTOR}, {"risk": Risk.MEDIUM}],
)
def test_what_the_model_doubts_is_not_approved_without_a_person(changes: dict[str, object]) -> None:
    assert not route(DEFAULT.policy, request(), analysis(**changes)).auto_approve


def test_a_higher_level_that_the_model_asks_for_becomes_one_more_stage() -> None:
    routed = route(DEFAULT.policy, request(amount=Decimal(3_000)), analysis(level=Level.VP))

    assert routed.stages == (Level.MANAGER, Level.VP)
    assert "level 'vp' added" in " ".join(routed.reasons)


def test_a_lower_level_that_the_model_asks_for_takes_nothing_away() -> None:
    routed = route(DEFAULT.policy, request(amount=Decimal(60_000)), analysis(level=Level.MANAGER))

    assert routed.stages == (Level.DIRECTOR, Level.VP)


@pytest.mark.parametrize(
    ("amount", "currency", "rule"),
    [
        (Decimal(500), "USD", "small-and-routine"),
        (Decimal("500.01"), "USD", "team-budget"),
        (Decimal("462.96"), "EUR", "small-and-routine"),
        (Decimal("462.97"), "EUR", "team-budget"),
        (Decimal(5_000), "", "team-budget"),
        (Decimal("5000.01"), "", "default"),
        (Decimal("49999.99"), "USD", "default"),
        (Decimal(50_000), "USD", "large"),
        (Decimal(100), "JPY", "default"),
        (None, "USD", "default"),
    ],
)
def test_bounds_are_inclusive_and_in_the_policys_currency(
    amount: Decimal | None, currency: str, rule: str
) -> None:
    assert route(DEFAULT.policy, request(amount=amount, currency=currency), analysis()).rule == rule


def test_a_request_may_ask_for_less_time_than_the_policy_gives_never_for_more() -> None:
    asked = request(amount=Decimal(3_000), deadline_hours=Decimal(2))
    patient = request(amount=Decimal(3_000), deadline_hours=Decimal(2_000))

    assert route(DEFAULT.policy, asked, analysis()).deadline_hours == Decimal(2)
    assert route(DEFAULT.policy, patient, analysis()).deadline_hours == Decimal(48)
