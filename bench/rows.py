# SPDX-License-Identifier: Apache-2.0
"""The cells of a run (who, at how many calls in flight, one entry per round) and the rows made of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.figures import Figures, median_of

Row = dict[str, Any]
"""`label`, and by calls in flight (as text, since it becomes JSON) the `median` and the `rounds`."""


@dataclass(slots=True)
class Cells:
    """What has been measured so far."""

    _rounds: dict[tuple[str, int], list[Figures]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, in_flight: int, figures: Figures) -> None:
        """One more round of a cell."""
        self._rounds[name, in_flight].append(figures)

    def is_beaten(self, name: str, others: Sequence[str], in_flight: int) -> bool:
        """One of the others has more calls per second here, so that another round of this one is no use."""
        mine = self._rounds.get((name, in_flight))
        theirs = [rounds for other in others if (rounds := self._rounds.get((other, in_flight)))]
        return bool(mine) and any(_speed(rounds) > _speed(mine) for rounds in theirs)

    def row(self, label: str, variants: Sequence[str], levels: Sequence[int]) -> Row:
        """One row of the results: at each level the best of the variants."""
        row: Row = {"label": label, "median": {}, "rounds": {}, "variant": {}}
        for level in levels:
            best = max(variants, key=lambda name: _speed(self._rounds[name, level]))
            rounds = self._rounds[best, level]
            row["variant"][str(level)] = best
            row["median"][str(level)] = asdict(median_of(rounds))
            row["rounds"][str(level)] = [asdict(each) for each in rounds]
        return row


def _speed(rounds: Sequence[Figures]) -> float:
    return median_of(rounds).per_second
