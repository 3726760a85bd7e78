# SPDX-License-Identifier: Apache-2.0
"""The figures of the insights page, over the newest requests."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Final, NamedTuple

from approvals.domain.terms import Level, Risk, State
from approvals.web.desk.approvals import Decided, Summary

AT_A_GLANCE: Final = 10
"""Seconds. Whoever decides on a high risk in less has not read it."""
SUPPLIERS_SHOWN: Final = 8
WITHIN_HOURS: Final = (1, 4, 24, 72)


class Reading(NamedTuple):
    """How one level decides. `seconds` is the median time; None where nobody decided."""

    level: Level
    decisions: int
    approved: int
    seconds: float | None
    high_risk: int
    at_a_glance: int


class Spend(NamedTuple):
    """What was approved in one currency: by the level that signed last ("" where nobody had to), and by vendor."""

    currency: str
    total: Decimal
    by_level: Sequence[tuple[str, Decimal]]
    by_vendor: Sequence[tuple[str, Decimal]]
    others: Decimal


class RiskShare(NamedTuple):
    """The requests of one risk; "" for those that were not analysed."""

    risk: str
    requests: int
    decided: int
    approved: int


class Month(NamedTuple):
    """What analyses cost in one month, such as `2026-03`."""

    month: str
    requests: int
    cost_usd: Decimal
    unknown: int


class Figures(NamedTuple):
    """Everything that the page shows."""

    requests: int
    decided: int
    approved: int
    seconds: float | None
    cost_usd: Decimal
    cost_known: int
    spend: Sequence[Spend]
    within: Sequence[int]
    risk: Sequence[RiskShare]
    months: Sequence[Month]
    reading: Sequence[Reading]


def figures_of(found: Sequence[Summary]) -> Figures:
    """The figures of some requests."""
    decisions = [(one, decided) for one in found for decided in one.decisions]
    seconds = [decided.seconds for _, decided in decisions]
    return Figures(
        requests=len(found),
        decided=sum(1 for one in found if one.state in {State.APPROVED, State.REJECTED}),
        approved=sum(1 for one in found if one.state is State.APPROVED),
        seconds=median(seconds) if seconds else None,
        cost_usd=sum((one.cost_usd for one in found if one.cost_usd is not None), Decimal(0)),
        cost_known=sum(1 for one in found if one.cost_usd is not None),
        spend=list(_spend(found)),
        within=_within(seconds),
        risk=[_risk_share(risk, found) for risk in (*reversed(Risk), "")],
        months=_months(found),
        reading=[_reading(level, decisions) for level in Level],
    )


def _spend(found: Iterable[Summary]) -> Iterable[Spend]:
    """One currency after the other, the most used first."""
    approved = [one for one in found if one.state is State.APPROVED and one.amount is not None]
    used = Counter(one.currency for one in approved)
    for currency, _ in used.most_common():
        levels: dict[str, Decimal] = defaultdict(Decimal)
        vendors: dict[str, Decimal] = defaultdict(Decimal)
        for one in approved:
            if one.currency == currency and one.amount is not None:
                levels[_signed_last(one)] += one.amount
                vendors[one.vendor] += one.amount
        ranked = sorted(vendors.items(), key=lambda pair: (-pair[1], pair[0]))
        shown, rest = ranked[:SUPPLIERS_SHOWN], ranked[SUPPLIERS_SHOWN:]
        order = [level.value for level in reversed(Level)] + [""]
        yield Spend(
            currency,
            sum(levels.values(), Decimal(0)),
            [(level, levels[level]) for level in order if level in levels],
            shown,
            sum((amount for _, amount in rest), Decimal(0)),
        )


def _signed_last(one: Summary) -> str:
    signed = [decided.level for decided in one.decisions if decided.event == "approve"]
    return signed[-1] if signed else ""


def _within(seconds: Sequence[float]) -> list[int]:
    """How many decisions took up to each number of hours, and how many took longer."""
    bounds = [hours * 3_600 for hours in WITHIN_HOURS]
    counts = [0] * (len(bounds) + 1)
    for taken in seconds:
        counts[next((at for at, bound in enumerate(bounds) if taken <= bound), len(bounds))] += 1
    return counts


def _risk_share(risk: str, found: Iterable[Summary]) -> RiskShare:
    these = [one for one in found if one.risk_level == risk]
    states: Mapping[State, int] = Counter(one.state for one in these)
    approved = states.get(State.APPROVED, 0)
    return RiskShare(risk, len(these), approved + states.get(State.REJECTED, 0), approved)


def _months(found: Iterable[Summary]) -> Sequence[Month]:
    by_month: dict[str, list[Summary]] = defaultdict(list)
    for one in found:
        by_month[one.created_at[:7]].append(one)
    return [
        Month(
            month,
            len(these),
            sum((one.cost_usd for one in these if one.cost_usd is not None), Decimal(0)),
            sum(1 for one in these if one.cost_usd is None),
        )
        for month, these in sorted(by_month.items())
    ]


def _reading(level: Level, decisions: Sequence[tuple[Summary, Decided]]) -> Reading:
    """How one level decides: on what, how often with a yes, how fast."""
    these = [(one, decided) for one, decided in decisions if decided.level == level]
    high = [decided for one, decided in these if one.risk_level == Risk.HIGH]
    return Reading(
        level,
        len(these),
        sum(1 for _, decided in these if decided.event == "approve"),
        median(decided.seconds for _, decided in these) if these else None,
        len(high),
        sum(1 for decided in high if decided.seconds < AT_A_GLANCE),
    )
