# SPDX-License-Identifier: Apache-2.0
"""The requests that a policy tells apart, as a space of atoms; its rules as boxes in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from approvals.domain.policy import Policy
from approvals.domain.policy_conditions import AmountBounds, Condition
from approvals.domain.records import ApprovalRequest
from approvals.domain.terms import Risk
from devkit.policy.boxes import Box, Point

RISK: Final = "risk"
AMOUNT: Final = "amount"
_OTHER: Final = 1
"""The atom of all words that no rule names, and of no amount."""


@dataclass(frozen=True)
class Space:
    """The atoms of a policy.

    A request may have several words at one key of its context. One is enough to consider: more of them only make more
    rules match.
    """

    policy: Policy

    @cached_property
    def words(self) -> Mapping[str, Sequence[str]]:
        """For each test of words, by its key, the words that rules name; atom 0 is any other word."""
        found: dict[str, set[str]] = {}
        for rule in self.policy.rules:
            for key, values in rule.when.words.items():
                found.setdefault(key, set()).update(values)
        return {key: sorted(values) for key, values in found.items()}

    @cached_property
    def amounts(self) -> Sequence[Decimal]:
        """Every bound of a rule, and an amount between each two neighbours, below the first and above the last."""
        bounds = {Decimal(0)}
        for rule in self.policy.rules:
            if rule.when.amount is not None:
                bounds.update(
                    bound
                    for bound in (rule.when.amount.lowest, rule.when.amount.highest)
                    if bound is not None
                )
        found: list[Decimal] = []
        for bound in sorted(bounds):
            found += [*([(found[-1] + bound) / 2] if found else []), bound]
        return [*found, found[-1] * 2 + 1]

    @property
    def dimensions(self) -> Sequence[str]:
        """The keys of the tests, in the order of a box."""
        return (*self.words, RISK, AMOUNT)

    def box(self, condition: Condition) -> Box:
        """The requests that a condition takes."""
        words = [self._words(key, condition.words.get(key)) for key in self.words]
        risks = condition.risk or tuple(Risk)
        return (*words, sum(1 << risk.rank for risk in set(risks)), self.amount_mask(condition.amount))

    def amount_mask(self, bounds: AmountBounds | None) -> int:
        """The atoms of the amounts within bounds; all of them, and that of no amount, without bounds."""
        known = sum(
            2 << position for position, each in enumerate(self.amounts) if not bounds or bounds.hold(each)
        )
        return known if bounds else known | _OTHER

    def between(self, low: Decimal, high: Decimal) -> int:
        """The atoms of the amounts from `low` to `high`, without both; `low` alone where they are equal."""
        return sum(
            2 << position
            for position, each in enumerate(self.amounts)
            if low < each < high or low == each == high
        )

    def known(self, box: Box) -> Box:
        """The requests of a box whose amount is known."""
        return (*box[:-1], box[-1] & ~_OTHER)

    def request(self, point: Point) -> tuple[ApprovalRequest, Risk]:
        """A request at a point, and its risk."""
        atoms = [mask.bit_length() - 1 for mask in point]
        fields: dict[str, Any] = {"context": {}}
        for (key, words), atom in zip(self.words.items(), atoms, strict=False):
            if not atom:
                continue
            if key.startswith("context."):
                fields["context"][key.removeprefix("context.")] = words[atom - 1]
            else:
                fields[key] = words[atom - 1]
        amount = self.amounts[atoms[-1] - 1] if atoms[-1] else None
        return ApprovalRequest(request_id="example", content="", amount=amount, **fields), list(Risk)[
            atoms[-2]
        ]

    def _words(self, key: str, named: frozenset[str] | None) -> int:
        words = self.words[key]
        if named is None:
            return (2 << len(words)) - 1
        return sum(2 << position for position, word in enumerate(words) if word in named)
