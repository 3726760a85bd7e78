# SPDX-License-Identifier: Apache-2.0
"""Rules that match, but whose answer never stands: at a lower risk the same request needs more, and that counts.

`routing.route` reads a policy at the model's risk and at every lower one, and keeps the strictest answer.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from approvals.domain.policy import Outcome, Policy, Rule
from approvals.domain.policy_conditions import Condition
from approvals.domain.routing import DEFAULT_RULE
from approvals.domain.terms import Risk
from devkit.policy.boxes import Box, TooManyBoxesError, point_outside
from devkit.policy.space import Space

MOST_RULES: Final = 60
"""Of a larger policy nothing is said: every combination of what decides at each risk is looked at."""


class _Winner(NamedTuple):
    """What decides at one risk: its name, its strictness, what it takes, and what earlier rules take first."""

    name: str
    strictness: tuple[int, int]
    box: Box
    before: Sequence[Box]


def overruled_rules(policy: Policy) -> list[str]:
    """The names of rules that never decide. Each that it names never does; it may miss some."""
    if len(policy.rules) > MOST_RULES:
        return []
    search = _Search(policy)
    return [rule.name for rule in policy.rules if not search.decides(rule)]


class _Search:
    """Looks for a request on which a rule decides."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._space = Space(policy)
        self._boxes = [(rule, self._box(rule)) for rule in policy.rules]

    def decides(self, rule: Rule) -> bool:
        """True when the rule decides on some request, or when that cannot be found out."""
        allowed = (True,) if rule.then.auto_approve else (False, True)
        try:
            return any(
                self._stands(winner, risk, auto_approval=auto)
                for auto in allowed
                for risk in Risk
                for winner in self._winners(risk, auto_approval=auto)
                if winner.name == rule.name
            )
        except TooManyBoxesError:
            return True

    def _stands(self, winner: _Winner, risk: Risk, *, auto_approval: bool) -> bool:
        lower = [
            [
                other
                for other in self._winners(each, auto_approval=auto_approval)
                if other.strictness <= winner.strictness
            ]
            for each in Risk
            if each.rank < risk.rank
        ]
        return self._is_reached(winner.box, winner.before, lower)

    def _is_reached(self, box: Box, taken: Sequence[Box], lower: Sequence[Sequence[_Winner]]) -> bool:
        """True when a request of `box` is not taken before, and one of each list decides on it at a lower risk."""
        if not lower:
            return point_outside(box, taken) is not None
        for other in lower[0]:
            both = self._meeting(box, other.box)
            if both is not None and self._is_reached(both, (*taken, *other.before), lower[1:]):
                return True
        return False

    def _winners(self, risk: Risk, *, auto_approval: bool) -> list[_Winner]:
        found: list[_Winner] = []
        before: list[Box] = []
        for rule, box in self._boxes:
            if rule.when.risk is not None and risk not in rule.when.risk:
                continue
            if rule.then.auto_approve and not auto_approval:
                continue
            found.append(_Winner(rule.name, _strictness(rule.then), box, tuple(before)))
            before.append(box)
        everything = _without_risk(self._space.box(Condition()))
        return [*found, _Winner(DEFAULT_RULE, _strictness(self._policy.default), everything, tuple(before))]

    def _box(self, rule: Rule) -> Box:
        box = self._space.box(rule.when)
        return _without_risk(self._space.known(box) if rule.then.auto_approve else box)

    def _meeting(self, one: Box, other: Box) -> Box | None:
        """The requests in both. One with two values at a key of its context may be in both though no value is."""
        both = []
        for position, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            common = mine & theirs
            if not common and not self._may_have_several(position):
                return None
            both.append(common or mine)
        return tuple(both)

    def _may_have_several(self, position: int) -> bool:
        keys = list(self._space.words)
        return position < len(keys) and keys[position].startswith("context.")


def _without_risk(box: Box) -> Box:
    return (*box[:-2], box[-1])


def _strictness(outcome: Outcome) -> tuple[int, int]:
    """As `Route.strictness`: the highest level that must sign, then how many must."""
    signatures = outcome.signatures
    return (max((level.rank for level in signatures), default=-1), len(signatures))
