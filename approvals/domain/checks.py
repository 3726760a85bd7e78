# SPDX-License-Identifier: Apache-2.0
"""Compares what is stated with what the text says. Deterministic and cheap; a finding only ever adds friction."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from approvals.domain.policy import Policy
from approvals.domain.records import Analysis, ApprovalRequest, BudgetUse, Finding, Total
from approvals.domain.terms import Severity
from approvals.text.money_in_text import MoneyText

AMOUNT_IN_TEXT: Final = "amount_in_text"
DUPLICATE_DOCUMENT: Final = "duplicate_document"
POSSIBLE_DUPLICATE: Final = "possible_duplicate"
SPLITTING: Final = "splitting"
NEAR_LIMIT: Final = "near_limit"
STALE_DOCUMENT: Final = "stale_document"
FUTURE_DOCUMENT: Final = "future_document"
NEW_VENDOR: Final = "new_vendor"
ABOVE_USUAL: Final = "above_usual"
BUDGET: Final = "budget"
NEAR: Final = Decimal("0.95")
"""Of a bound: from here on an amount is near it."""
_EASTERNMOST: Final = timedelta(hours=14)
TOLERANCE: Final = Decimal("1.005")
"""An amount in the text may be larger than the stated one by half a percent: rounding, and rates of yesterday."""

MANY_TIMES: Final = 20
"""Above so many times the stated amount, another one in the text is no mere comparison."""


class Comparison(NamedTuple):
    """What other requests say of one: findings, what it comes to with them, and the ids that this relies on.

    `budgets`: those that it takes of, with what others take.
    """

    findings: tuple[Finding, ...] = ()
    combined: Total | None = None
    others: tuple[str, ...] = ()
    budgets: tuple[BudgetUse, ...] = ()


NOTHING_FOUND: Final = Comparison()


def with_findings(
    policy: Policy,
    request: ApprovalRequest,
    analysis: Analysis,
    *,
    now: datetime | None = None,
    compared: Comparison = NOTHING_FOUND,
    pause: Callable[[], object] = lambda: None,
) -> Analysis:
    """The analysis with what the checks of the policy found, and with what the comparison with others found.

    `now`: when the document's date is looked at; None for not at all. `pause` is called after each small step.
    """
    in_text = amount_in_text(policy, request, analysis.total, pause) if policy.checks.amount_in_text else None
    dated = _document_date(policy, request, now) if now is not None else None
    findings = [*compared.findings, *filter(None, (in_text, dated))]
    near = _near_limit(policy, request) if findings else None
    if near is not None:
        findings.append(near)
    if not findings and not compared.budgets:
        return analysis
    update = {"findings": tuple(findings), "combined": compared.combined, "budgets": compared.budgets}
    return analysis.model_copy(update=update)


def _document_date(policy: Policy, request: ApprovalRequest, now: datetime) -> Finding | None:
    """A document that is too old, or of a day that has come nowhere on earth."""
    dated, checks = request.document_date, policy.checks
    if dated is None:
        return None
    if checks.future_document and dated > (now + _EASTERNMOST).date():
        message = f"the document is dated {dated}, which is still to come"
        return Finding(code=FUTURE_DOCUMENT, severity=Severity.MEDIUM, message=message)
    age = now.date() - dated
    if checks.stale_document is None or age <= timedelta(days=checks.stale_document.days):
        return None
    message = f"the document is dated {dated}, {age.days} days ago; the policy asks about those older than "
    return Finding(
        code=STALE_DOCUMENT, severity=Severity.MEDIUM, message=f"{message}{checks.stale_document.days} days"
    )


def _near_limit(policy: Policy, request: ApprovalRequest) -> Finding | None:
    """An amount just below a bound of the policy."""
    value = policy.in_own_currency(request.amount, request.currency)
    if not policy.checks.near_limit or value is None:
        return None
    bound = next((one for one in policy.bounds if one.holds(value) and value >= one.amount * NEAR), None)
    if bound is None:
        return None
    message = (
        f"{money(value, policy.currency)} is just below the bound of {money(bound.amount, policy.currency)}"
    )
    return Finding(code=NEAR_LIMIT, severity=Severity.LOW, message=message)


def amount_in_text(
    policy: Policy,
    request: ApprovalRequest,
    total: Total | None,
    pause: Callable[[], object] = lambda: None,
) -> Finding | None:
    """The largest amount that the text, or the model's reading of it, puts above the stated one; None where none is."""
    candidates = [*_named(policy, request, pause), *_read(policy, request, total)]
    if not candidates:
        return None
    # What cannot be converted may be any amount, so it counts as the largest.
    value, told = max(candidates, key=lambda candidate: (candidate[0] is None, candidate[0] or Decimal(0)))
    stated = (
        "no amount is stated"
        if request.amount is None
        else f"{money(request.amount, _currency(policy, request))} is stated"
    )
    rate = "" if value is not None else "; the policy has no exchange rate between the two"
    return Finding(code=AMOUNT_IN_TEXT, severity=Severity.HIGH, message=f"{told}, but {stated}{rate}")


def combined_request(request: ApprovalRequest, analysis: Analysis | None) -> ApprovalRequest | None:
    """The request with what it comes to together with those that it seems to be split from; None for no others."""
    combined = analysis.combined if analysis is not None else None
    if combined is None:
        return None
    return request.model_copy(update={"amount": combined.amount, "currency": combined.currency})


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
        yield value, f"the analysis reads a total of {money(total.amount, currency)}"


def _named(
    policy: Policy, request: ApprovalRequest, pause: Callable[[], object]
) -> Iterator[tuple[Decimal | None, str]]:
    """The amounts that the content names above the stated one.

    Where the content names the stated amount too, another one may be a comparison; it counts when it is called a total
    or is many times as much and its clause does not explain it.
    """
    own = _currency(policy, request)
    text = MoneyText(request.content, pause)
    is_part, is_named = text.calls_a_part(request.amount, own), text.supports(request.amount, own)
    for mention in text.mentions:
        pause()
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


def money(amount: Decimal, currency: str) -> str:
    """An amount as a finding says it."""
    return f"{amount:,f} {currency}"
