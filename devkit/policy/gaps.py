# SPDX-License-Identifier: Apache-2.0
"""Amounts that fall between the bounds of two rules that were meant to meet: `to: 999` and `from: 1000`."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from approvals.domain.policy import Policy, Rule
from approvals.domain.policy_conditions import AmountBounds
from approvals.domain.routing import policy_route
from devkit.policy.boxes import TooManyBoxesError, point_outside, touches
from devkit.policy.space import Space

_ONE: Final = Decimal(1)
_NEAR: Final = Decimal("0.05")
"""Bounds further apart than one unit and than this part of the upper one are apart on purpose."""


class Gap(NamedTuple):
    """Amounts that neither of two neighbouring rules takes: those between `low` and `high`, or `low` where equal."""

    low: Decimal
    high: Decimal
    below: str
    above: str
    taken_by: str
    """The rule that decides about them: one that tests no amount, or the default."""


def gaps(policy: Policy) -> list[Gap]:
    """Every gap, once, in rising order."""
    found: dict[tuple[Decimal, Decimal], Gap] = {}
    space = Space(policy)
    bounded = [(rule, rule.when.amount) for rule in policy.rules if rule.when.amount is not None]
    for below, lower in bounded:
        for above, upper in bounded:
            for low, high in _between(lower, upper):
                taker = "" if (low, high) in found else _taker(space, policy, (below, above), (low, high))
                if taker:
                    found[low, high] = Gap(low, high, below.name, above.name, taker)
    return [found[key] for key in sorted(found)]


def _between(lower: AmountBounds, upper: AmountBounds) -> Iterator[tuple[Decimal, Decimal]]:
    """The amounts between the end of one rule and the beginning of another one, where they are few."""
    low, high = lower.highest, upper.lowest
    if low is None or high is None:
        return
    is_missed_alone = low == high and lower.below is not None and upper.above is not None
    if is_missed_alone or 0 < high - low <= max(_ONE, high * _NEAR):
        yield low, high


def _taker(space: Space, policy: Policy, pair: tuple[Rule, Rule], ends: tuple[Decimal, Decimal]) -> str:
    """The rule that takes such an amount though it tests none; "" where both rules are about different requests."""
    below, above = (space.box(rule.when)[:-1] for rule in pair)
    if not touches(below, above):
        return ""
    both = tuple(one & other for one, other in zip(below, above, strict=True))
    testing = [space.box(rule.when) for rule in policy.rules if rule.when.amount is not None]
    try:
        point = point_outside((*both, space.between(*ends)), testing)
    except TooManyBoxesError:
        return ""
    return "" if point is None else policy_route(policy, *space.request(point)).rule
