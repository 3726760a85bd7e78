# SPDX-License-Identifier: Apache-2.0
"""The comparison takes short cuts; here it is held to what docs/checks.md says, written without any."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import event, example, given
from hypothesis import strategies as st

from approvals.domain.comparison import compare
from approvals.domain.policy import Policy
from approvals.domain.policy_reader import policy_from_document
from approvals.domain.records import ApprovalRequest
from approvals.domain.routing import policy_route
from approvals.domain.terms import Risk
from approvals.domain.traces import Trace, with_same_words
from tests.approvals.domain.worlds import DEFAULT, NOW, request

DAY = timedelta(days=1)
KEPT = 32
"""Words of a trace: so many are kept of a long text."""
SHORT = policy_from_document(
    {
        **DEFAULT.document,
        "exchange_rates": {"EUR": 2},
        "checks": {"duplicates": {"days": 10}, "splitting": {"days": 3}},
    }
)


def kept(words: set[int]) -> tuple[int, ...]:
    return tuple(sorted(words)[:KEPT])


def overlap(one: Trace, other: Trace) -> float:
    either = kept({*one.words, *other.words})
    return sum(word in one.words and word in other.words for word in either) / len(either) if either else 0.0


few_words = st.sets(st.integers(0, 6), max_size=6).map(kept)
many_words = st.sets(st.integers(0, 40), min_size=28).map(kept)
words = few_words | many_words | st.sets(st.integers(0, 2**32 - 1), max_size=40).map(kept)
dates = st.none() | st.sampled_from([date(2026, 2, 20), date(2026, 2, 27), date(2026, 3, 1)])
traces = st.builds(
    Trace,
    request_id=st.just("own"),
    at=st.integers(0, 500).map(lambda hours: NOW - timedelta(hours=hours))
    | st.integers(399, 402).map(lambda days: NOW - timedelta(days=days)),
    requester=st.sampled_from(["", "ann", "ann", "ann", "bo"]),
    vendor=st.sampled_from(["", "", "contoso", "fabrikam"]),
    number=st.sampled_from(["", "1", "2"]),
    document_date=dates,
    request_type=st.sampled_from(["", "expense"]),
    amount=st.sampled_from([None, *map(Decimal, ("0", "40", "300", "301", "450", "450", "4900"))]),
    currency=st.sampled_from(["USD", "USD", "EUR", "XYZ"]),
    words=words,
)

FACTS = (
    "at",
    "requester",
    "vendor",
    "number",
    "document_date",
    "request_type",
    "amount",
    "currency",
    "words",
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Trace, list[Trace]]:
    """A request that just came, and others that differ from it in some facts."""
    own = replace(draw(traces), request_id="own", at=NOW)
    others = []
    for number in range(draw(st.integers(0, 12))):
        other, changed = draw(traces), draw(st.sets(st.sampled_from(FACTS), max_size=3))
        facts = {name: getattr(other, name) for name in changed}
        others.append(replace(own, request_id=str(number), **facts))
    return own, others


@given(words, words, st.sampled_from([0.1, 0.5, 0.8, 1.0]))
@example(tuple(range(32)), tuple(range(1, 33)), 0.8)
@example((), (), 0.8)
def test_words_are_shared_where_the_part_that_both_have_is_large_enough(
    one: tuple[int, ...], other: tuple[int, ...], least: float
) -> None:
    first, second = (Trace(request_id="r", at=NOW, words=each) for each in (one, other))

    found = list(with_same_words(first, [second], least))

    assert found == ([second] if overlap(first, second) >= least else [])


@given(st.sampled_from([DEFAULT.policy, SHORT.policy]), worlds())
def test_what_is_found_is_what_the_definition_finds(policy: Policy, world: tuple[Trace, list[Trace]]) -> None:
    own, others = world
    asked = request(request_id="own", amount=own.amount, currency=own.currency)

    found = compare(policy, asked, own, [*others, own])

    same, alike = same_documents(own, others), possible_duplicates(policy, own, others)
    parts, total = split(policy, asked, own, others)
    assert [finding.code for finding in found.findings] == (
        ["duplicate_document"] * bool(same)
        + ["possible_duplicate"] * bool(alike)
        + ["splitting"] * bool(parts)
    )
    for finding in found.findings:
        event(finding.code)
    named = [other.request_id for other in (*same, *alike, *parts)]
    assert found.others == tuple(dict.fromkeys(named))
    assert (found.combined.amount if found.combined else None) == total


def same_documents(own: Trace, others: Sequence[Trace]) -> list[Trace]:
    return [
        other
        for other in others
        if own.vendor and own.number and (own.vendor, own.number) == (other.vendor, other.number)
        if own.at - other.at <= 400 * DAY
    ]


def possible_duplicates(policy: Policy, own: Trace, others: Sequence[Trace]) -> list[Trace]:
    days = policy.checks.duplicates.days if policy.checks.duplicates else 0
    known = {other.request_id for other in same_documents(own, others)}
    return [
        other
        for other in others
        if other.request_id not in known
        if own.amount and other.amount and own.currency == other.currency
        if of_one_vendor(own, other) or of_one_requester(own, other)
        if is_within(own, other, days)
    ]


def of_one_vendor(own: Trace, other: Trace) -> bool:
    if not own.vendor or own.vendor != other.vendor or not own.amount or not other.amount:
        return False
    same_day = own.document_date is not None and own.document_date == other.document_date
    close = abs(own.amount - other.amount) <= max(own.amount, other.amount) / 100
    return (same_day and own.amount == other.amount) or (
        close and numbers_agree(own, other) and is_within(own, other, 7)
    )


def of_one_requester(own: Trace, other: Trace) -> bool:
    if (own.vendor and other.vendor) or not own.requester or not own.request_type:
        return False
    facts, other_facts = ((each.requester, each.request_type, each.amount) for each in (own, other))
    if facts != other_facts or not numbers_agree(own, other):
        return False
    if own.document_date and other.document_date:
        return own.document_date == other.document_date
    return own.at.date() == other.at.date() and overlap(own, other) >= 0.8


def numbers_agree(own: Trace, other: Trace) -> bool:
    return own.number == other.number or not own.number or not other.number


def is_within(own: Trace, other: Trace, days: int) -> bool:
    if own.document_date and other.document_date:
        return abs(own.document_date - other.document_date) <= days * DAY
    return abs(own.at - other.at) <= days * DAY


def split(
    policy: Policy, asked: ApprovalRequest, own: Trace, others: Sequence[Trace]
) -> tuple[list[Trace], Decimal | None]:
    """The parts with which the request comes to most, beyond a bound that sends the whole elsewhere."""
    value = policy.in_own_currency(own.amount, own.currency)
    if policy.checks.splitting is None or not value:
        return [], None
    days, sums = policy.checks.splitting.days, dict[Decimal, list[Trace]]()
    for bound in policy.bounds:
        taken = [
            (other, worth)
            for other in others
            if (worth := policy.in_own_currency(other.amount, other.currency)) and bound.holds(worth)
            if own.requester and own.requester == other.requester and own.vendor == other.vendor
            if is_within(own, other, days) and (own.vendor or overlap(own, other) >= 0.8)
        ]
        total = value + sum(worth for _, worth in taken)
        if bound.holds(value) and not bound.holds(total):
            sums[total] = [other for other, _ in taken]
    for total in sorted(sums, reverse=True)[:5]:
        whole = asked.model_copy(update={"amount": total, "currency": policy.currency})
        if any(
            policy_route(policy, whole, risk).strictness > policy_route(policy, asked, risk).strictness
            for risk in Risk
        ):
            return sums[total], total
    return [], None
