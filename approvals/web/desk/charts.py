# SPDX-License-Identifier: Apache-2.0
"""The geometry of the charts: lengths in the units of an SVG, made from amounts. Templates draw it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

ROW = 30
BAR = 14
WIDTH = 300
COLUMNS_HEIGHT = 120
LEAST = 2
"""So that a small amount can still be seen."""


class Bar(NamedTuple):
    """One row: what it stands for, its amount in words, where it is, how long it is, and how much of it is filled."""

    label: str
    words: str
    y: int
    length: float
    filled: float


class Bars(NamedTuple):
    """Rows of bars, each below the other."""

    bars: Sequence[Bar]
    width: int
    height: int
    thickness: int = BAR

    @property
    def total(self) -> float:
        """All lengths together; 0 where there is nothing to see."""
        return sum(bar.length for bar in self.bars)


def bars(rows: Sequence[tuple[str, str, Decimal | float]], parts: Sequence[Decimal | float] = ()) -> Bars:
    """A bar for each label, its amount in words and its amount; with `parts`, that much of it is filled."""
    top = max((float(amount) for _, _, amount in rows), default=0.0)
    made: list[Bar] = []
    for number, (label, words, amount) in enumerate(rows):
        length = _length(float(amount), top)
        part = float(parts[number]) / float(amount) if parts and amount else (0.0 if parts else 1.0)
        made.append(Bar(label, words, number * ROW + (ROW - BAR) // 2, length, round(length * part, 1)))
    return Bars(made, WIDTH, max(1, len(made)) * ROW)


def _length(amount: float, top: float) -> float:
    return max(float(LEAST), round(WIDTH * amount / top, 1)) if top and amount else 0.0
