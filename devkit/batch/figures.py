# SPDX-License-Identifier: Apache-2.0
"""What the report says, as numbers: money by currency, counts by risk and level, latencies in bins.

Rows that were not sent (unread ones, refunds) are counted beside the analysed ones, and in no sum of theirs.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from approvals.domain.terms import Level, Risk
from devkit.batch.run import REFUND, UNREAD, Outcome
from devkit.batch.source import Row

BINS = 24
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Finding:
    """One row and what was found. `amount` is None when it has none in the main currency."""

    row: Row
    result: Mapping[str, Any]
    amount: Decimal | None

    @property
    def money(self) -> Decimal:
        """The amount, or nothing."""
        return self.amount or Decimal(0)


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the findings under one name."""

    name: str
    count: int
    money: Decimal
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Bin:
    """Requests whose analysis took from `low` up to `high` milliseconds."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the report shows."""

    outcome: Outcome
    findings: Sequence[Finding]
    currency: str
    refunds: Sequence[Row]
    unread: Sequence[Row]

    @classmethod
    def of(cls, outcome: Outcome) -> "Figures":
        """The main currency is the one that most rows have."""
        pairs = list(zip(outcome.rows, outcome.results, strict=True))
        analysed = [(row, result) for row, result in pairs if result["status"] not in {REFUND, UNREAD}]
        named = Counter(_currency(row) for row, _ in analysed)
        currency = named.most_common(1)[0][0] if named else ""
        return cls(
            outcome,
            [Finding(row, result, _amount(row, currency)) for row, result in analysed],
            currency,
            [row for row, result in pairs if result["status"] == REFUND],
            [row for row, result in pairs if result["status"] == UNREAD],
        )

    @property
    def other_currencies(self) -> Sequence[Group]:
        """What is asked for in other currencies than the main one: never added to it."""
        names = dict.fromkeys(_currency(one.row) for one in self.findings if one.amount is None)
        amounts = {name: [_amount(one.row, name) for one in self.findings] for name in names}
        groups = {name: [amount for amount in found if amount is not None] for name, found in amounts.items()}
        return [Group(name, len(found), sum(found, Decimal(0))) for name, found in groups.items() if found]

    @property
    def automatic(self) -> Group:
        """What the policy would approve without a person."""
        return _group("automatic", [one for one in self.findings if one.result["auto_approve_eligible"]])

    @property
    def everything(self) -> Group:
        """All rows."""
        return _group("all", self.findings)

    @property
    def days(self) -> tuple[str, str]:
        """The first and the last date in the file; empty texts where a date is missing or not written as 2026-03-02."""
        days = sorted(one.row.day for one in self.findings)
        return (days[0], days[-1]) if days and all(_DAY.fullmatch(day) for day in days) else ("", "")

    @property
    def by_risk(self) -> Sequence[Group]:
        """From low to high; what has no analysis counts as high."""
        return [
            _group(risk, [one for one in self.findings if one.result["risk_level"] == risk]) for risk in Risk
        ]

    @property
    def by_level(self) -> Sequence[Group]:
        """Of those that need a person: by the highest level that must sign by the policy."""
        asked = [one for one in self.findings if one.result["stages"]]
        return [_group(level, [one for one in asked if one.result["stages"][-1] == level]) for level in Level]

    def by_supplier(self, most: int) -> Sequence[Group]:
        """The suppliers that got most, and the others together."""
        found: dict[str, list[Finding]] = defaultdict(list)
        for one in self.findings:
            found[one.row.supplier.casefold()].append(one)
        named = (_group(ones[0].row.supplier or "no supplier named", ones) for ones in found.values())
        groups = sorted(named, key=lambda group: -group.money)
        rest = groups[most:]
        others = Group(
            f"{len(rest)} other suppliers",
            sum(group.count for group in rest),
            sum((group.money for group in rest), Decimal(0)),
            is_rest=True,
        )
        return [*groups[:most], others] if rest else groups

    def first_to_look_at(self, most: int) -> Sequence[Finding]:
        """Duplicates and splits, those without an analysis, then the highest risk, then the largest."""
        ranks = {risk.value: risk.rank for risk in Risk}
        worth = [
            one for one in self.findings if ranks[one.result["risk_level"]] > 0 or one.result["findings"]
        ]
        return sorted(
            worth,
            key=lambda one: (
                not any(finding["other_request"] for finding in one.result["findings"]),
                one.result["status"] == "ok",
                -ranks[one.result["risk_level"]],
                not set(one.result["flags"]) - {"second_opinion"},
                -one.money,
            ),
        )[:most]

    @property
    def latencies(self) -> Sequence[Bin]:
        """How long the analyses took, in bins of equal width; empty without any."""
        taken = [one.result["latency_ms"] for one in self.findings if one.result["latency_ms"]]
        if not taken:
            return []
        low, high = min(taken), max(taken) + 1
        width = (high - low) / BINS
        counts = Counter(int((each - low) / width) for each in taken)
        return [Bin(low + n * width, low + (n + 1) * width, counts[n]) for n in range(BINS)]


def _group(name: str, findings: Sequence[Finding]) -> Group:
    return Group(name, len(findings), sum((one.money for one in findings), Decimal(0)))


def _currency(row: Row) -> str:
    return str(row.request.get("currency") or "")


def _amount(row: Row, currency: str) -> Decimal | None:
    if _currency(row) != currency:
        return None
    try:
        amount = Decimal(str(row.request.get("amount", "")).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
