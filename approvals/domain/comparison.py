# SPDX-License-Identifier: Apache-2.0
"""Compares a request with others. Deterministic and cheap; a finding only ever adds friction, and names the other."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from statistics import median
from typing import Final, NamedTuple

from approvals.domain.checks import (
    ABOVE_USUAL,
    DUPLICATE_DOCUMENT,
    NEW_VENDOR,
    POSSIBLE_DUPLICATE,
    SPLITTING,
    Comparison,
    money,
)
from approvals.domain.policy import Policy
from approvals.domain.policy_checks import Bound
from approvals.domain.records import ApprovalRequest, Finding, Total
from approvals.domain.routing import policy_route
from approvals.domain.terms import Risk, Severity
from approvals.domain.traces import TRACED_DAYS, Trace, with_same_words

SAME_WORDS: Final = 0.8
CLOSE: Final = timedelta(days=7)
CLOSE_AMOUNT: Final = Decimal("0.01")
USUAL_TIMES: Final = 3
USUAL_FROM: Final = 5
_REMEMBERED: Final = timedelta(days=TRACED_DAYS)
_NAMED: Final = 3
_TOTALS: Final = 5


class _Part(NamedTuple):
    """Another request that may be a part of the same purchase, and its amount in the policy's currency."""

    trace: Trace
    value: Decimal


def compare(
    policy: Policy,
    request: ApprovalRequest,
    own: Trace,
    others: Sequence[Trace],
    beside: Sequence[Trace] = (),
) -> Comparison:
    """What `others`, the newest first, say of `request`. One with its id is left out; takes time linear in them.

    `beside` came in one list with the request: they may be the same or parts of it, and are not its past.
    """
    past = [other for other in others if other.request_id != own.request_id]
    seen = {own.request_id, *(other.request_id for other in past)} if beside else ()
    others = [*past, *(other for other in beside if other.request_id not in seen)] if beside else past
    found: list[tuple[Finding, Sequence[Trace]]] = []
    if policy.checks.duplicates is not None:
        span = timedelta(days=policy.checks.duplicates.days)
        same = [other for other in others if _is_same_document(own, other)] if own.number else []
        known = {other.request_id for other in same}
        alike = [other for other in _near(own, others) if _may_be_same(own, other)]
        recent = [one for one in alike if one.request_id not in known and _is_within(own, one, span)]
        if same:
            found.append((_duplicate(DUPLICATE_DOCUMENT, Severity.HIGH, same), same))
        if recent:
            found.append((_duplicate(POSSIBLE_DUPLICATE, Severity.MEDIUM, recent), recent))
    parts, combined, split = _splitting(policy, request, own, others)
    found += [(finding, parts) for finding in split]
    found += [(finding, ()) for finding in _unusual(policy, own, past)]
    relied = dict.fromkeys(other.request_id for _, about in found for other in about)
    return Comparison(tuple(finding for finding, _ in found), combined, tuple(relied))


def _duplicate(code: str, severity: Severity, others: Sequence[Trace]) -> Finding:
    what = (
        "the same vendor and document number"
        if code == DUPLICATE_DOCUMENT
        else "nearly the same vendor or requester, amount and date"
    )
    return Finding(
        code=code,
        severity=severity,
        message=f"{what} as in {_names(others)}",
        other_request=others[0].request_id,
    )


def _is_same_document(own: Trace, other: Trace) -> bool:
    return (
        _agree(own.vendor, other.vendor)
        and _agree(own.number, other.number)
        and own.at - other.at <= _REMEMBERED
    )


def _near(own: Trace, others: Sequence[Trace]) -> Sequence[Trace]:
    """A quick look, which leaves few of hundreds: without a vendor only the same amount may be the same request."""
    return others if own.vendor else [other for other in others if other.amount == own.amount]


def _may_be_same(own: Trace, other: Trace) -> bool:
    """By vendor, amount and date; where one of them names no vendor, by requester, type, amount and date."""
    if not own.amount or not other.amount or own.currency != other.currency:
        return False
    if own.vendor and other.vendor:
        return own.vendor == other.vendor and _is_alike_of_vendor(own, other, own.amount, other.amount)
    return own.amount == other.amount and _is_alike_of_requester(own, other)


def _is_alike_of_vendor(own: Trace, other: Trace, amount: Decimal, other_amount: Decimal) -> bool:
    if amount == other_amount and own.document_date and own.document_date == other.document_date:
        return True
    close = abs(amount - other_amount) <= CLOSE_AMOUNT * max(amount, other_amount)
    return close and not _differ(own.number, other.number) and _is_within(own, other, CLOSE)


def _is_alike_of_requester(own: Trace, other: Trace) -> bool:
    if not _agree(own.requester, other.requester) or not _agree(own.request_type, other.request_type):
        return False
    if _differ(own.number, other.number):
        return False
    if own.document_date and other.document_date:
        return own.document_date == other.document_date
    return own.at.date() == other.at.date() and any(with_same_words(own, [other], SAME_WORDS))


def _splitting(
    policy: Policy, request: ApprovalRequest, own: Trace, others: Sequence[Trace]
) -> tuple[Sequence[Trace], Total | None, Iterator[Finding]]:
    """The other parts, what all come to, and the finding; nothing where no bound is passed that changes the route."""
    value = policy.in_own_currency(own.amount, own.currency)
    if policy.checks.splitting is None or not value or not own.requester:
        return (), None, iter(())
    days = policy.checks.splitting.days
    parts = list(_valued(policy, _parts(own, others, timedelta(days=days))))
    passed = [(bound, taken) for bound in policy.bounds if (taken := _passing(bound, value, parts))]
    # By the total, and so that a policy of hundreds of bounds costs no more than another.
    sums = {value + sum(part.value for part in taken): (bound, taken) for bound, taken in passed}
    for total in sorted(sums, reverse=True)[:_TOTALS]:
        bound, taken = sums[total]
        if not _is_stricter(policy, request, total):
            continue
        traces = [part.trace for part in taken]
        message = (
            f"with {_names(traces)} within {days} days it comes to {money(total, policy.currency)}; each is below the "
            f"policy's bound of {money(bound.amount, policy.currency)}, together they pass it"
        )
        other = traces[0].request_id
        finding = Finding(code=SPLITTING, severity=Severity.HIGH, message=message, other_request=other)
        return traces, Total(amount=total, currency=policy.currency), iter((finding,))
    return (), None, iter(())


def _passing(bound: Bound, value: Decimal, parts: Iterable[_Part]) -> Sequence[_Part]:
    """The parts below a bound that pass it together with `value`; none where they do not."""
    if not bound.holds(value):
        return ()
    below = [part for part in parts if bound.holds(part.value)]
    return () if bound.holds(value + sum(part.value for part in below)) else below


def _is_stricter(policy: Policy, request: ApprovalRequest, total: Decimal) -> bool:
    whole = request.model_copy(update={"amount": total, "currency": policy.currency})
    return any(
        policy_route(policy, whole, risk).strictness > policy_route(policy, request, risk).strictness
        for risk in Risk
    )


def _parts(own: Trace, others: Iterable[Trace], span: timedelta) -> Iterator[Trace]:
    """Those of its requester within `span` for the same vendor; where none is named, in nearly the same words."""
    alike = [other for other in others if other.requester == own.requester and other.vendor == own.vendor]
    for other in alike if own.vendor else with_same_words(own, alike, SAME_WORDS):
        if _is_within(own, other, span):
            yield other


def _valued(policy: Policy, others: Iterable[Trace]) -> Iterator[_Part]:
    for other in others:
        value = policy.in_own_currency(other.amount, other.currency)
        if value:
            yield _Part(other, value)


def _unusual(policy: Policy, own: Trace, others: Sequence[Trace]) -> Iterator[Finding]:
    """What the past of a vendor says. Off unless the policy asks for it."""
    if not own.vendor or not (policy.checks.new_vendor or policy.checks.above_usual):
        return
    of_vendor = [other for other in others if other.vendor == own.vendor]
    if policy.checks.new_vendor and not of_vendor:
        message = f"no other request of the last {TRACED_DAYS} days names this vendor"
        yield Finding(code=NEW_VENDOR, severity=Severity.LOW, message=message)
    amounts = [other.amount for other in of_vendor if other.amount and other.currency == own.currency]
    if policy.checks.above_usual and own.amount and len(amounts) >= USUAL_FROM:
        usual = median(amounts)
        if own.amount > USUAL_TIMES * usual:
            message = (
                f"more than {USUAL_TIMES} times {money(usual, own.currency)}, the median of the last {len(amounts)} "
                "requests with this vendor"
            )
            yield Finding(code=ABOVE_USUAL, severity=Severity.LOW, message=message)


def _is_within(own: Trace, other: Trace, span: timedelta) -> bool:
    """By the dates of the documents where both have one, else by when the requests came."""
    if own.document_date and other.document_date:
        return abs(own.document_date - other.document_date) <= span
    return abs(own.at - other.at) <= span


def _agree(one: str, other: str) -> bool:
    return bool(one) and one == other


def _differ(one: str, other: str) -> bool:
    return bool(one) and bool(other) and one != other


def _names(others: Sequence[Trace]) -> str:
    named = ", ".join(other.request_id for other in islice(others, _NAMED))
    return named if len(others) <= _NAMED else f"{named} and {len(others) - _NAMED} more"
