# SPDX-License-Identifier: Apache-2.0
"""A number in a policy is the one that it looks like, or the policy is refused with what it would have been."""

from decimal import Decimal

import pytest

from approvals.domain.policy_reader import read_policy
from approvals.domain.terms import Risk
from tests.approvals.domain.test_policy_reader import fault
from tests.approvals.domain.worlds import DEFAULT


@pytest.mark.parametrize(
    ("number", "meant"),
    [
        ("0500", "320 (octal)"),
        ("0x10", "16 (hexadecimal)"),
        ("0b101", "5 (binary)"),
        ("1:30", "90 (sixties"),
        ("5:00", "300 (sixties"),
        ("1:30:00", "5400 (sixties"),
        ("1:30.5", "90.5 (sixties"),
        ("1_000", "1000 (digits in groups)"),
        ("1_000.50", "1000.5 (digits in groups)"),
        ("-0500", "-320 (octal)"),
    ],
)
@pytest.mark.parametrize(
    "policy",
    [
        "version: 1\ndefault:\n  stages: [manager]\n  deadline_hours: {}",
        "version: 1\nrules:\n  - {{name: a, when: {{amount: {{\n  to: {}}}}}, then: {{stages: [vp]}}}}",
        "version: 1\nexchange_rates:\n\n  EUR: {}",
        "version: 1\ntitles:\n\n  vp: {}",
    ],
    ids=["hours", "money", "rate", "word"],
)
def test_a_number_that_yaml_reads_otherwise_than_it_looks_is_refused(
    number: str, meant: str, policy: str
) -> None:
    message = fault(policy.format(number))

    assert "line 4, column" in message
    assert f"{number} is not what it looks like: YAML would read {meant}" in message
    assert "put it in quotes" in message


def test_a_policy_that_says_less_than_it_seems_is_refused_at_its_first_number() -> None:
    message = fault(
        "version: 1\ncurrency: USD\nrules:\n  - name: small\n    when: {amount: {to: 0500}}\n"
        "    then: {auto_approve: true}\ndefault: {stages: [manager], deadline_hours: 1:30}"
    )

    assert "line 5, column 25: 0500 is not what it looks like: YAML would read 320" in message


@pytest.mark.parametrize(
    "number", ["9" * 5_000, "0x" + "f" * 5_000, "1" + ":30" * 5_000, "1_" * 5_000 + "1", "0" + "7" * 5_000]
)
def test_a_huge_number_is_refused_with_its_line_and_not_crashed_on(number: str) -> None:
    message = fault(f"version: 1\ndefault: {{stages: [vp], deadline_hours: {number}}}")

    assert "line 2" in message
    assert len(message) < 400


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("24", "24"),
        ("1.5", "1.5"),
        ("+3", "3"),
        ("1e2", "100"),
        ("1.5e1", "15"),
        (".5", "0.5"),
        ("2.", "2"),
        ("1.250", "1.250"),
    ],
)
def test_a_number_that_looks_like_one_is_that_number(written: str, hours: str) -> None:
    read = read_policy(f"version: 1\ndefault: {{stages: [vp], deadline_hours: {written}}}")

    assert read.policy.default.deadline_hours == Decimal(hours)


@pytest.mark.parametrize(
    "number", ["12345678901234567.89", "123456789012345678901", "0.12345678901234567890"]
)
def test_a_number_with_more_digits_than_are_kept_is_refused_unless_it_is_in_quotes(number: str) -> None:
    policy = "version: 1\nexchange_rates: {{EUR: {}}}"

    assert "put it in quotes" in fault(policy.format(number)) or "greater than" in fault(
        policy.format(number)
    )


@pytest.mark.parametrize("amount", ["1.000", "12.345", "'1.000'"])
@pytest.mark.parametrize("as_json", [False, True])
def test_an_amount_with_two_readings_is_refused_with_both(amount: str, as_json: bool) -> None:
    amount = amount.replace("'", '"') if as_json else amount
    yaml_rule = f"{{name: a, when: {{amount: {{to: {amount}}}}}, then: {{stages: [vp]}}}}"
    json_rule = f'{{"name": "a", "when": {{"amount": {{"to": {amount}}}}}, "then": {{"stages": ["vp"]}}}}'
    text = f'{{"version": 1, "rules": [{json_rule}]}}' if as_json else f"version: 1\nrules: [{yaml_rule}]"

    assert "two readings" in fault(text)


def test_a_rate_may_have_three_decimals() -> None:
    read = read_policy("version: 1\nexchange_rates: {EUR: 1.085}")

    assert read.policy.exchange_rates["EUR"] == Decimal("1.085")
    assert read.document == {"version": 1, "exchange_rates": {"EUR": 1.085}}


@pytest.mark.parametrize("text", ["0: {}", "1: [2]\nversion: 1", "{2: 3}"])
def test_a_key_that_is_a_number_is_a_fault_like_any_other(text: str) -> None:
    assert "unknown key" in fault(text)


def test_a_number_is_the_decimal_that_was_written() -> None:
    policy = read_policy("version: 1\nexchange_rates: {EUR: 1.1}").policy

    assert policy.in_own_currency(Decimal(3), "EUR") == Decimal("3.3")


def test_the_second_opinion_is_asked_by_amount_or_by_risk() -> None:
    policy = DEFAULT.policy

    assert policy.wants_second_opinion(Decimal(20_000), Risk.LOW)
    assert policy.wants_second_opinion(None, Risk.HIGH)
    assert not policy.wants_second_opinion(Decimal("19999.99"), Risk.MEDIUM)
