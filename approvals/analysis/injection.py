# SPDX-License-Identifier: Apache-2.0
"""Finds text that gives orders to the machine that reads it, also when it is disguised.

It is friction, not protection: what it finds goes to a person as high risk, and what it misses is still bounded by the
policy. Linear in the length of the text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from approvals.text.disguises import hides_characters, views
from approvals.text.phrases import any_of, stems

ENOUGH: Final = 2
"""Points of signals of different kinds that make a text suspicious."""
_SIGNALS: Final = Path(__file__).with_name("injection_signals.txt")
_GAP: Final = r"[^.!?\u02f3\u3002\uff01\uff1f\u0964\n]{0,45}?"
"""What may stand between two phrases: less than a sentence."""
_START: Final = 3
"""The characters by which anchors are looked up, the first one alone of shorter ones. Most texts hold few of them."""


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


class SignalIndex:
    """Finds the signals that a text may hold in one pass over the text, whatever their number.

    A signal can only stand in a text that holds one of its anchors: the stems of one of its lists. An anchor can only
    stand in a text that holds its first characters.
    """

    def __init__(self, all_signals: Sequence[Signal]) -> None:
        self._signals = all_signals
        self._anchors: dict[str, dict[str, set[int]]] = {}
        """By the anchors' first characters: each anchor, and the numbers of its signals."""
        for number, signal in enumerate(all_signals):
            for anchor in max(signal.stems, key=lambda words: min(map(len, words))):
                start = anchor[:_START] if len(anchor) >= _START else anchor[0]
                starting = self._anchors.setdefault(start, {})
                starting.setdefault(anchor, set()).add(number)
        self._starts = frozenset(self._anchors)

    def candidates(self, text: str) -> Iterator[Signal]:
        """The signals of which an anchor stands in `text`, so all that can match it."""
        threes = map("".join, zip(text, text[1:], text[2:], strict=False))
        found: set[int] = set()
        for start in self._starts.intersection(chain(text, threes)):
            for anchor, numbers in self._anchors[start].items():
                if anchor in text:
                    found |= numbers
        return (self._signals[number] for number in found)


@cache
def signals() -> tuple[Signal, ...]:
    """Every signal, read and compiled on first use."""
    lines = _SIGNALS.read_text(encoding="utf-8").splitlines()
    return tuple(_signal(line) for line in lines if line and not line.startswith("#"))


@cache
def _index() -> SignalIndex:
    return SignalIndex(signals())


def gives_orders(text: str) -> bool:
    """True when `text` gives orders to its reader, or hides characters among its letters."""
    if hides_characters(text):
        return True
    return any(points(view, _index().candidates(view)) >= ENOUGH for view in views(text))


def points(text: str, those: Iterable[Signal]) -> int:
    """The points of those signals that stand in case-folded `text`, each kind counted once, at its highest."""
    found: dict[str, int] = {}
    for signal in those:
        if found.get(signal.kind, 0) < signal.points and signal.stands_in(text):
            found[signal.kind] = signal.points
    return sum(found.values())


def _signal(line: str) -> Signal:
    head, _, rest = line.partition(": ")
    points, kind = head.split()
    lists = rest.casefold().split(" > ")
    pattern = _GAP.join(f"(?:{any_of(phrases)})" for phrases in lists)
    return Signal(kind, int(points), tuple(stems(phrases) for phrases in lists), re.compile(pattern))
