# SPDX-License-Identifier: Apache-2.0
"""Finds text that gives orders to the machine that reads it, also when it is disguised.

It is friction, not protection: what it finds goes to a person as high risk, and what it misses is still bounded by the
policy. Linear in the length of the text.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from approvals.text.disguises import hides_characters, views
from approvals.text.phrases import any_of, stems

ENOUGH: Final = 2
"""Points of signals of different kinds that make a text suspicious."""
_SIGNALS: Final = Path(__file__).with_name("injection_signals.txt")
_GAP: Final = r"[^.!?\u3002\uff01\uff1f\u0964\n]{0,45}?"
"""What may stand between two phrases: less than a sentence."""


class Signal(NamedTuple):
    """Phrases that must stand in one sentence, in this order."""

    kind: str
    points: int
    stems: tuple[tuple[str, ...], ...]
    pattern: re.Pattern[str]

    def stands_in(self, text: str) -> bool:
        """True when case-folded text with single spaces holds the signal."""
        for words in self.stems:
            if not any([word in text for word in words]):  # noqa: C419 - quicker than one by one
                return False
        return self.pattern.search(text) is not None


@cache
def signals() -> tuple[Signal, ...]:
    """Every signal, read and compiled on first use."""
    lines = _SIGNALS.read_text(encoding="utf-8").splitlines()
    return tuple(_signal(line) for line in lines if line and not line.startswith("#"))


def gives_orders(text: str) -> bool:
    """True when `text` gives orders to its reader, or hides characters among its letters."""
    if hides_characters(text):
        return True
    return any(_points(view) >= ENOUGH for view in views(text))


def _points(text: str) -> int:
    found: dict[str, int] = {}
    for signal in signals():
        if found.get(signal.kind, 0) < signal.points and signal.stands_in(text):
            found[signal.kind] = signal.points
    return sum(found.values())


def _signal(line: str) -> Signal:
    head, _, rest = line.partition(": ")
    points, kind = head.split()
    lists = rest.split(" > ")
    pattern = _GAP.join(f"(?:{any_of(phrases)})" for phrases in lists)
    return Signal(kind, int(points), tuple(stems(phrases) for phrases in lists), re.compile(pattern))
