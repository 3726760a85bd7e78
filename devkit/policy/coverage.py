# SPDX-License-Identifier: Apache-2.0
"""Which rules of a policy can never match, because earlier rules take every request that they would."""

from collections.abc import Sequence
from typing import NamedTuple

from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRequest
from approvals.domain.terms import Risk
from devkit.policy.boxes import Box, TooManyBoxesError, covering, point_outside
from devkit.policy.space import Space


class Covered(NamedTuple):
    """A rule that never matches, and the earlier rules that together take all of its requests."""

    rule: str
    by: Sequence[str]


class Taken(NamedTuple):
    """A request that a rule decides about, and whether it needs auto-approval to be allowed."""

    request: ApprovalRequest
    risk: Risk
    auto_approval: bool


def covered_rules(policy: Policy) -> list[Covered]:
    """Every rule that can never match, in their order.

    A rule that auto-approves is passed over where something forbids auto-approval, so it hides no rule that asks people
    to sign. A rule whose search would take too long is left out.
    """
    found = []
    competitors = _Competitors(policy)
    for position, rule in enumerate(policy.rules):
        box, before = competitors.of(position)
        try:
            by = covering(box, [other for _, other in before])
        except TooManyBoxesError:
            continue
        if by is not None:
            found.append(Covered(rule.name, [before[each][0] for each in by]))
    return found


def taken_by(policy: Policy, name: str) -> Taken | None:
    """A request that the rule with this name is the first to match; None when it never is.

    Raises `ValueError` where there is no such rule, and `TooManyBoxesError`.
    """
    position = [rule.name for rule in policy.rules].index(name)
    competitors = _Competitors(policy)
    box, before = competitors.of(position)
    point = point_outside(box, [other for _, other in before])
    if point is None:
        return None
    return Taken(*competitors.space.request(point), policy.rules[position].then.auto_approve)


class _Competitors:
    """The rules of a policy as boxes."""

    def __init__(self, policy: Policy) -> None:
        self.space = Space(policy)
        self._rules = [(rule, self.space.box(rule.when)) for rule in policy.rules]

    def of(self, position: int) -> tuple[Box, Sequence[tuple[str, Box]]]:
        """What a rule would take, and the earlier rules, by their names, that take it first."""
        rule, box = self._rules[position]
        before = self._rules[:position]
        if rule.then.auto_approve:  # never without a known amount
            return self.space.known(box), [(one.name, other) for one, other in before]
        return box, [(one.name, other) for one, other in before if not one.then.auto_approve]
