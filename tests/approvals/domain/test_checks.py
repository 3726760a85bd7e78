# SPDX-License-Identifier: Apache-2.0
"""What is stated is compared with what the text says and with what the model reads in it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.checks import amount_in_text, larger_request, with_findings
from approvals.domain.policy import Policy
from approvals.domain.policy_reader import policy_from_document
from approvals.domain.records import Finding, Total
from approvals.domain.routing import route
from tests.approvals.domain.worlds import DEFAULT, analysis, request

POLICY = DEFAULT.policy
OFF = policy_from_document({"version": 1, "checks": {"amount_in_text": "off"}}).policy


def found(
    content: str,
    amount: str | None = "10",
    currency: str = "USD",
    total: Total | None = None,
    policy: Policy = POLICY,
) -> Finding | None:
    asked = request(content=content, amount=None if amount is None else Decimal(amount), currency=currency)
    return amount_in_text(policy, asked, total)


def test_a_larger_amount_in_the_text_is_a_finding_that_names_both() -> None:
    finding = found("Laptop for 9,000 USD")

    assert finding is not None
    assert (finding.code, finding.severity, finding.other_request) == ("amount_in_text", "high", "")
    assert finding.message == "the text names 9,000 USD, but 10 USD is stated"


@pytest.mark.parametrize(
    ("content", "amount"),
    [
        ("Laptop for 10 USD", "10"),
        ("Laptop for 10.04 USD", "10"),  # within half a percent
        ("Laptop, model 9000, 12 pieces, order 4500123456", "10"),
        ("Save 9,000 USD a year with these lamps", "10"),
        ("We need 9,000 sheets of paper", "10"),
    ],
)
def test_what_is_no_larger_amount_is_no_finding(content: str, amount: str) -> None:
    assert found(content, amount) is None


def test_the_largest_of_several_is_told() -> None:
    finding = found("Desk 900 USD, lamp 90 USD, fitting 9,000 USD, delivery 99 USD")

    assert finding is not None
    assert "9,000 USD" in finding.message


def test_without_a_stated_amount_any_amount_in_the_text_is_a_finding() -> None:
    finding = found("Laptop for 9,000 USD", amount=None)

    assert finding is not None
    assert finding.message == "the text names 9,000 USD, but no amount is stated"


def test_amounts_in_other_currencies_are_converted() -> None:
    assert found("Laptop for 9 EUR", "10") is None
    assert found("Laptop for 10 EUR", "10") is not None
    assert found("Laptop for $10", "10", "EUR") is None


def test_an_amount_without_a_rate_cannot_be_compared_and_is_a_finding() -> None:
    finding = found("Laptop for 5 KWD", "10")

    assert finding is not None
    assert "the policy has no exchange rate" in finding.message


def test_the_models_total_above_the_stated_amount_is_a_finding_and_what_the_rules_see() -> None:
    total = Total(amount=Decimal(60_000), currency="USD")
    asked, said = request(), analysis(total=total)

    checked = with_findings(POLICY, asked, said)
    routed = route(POLICY, asked, checked)

    assert [finding.message for finding in checked.findings] == [
        "the analysis reads a total of 60,000 USD, but 300 USD is stated"
    ]
    assert routed.rule == "large"
    assert "the analysis reads a total of 60000 USD" in routed.reasons


@pytest.mark.parametrize(
    "total", [None, Total(amount=Decimal(300)), Total(amount=Decimal(301), currency="USD")]
)
def test_a_total_up_to_the_stated_amount_changes_nothing(total: Total | None) -> None:
    checked = with_findings(POLICY, request(), analysis(total=total))

    assert checked.findings == ()
    assert route(POLICY, request(), checked).auto_approve


def test_a_total_without_a_rate_goes_to_people() -> None:
    checked = with_findings(POLICY, request(), analysis(total=Total(amount=Decimal(5), currency="KWD")))

    assert len(checked.findings) == 1
    assert route(POLICY, request(), checked).rule == "default"


def test_the_policy_can_turn_the_check_off() -> None:
    said = analysis(total=Total(amount=Decimal(60_000), currency="USD"))
    asked = request(content="Laptop for 9,000 USD")

    assert with_findings(OFF, asked, said).findings == ()
    assert larger_request(OFF, asked, said) is None


@given(st.text(), st.none() | st.decimals(0, 10**6, places=2), st.sampled_from(["", "USD", "JPY", "XYZ"]))
def test_any_text_is_read(content: str, amount: Decimal | None, currency: str) -> None:
    finding = amount_in_text(POLICY, request(content=content, amount=amount, currency=currency), None)
    assert finding is None or finding.message


@given(st.integers(1_000, 10**9), st.sampled_from(["USD {}", "{} USD", "${}", "price: {} dollars."]))
def test_whatever_larger_amount_is_written_plainly_is_found(number: int, form: str) -> None:
    for written in (str(number), f"{number:,}", f"{number:,}".replace(",", " ")):
        assert found(f"One laptop, {form.format(written)}", "900") is not None, written


def test_every_mention_says_what_it_compared() -> None:
    given: dict[str, Any] = {"content": "Server, 12k EUR", "amount": "500", "currency": "EUR"}
    finding = found(**given)

    assert finding is not None
    assert finding.message == "the text names 12k EUR, but 500 EUR is stated"
