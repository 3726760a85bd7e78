# SPDX-License-Identifier: Apache-2.0
"""Measures that work grows with the length of its input and no faster, by CPU time at four sizes of the input."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, NamedTuple

type Sizes = tuple[int, int, int, int]

SIZES: Final[Sizes] = (10_000, 20_000, 40_000, 80_000)
"""Characters of the inputs."""
SMALLER_SIZES: Final[Sizes] = (4_000, 8_000, 16_000, 32_000)
"""For patterns in the tests: each step of a matcher is slow enough that quadratic work shows here as surely."""
FASTEST: Final = 3.0
"""How many times as long twice the input may take. Linear work takes twice as long, quadratic work four times."""
UNMEASURABLE: Final = 0.001
"""Seconds; what is quicker says nothing about growth."""
_SURELY_LINEAR: Final = 1.5
"""Times of what is expected over the whole range: n log n takes 1.3, quadratic work 8."""
_RUNS: Final = 3
_BAR: Final = "\x00"

type Work = Callable[[str], object]


class Growth(NamedTuple):
    """How a piece of work grew on its worst input: seconds at each size, infinite where it was not waited for."""

    name: str
    word: str
    seconds: tuple[float, ...]

    @property
    def is_linear(self) -> bool:
        """True when no doubling of the input took much more than twice as long, on average."""
        first, *_, last = (max(each, UNMEASURABLE) for each in self.seconds)
        return last / first <= FASTEST ** (len(self.seconds) - 1)


def growth(name: str, work: Work, words: Iterable[str], sizes: Sizes = SIZES) -> Growth:
    """The worst growth of `work` over inputs made of each of `words`; the first that is not linear, if there is one."""
    worst = Growth(name, "", (0.0,) * len(sizes))
    for each in (_growth(name, work, word, sizes) for word in words):
        if not each.is_linear:
            return each
        worst = max(worst, each, key=lambda one: one.seconds[-1])
    return worst


def _growth(name: str, work: Work, word: str, sizes: Sizes) -> Growth:
    """On one word. What looks too slow is measured once more: the machine may have been busy."""
    shown = word.replace(_BAR, "…")
    first = Growth(name, shown, _measured(work, word, sizes))
    return first if first.is_linear else Growth(name, shown, _measured(work, word, sizes))


def _measured(work: Work, word: str, sizes: Sizes) -> tuple[float, ...]:
    """Seconds at each size. Where the ends alone show linear growth, what lies between is not measured but drawn."""
    first = _seconds(work, word, sizes[0], runs=1)
    most = max(first, UNMEASURABLE) * _SURELY_LINEAR / sizes[0]
    # Before long work is tried at the largest size, the second tells whether that is worth the time.
    if first * sizes[-1] / sizes[0] < 1 or _seconds(work, word, sizes[1], runs=1) <= most * sizes[1]:
        last = _seconds(work, word, sizes[-1], runs=1)
        if last <= most * sizes[-1]:
            return (first, *(last * size / sizes[-1] for size in sizes[1:-1]), last)
    seconds: list[float] = []
    for size in sizes:
        known = [max(each, UNMEASURABLE) for each in seconds]
        hopeless = len(known) > 1 and known[-1] > known[0] * (FASTEST + 0.5) ** (len(known) - 1)
        seconds.append(float("inf") if hopeless and known[-1] > 1 else _seconds(work, word, size, runs=_RUNS))
    return tuple(seconds)


def _seconds(work: Work, word: str, size: int, *, runs: int) -> float:
    """The least CPU time of several runs. Refusing an input is work too."""
    text = filled(word, size)
    best = float("inf")
    for _ in range(runs):
        started = time.thread_time()
        with suppress(Exception):
            work(text)
        best = min(best, time.thread_time() - started)
    return best


def word(head: str, body: str, tail: str = "") -> str:
    """An input in short: `body` is repeated between `head` and `tail`."""
    return _BAR.join((head, body, tail))


def filled(short: str, size: int) -> str:
    """The input of `size` characters that `short` stands for."""
    parts = short.split(_BAR)
    head, body, tail = parts if len(parts) == 3 else ("", short, "")  # noqa: PLR2004 - as `word` makes them
    return head + body * ((size - len(head) - len(tail)) // max(len(body), 1)) + tail
