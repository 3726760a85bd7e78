# SPDX-License-Identifier: Apache-2.0
"""What a request takes of the policy's budgets, and which of them it would exceed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from approvals.domain.canonical import canonical
from approvals.domain.checks import BUDGET, money
from approvals.domain.policy import Policy
from approvals.domain.policy_budgets import Budget, Span
from approvals.domain.records import ApprovalRequest, BudgetUse, Finding
from approvals.domain.routing import policy_facts
from approvals.domain.terms import Severity

OPEN_KEPT: Final = 500
"""Open requests that a store keeps apart. The oldest beyond them count for good, whatever becomes of them."""
_TOLD: Final = 5  # of the budgets that a request takes of


class BudgetEntry(BaseModel):
    """What an open request takes of budgets: an amount by the name of an account.

    An account is one period of one budget, the same in every policy in which the budget has that name and currency.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_id: str
    at: datetime
    takes: Mapping[str, Decimal]


class Covered(NamedTuple):
    """A budget that covers a request, with the period that the request falls into."""

    budget: Budget
    span: Span
    account: str
    own: Decimal


def covered(policy: Policy, request: ApprovalRequest, at: datetime) -> Sequence[Covered]:
    """The budgets that cover `request`, which came at `at`; none where its amount is 0 or cannot be counted.

    It falls into the period of its document date; without one, into that of the day on which it came.
    """
    own = policy.in_own_currency(request.amount, request.currency)
    if not own or not policy.checks.budget or not policy.budgets:
        return ()
    facts, year = policy_facts(policy, request), policy.fiscal_year
    day = request.document_date or at.astimezone(year.zone).date()
    found = []
    for budget in policy.budgets:
        if budget.covers(facts):
            span = year.span(budget.period, day)
            found.append(Covered(budget, span, _account(policy, budget, span), own))
    return found


def entry_of(request_id: str, at: datetime, found: Sequence[Covered]) -> BudgetEntry:
    """What the store keeps of a request while it is open."""
    return BudgetEntry(request_id=request_id, at=at, takes={one.account: one.own for one in found})


def uses_of(policy: Policy, found: Sequence[Covered], others: Mapping[str, Decimal]) -> tuple[BudgetUse, ...]:
    """The budgets with what `others` take of their accounts; the fullest first, and no more than a person reads."""
    uses = [
        BudgetUse(
            budget=one.budget.title,
            first=one.span.first,
            last=one.span.last,
            others=others.get(one.account, Decimal(0)),
            own=one.own,
            amount=one.budget.amount,
            currency=policy.currency,
        )
        for one in found
    ]
    return tuple(sorted(uses, key=lambda use: (use.others + use.own) / use.amount, reverse=True)[:_TOLD])


def budget_findings(uses: Sequence[BudgetUse]) -> Sequence[Finding]:
    """A finding for each budget that is not enough."""
    return [_finding(use) for use in uses if use.is_over]


def _finding(use: BudgetUse) -> Finding:
    message = (
        f"with this request {money(use.others + use.own, use.currency)} of {money(use.amount, use.currency)} are spent "
        f"or asked for, {use.percent} % of the budget '{use.budget}' from {use.first} to {use.last}; without it "
        f"{money(use.others, use.currency)}"
    )
    return Finding(code=BUDGET, severity=Severity.HIGH, message=message)


def _account(policy: Policy, budget: Budget, span: Span) -> str:
    """A name that begins with the first day, so that stores can tell old accounts, and that a policy's edits keep."""
    named = canonical([budget.title, budget.period.value, policy.currency, str(span)])
    return f"{span.first} {blake2b(named, digest_size=10).hexdigest()}"
