# SPDX-License-Identifier: Apache-2.0
"""Compares what is stated with what the text says. Deterministic and cheap; a finding only ever adds friction."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from approvals.domain.policy import Policy
from approvals.domain.records import Analysis, ApprovalRequest, Finding, Total
from approvals.domain.terms import Severity
from approvals.text.money_in_text import MoneyText

AMOUNT_IN_TEXT: Final = "amount_in_text"
TOLERANCE: Final = Decimal("1.005")
"""An amount in the text may be larger than the stated one by half a percent: rounding, and rates of yesterday."""

MANY_TIMES: Final = 20
"""Above so many times the stated amount, another one in the text is no mere comparison."""


def with_findings(policy: Policy, request: ApprovalRequest, analysis: Analysis) -> Analysis:
    """The analysis with what the checks of the policy found."""
    if not policy.checks.amount_in_text:
        return analysis
    finding = amount_in_text(policy, request, analysis.total)
    return analysis.model_copy(update={"findings": (finding,)}) if finding else analysis


def amount_in_text(policy: Policy, request: ApprovalRequest, total: Total | None) -> Finding | None:
    """The largest amount that the text, or the model's reading of it, puts above the stated one; None where none is."""
    candidates = [*_named(policy, request), *_read(policy, request, total)]
    if not candidates:
        return None
    # What cannot be converted may be any amount, so it counts as the largest.
    value, told = max(candidates, key=lambda candidate: (candidate[0] is None, candidate[0] or Decimal(0)))
    stated = (
        "no amount is stated"
        if request.amount is None
        else f"{_money(request.amount, _currency(policy, request))} is stated"
    )
    rate = "" if value is not None else "; the policy has no exchange rate between the two"
    return Finding(code=AMOUNT_IN_TEXT, severity=Severity.HIGH, message=f"{told}, but {stated}{rate}")


def larger_request(
    policy: Policy, request: ApprovalRequest, analysis: Analysis | None
) -> ApprovalRequest | None:
    """The request with the total that the model read, where that is above the stated amount or has no rate."""
    total = analysis.total if analysis is not None and analysis.usable else None
    if total is None or not policy.checks.amount_in_text or not list(_read(policy, request, total)):
        return None
    return request.model_copy(update={"amount": total.amount, "currency": total.currency})


def _read(
    policy: Policy, request: ApprovalRequest, total: Total | None
) -> Iterator[tuple[Decimal | None, str]]:
    if total is None:
        return
    currency = total.currency or _currency(policy, request)
    above, value = _compared(policy, request, total.amount, currency)
    if above:
        yield value, f"the analysis reads a total of {_money(total.amount, currency)}"


def _named(policy: Policy, request: ApprovalRequest) -> Iterator[tuple[Decimal | None, str]]:
    """The amounts that the content names above the stated one.

    Where the content names the stated amount too, another one may be a comparison; it counts when it is called a total
    or is many times as much and its clause does not explain it.
    """
    own = _currency(policy, request)
    text = MoneyText(request.content)
    is_part, is_named = text.calls_a_part(request.amount, own), text.supports(request.amount, own)
    for mention in text.mentions:
        if mention.aside or not mention.amount:
            continue
        currency = next((code for code in (own, policy.currency) if code in mention.currencies), "")
        if not currency and mention.weak:
            continue
        currency = currency or mention.currencies[0]
        above, value = _compared(policy, request, mention.amount, currency)
        if not above or is_part or (currency == own and text.is_with_tax(request.amount, mention.amount)):
            continue
        explained = mention.background or not _is_many_times(policy, request, value)
        if is_named and not mention.total and explained:
            continue
        yield value, f"the text names {mention.written}"


def _is_many_times(policy: Policy, request: ApprovalRequest, value: Decimal | None) -> bool:
    stated = policy.in_own_currency(request.amount, request.currency)
    if stated is None:
        stated = request.amount
    return value is None or stated is None or value > stated * MANY_TIMES


def _compared(
    policy: Policy, request: ApprovalRequest, amount: Decimal, currency: str
) -> tuple[bool, Decimal | None]:
    """Whether `amount` is above the stated one, and what it is in the policy's currency (None: no rate)."""
    value = policy.in_own_currency(amount, currency)
    if request.amount is None:
        return amount > 0, value
    if currency == _currency(policy, request):
        return amount > request.amount * TOLERANCE, value if value is not None else amount
    stated = policy.in_own_currency(request.amount, request.currency)
    if value is None or stated is None:
        return True, None
    return value > stated * TOLERANCE, value


def _currency(policy: Policy, request: ApprovalRequest) -> str:
    return request.currency or policy.currency


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:,f} {currency}"
