# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.budgets import budget_findings, covered, uses_of
from approvals.domain.checks import BUDGET, Comparison, with_findings
from approvals.domain.policy_budgets import FiscalYear, Period
from approvals.domain.policy_reader import PolicyDocument, faults_in, policy_from_document, read_policy
from approvals.domain.records import Analysis, ApprovalRequest
from approvals.domain.routing import route
from approvals.domain.terms import Level
from tests.approvals.domain.worlds import (
    DEFAULT,
    NOW,
    analyses,
    analysis,
    people,
    policies,
    request,
    requests,
)

IT: dict[str, Any] = {"name": "IT", "cost_center": ["4711", "0815"], "period": "year", "amount": 1000}


def budgeted(*budgets: dict[str, Any], **changes: Any) -> PolicyDocument:
    return policy_from_document({**DEFAULT.document, "budgets": list(budgets), **changes})


def accounts(policy: PolicyDocument, at: datetime = NOW, **changes: Any) -> list[str]:
    return [one.account for one in covered(policy.policy, request(**changes), at)]


@pytest.mark.parametrize(
    ("period", "starts_in", "day", "first", "last"),
    [
        (Period.MONTH, 1, date(2026, 2, 28), date(2026, 2, 1), date(2026, 2, 28)),
        (Period.MONTH, 4, date(2024, 2, 29), date(2024, 2, 1), date(2024, 2, 29)),
        (Period.QUARTER, 1, date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
        (Period.QUARTER, 2, date(2026, 1, 31), date(2025, 11, 1), date(2026, 1, 31)),
        (Period.YEAR, 1, date(2026, 1, 1), date(2026, 1, 1), date(2026, 12, 31)),
        (Period.YEAR, 4, date(2026, 3, 31), date(2025, 4, 1), date(2026, 3, 31)),
        (Period.YEAR, 4, date(2026, 4, 1), date(2026, 4, 1), date(2027, 3, 31)),
    ],
)
def test_a_period_begins_with_the_fiscal_year(
    period: Period, starts_in: int, day: date, first: date, last: date
) -> None:
    assert FiscalYear(starts_in=starts_in).span(period, day) == (first, last)


@given(st.sampled_from(Period), st.integers(1, 12), st.dates())
def test_every_day_lies_in_one_period(period: Period, starts_in: int, day: date) -> None:
    year = FiscalYear(starts_in=starts_in)
    span = year.span(period, day)

    assert span.first <= day <= span.last or day == date.max
    assert year.span(period, span.first) == span


def test_a_request_without_a_document_falls_into_the_day_on_which_it_came_where_the_company_is() -> None:
    monthly = {**IT, "period": "month"}
    late = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
    berlin = budgeted(monthly, fiscal_year={"time_zone": "Europe/Berlin"})

    (in_utc,) = accounts(budgeted(monthly), late, cost_center="4711")
    (in_berlin,) = accounts(berlin, late, cost_center="4711")
    (dated,) = accounts(berlin, late, cost_center="4711", document_date=date(2026, 2, 10))

    assert [one[:10] for one in (in_utc, in_berlin, dated)] == ["2026-03-01", "2026-04-01", "2026-02-01"]


@pytest.mark.parametrize(
    ("changes", "is_covered"),
    [
        ({"cost_center": "4711"}, True),
        ({"cost_center": "0815 "}, True),
        ({"cost_center": "815"}, False),
        ({}, False),
        ({"cost_center": "4711", "amount": None}, False),
        ({"cost_center": "4711", "amount": Decimal(0)}, False),
        ({"cost_center": "4711", "currency": "XYZ"}, False),
    ],
)
def test_a_budget_covers_what_it_names_where_the_amount_is_known(
    changes: dict[str, Any], is_covered: bool
) -> None:
    assert bool(accounts(budgeted(IT), **changes)) is is_covered


def test_every_fact_that_a_budget_names_must_hold_and_one_that_names_none_covers_all() -> None:
    policy = budgeted(
        {"context": {"department": ["sales"]}, "request_type": ["travel"], "period": "month", "amount": 1},
        {"period": "month", "amount": 1},
    )

    assert len(accounts(policy, context={"department": "SALES"}, request_type="travel")) == 2
    assert len(accounts(policy, context={"department": "SALES"})) == 1
    assert len(accounts(policy)) == 1


def test_a_budget_keeps_its_account_while_its_name_its_period_and_the_currency_stay() -> None:
    def account(**changes: Any) -> str:
        currency = changes.pop("currency", "USD")
        (one,) = accounts(
            budgeted({**IT, **changes}, currency=currency), cost_center="4711", currency=currency
        )
        return one

    own = account()

    assert own == account(amount=5) == account(cost_center=["4711"])
    assert len({own, account(name="Hardware"), account(period="month"), account(currency="CHF")}) == 4
    assert account(name=None) == account(name=None, amount=5) != own
    assert account(name=None) != account(name=None, cost_center=["4711"])


@pytest.mark.parametrize(
    ("others", "own", "found", "percent"),
    [
        ("0", "1000", False, 100),
        ("999.99", "0.01", False, 100),
        ("999.99", "0.02", True, 101),
        ("500", "0.01", False, 50),
        ("5000", "1", True, 501),
    ],
)
def test_a_budget_may_be_spent_and_not_a_cent_more(others: str, own: str, found: bool, percent: int) -> None:
    policy = budgeted(IT).policy
    asked = covered(policy, request(cost_center="4711", amount=Decimal(own)), NOW)
    (use,) = uses_of(policy, asked, {asked[0].account: Decimal(others)})

    assert (use.is_over, use.percent) == (found, percent)
    assert [one.code for one in budget_findings([use])] == [BUDGET] * found


def test_a_finding_says_how_much_of_which_budget_is_taken() -> None:
    policy = budgeted(IT, exchange_rates={"EUR": "1.10"}).policy
    asked = covered(policy, request(cost_center="4711", amount=Decimal(300), currency="EUR"), NOW)

    (finding,) = budget_findings(uses_of(policy, asked, {asked[0].account: Decimal(900)}))

    for words in ("'IT'", "1,230.00 USD", "of 1,000 USD", "123 %", "900 USD", "2026-01-01 to 2026-12-31"):
        assert words in finding.message


def exceeded(policy: PolicyDocument, asked: ApprovalRequest, said: Analysis, spent: Decimal) -> Analysis:
    found = covered(policy.policy, asked, NOW)
    uses = uses_of(policy.policy, found, {one.account: spent for one in found})
    compared = Comparison(findings=tuple(budget_findings(uses)), budgets=uses)
    return with_findings(policy.policy, asked, said, now=NOW, compared=compared)


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({}, ["manager", "director"]),
        ({"amount": Decimal(20)}, ["manager", "director"]),
        ({"amount": Decimal(400_000)}, ["director", "vp", "executive"]),
    ],
)
def test_what_no_budget_covers_is_signed_one_level_higher(changes: dict[str, Any], stages: list[str]) -> None:
    policy, asked = budgeted(IT), request(cost_center="4711", request_type="purchase", **changes)

    routed = route(policy.policy, asked, exceeded(policy, asked, analysis(), Decimal(2000)))

    assert [level.value for level in routed.stages] == stages
    assert any("budget" in reason for reason in routed.reasons)


def test_the_level_of_the_analysis_is_added_above_that_one() -> None:
    policy, asked = budgeted(IT), request(cost_center="4711", amount=Decimal(600))
    said = analysis(level=Level.EXECUTIVE)

    routed = route(policy.policy, asked, exceeded(policy, asked, said, Decimal(2000)))

    assert routed.stages[-1] is Level.EXECUTIVE
    assert len(routed.stages) == len(route(policy.policy, asked, said).stages) + 1


def test_nobody_is_asked_who_is_not_there() -> None:
    one_manager = budgeted(IT, people=people("Ann"), rules=[], default={"stages": ["manager"]})
    asked = request(cost_center="4711", requester="Bo")

    seen = exceeded(one_manager, asked, analysis(), Decimal(2000))

    assert [finding.code for finding in seen.findings] == [BUDGET]
    assert route(one_manager.policy, asked, seen).stages == (Level.MANAGER,)


@given(policies, requests, analyses, st.decimals(0, 10_000, places=2))
def test_no_budget_ever_takes_friction_away(
    policy: PolicyDocument, asked: ApprovalRequest, said: Analysis, spent: Decimal
) -> None:
    calm = said.model_copy(update={"findings": (), "combined": None})

    checked = exceeded(policy, asked, calm, spent)

    before, after = route(policy.policy, asked, calm), route(policy.policy, asked, checked)
    assert after.strictness >= before.strictness
    assert not (after.auto_approve and checked.findings)
    assert after.deadline_hours <= before.deadline_hours or before.auto_approve
    assert len(checked.budgets) <= 5


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("budgets: [{cost_center: 4711, period: year, amount: 5}]", "budgets[0].cost_center: found 4711"),
        ("budgets: [{period: week, amount: 5}]", "allowed: 'month', 'quarter' or 'year'"),
        ("budgets: [{period: year, amount: 0}]", "greater than 0"),
        ("budgets: [{period: year}]", "budgets[0].amount: missing"),
        ("budgets: [{costcenter: [1], period: year, amount: 1}]", "did you mean 'cost_center'?"),
        ("budgets: [{department: [x], period: year, amount: 1}]", "context: {department: [...]}"),
        ("budgets: [{period: year, amount: 1.000}]", "has two readings"),
        ("budgets: [{name: x, period: day, amount: 1}]", "line 2, budget 'x'"),
        ("budgets: [{period: year, amount: 1}, {period: year, amount: 2}]", "budgets[1]: there is another"),
        ("checks: {budget: on}", "checks.budget: there is no budget to check; add 'budgets'"),
        ("fiscal_year: {starts_in: 13}", "less than or equal to 12"),
        ("fiscal_year: {time_zone: Europe/Berln}", "no such time zone"),
        ("fiscal_year: {time_zone: ../../etc/passwd}", "no such time zone"),
    ],
)
def test_a_bad_budget_is_refused_with_its_place(written: str, said: str) -> None:
    (fault,) = faults_in(f"version: 1\n{written}\n")

    assert said in fault
    assert "line 2" in fault


def test_budgets_can_be_switched_off() -> None:
    off = read_policy("version: 1\nbudgets: [{period: year, amount: 1}]\nchecks: {budget: off}\n")

    assert covered(off.policy, request(), NOW) == ()
