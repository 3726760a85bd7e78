# SPDX-License-Identifier: Apache-2.0
"""Sets of requests as boxes: for each dimension the atoms that a rule takes, as the bits of an integer.

An atom is a part of a dimension that no rule of the policy tells apart: one risk, one word that some rule names, every
other word, the amounts between two neighbouring bounds, no amount.
"""

from collections.abc import Sequence
from typing import Final

type Box = tuple[int, ...]
"""A mask of atoms for each dimension; the requests in all of them."""
type Point = tuple[int, ...]
"""One atom, as a mask with one bit, for each dimension."""

STEPS: Final = 200_000
"""Boxes that one search may compare. Policies of some hundred rules take a few thousand."""


class TooManyBoxesError(Exception):
    """The rules overlap in too many ways to be searched."""


def point_outside(box: Box, others: Sequence[Box]) -> Point | None:
    """A point of `box` that lies in none of `others`; None when they cover it.

    Raises `TooManyBoxesError` after `STEPS` comparisons: whether boxes cover a box is NP-hard in general.
    """
    return _Search().outside(box, others)


def covering(box: Box, others: Sequence[Box]) -> list[int] | None:
    """The positions of those of `others` that cover `box`, none of them needlessly; None when all do not.

    One box that covers it alone is preferred to several, and earlier ones to later ones. Raises as `point_outside`
    does.
    """
    for position, other in enumerate(others):
        if contains(other, box):
            return [position]
    if point_outside(box, others) is not None:
        return None
    needed = [position for position, other in enumerate(others) if touches(box, other)]
    for position in reversed(needed.copy()):
        without = [each for each in needed if each != position]
        if point_outside(box, [others[each] for each in without]) is None:
            needed = without
    return needed


def touches(one: Box, other: Box) -> bool:
    """True when two boxes have a point in common."""
    return all(mine & theirs for mine, theirs in zip(one, other, strict=True))


def contains(outer: Box, inner: Box) -> bool:
    """True when every point of `inner` lies in `outer`."""
    return not any(mine & ~theirs for mine, theirs in zip(inner, outer, strict=True))


class _Search:
    """Takes boxes away from a box, one after the other, until nothing or a point that none of them takes is left."""

    def __init__(self) -> None:
        self._steps = 0

    def outside(self, box: Box, others: Sequence[Box]) -> Point | None:
        self._steps += len(others) + 1
        if self._steps > STEPS:
            raise TooManyBoxesError
        near = [other for other in others if touches(box, other)]
        if not near:
            return tuple(mask & -mask for mask in box)
        # The box that leaves the fewest parts first: it often covers everything.
        taken = min(near, key=lambda other: sum(1 for a, b in zip(box, other, strict=True) if a & ~b))
        rest = [other for other in near if other is not taken]
        inside = list(box)
        for dimension, mask in enumerate(taken):
            beyond = inside[dimension] & ~mask
            if beyond:
                part = (*inside[:dimension], beyond, *inside[dimension + 1 :])
                found = self.outside(part, rest)
                if found is not None:
                    return found
                inside[dimension] &= mask
        return None
