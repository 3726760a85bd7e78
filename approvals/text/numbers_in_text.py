# SPDX-License-Identifier: Apache-2.0
"""Finds the numbers in free text: digits, Chinese characters and words, each with what multiplies it."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Final, NamedTuple

from approvals.text.currencies import DECIMALS
from approvals.text.money_words import MULTIPLIERS
from approvals.text.number_words import (
    CHARACTERS,
    characters_value,
    is_number_word,
    joins_numbers,
    words_value,
)
from approvals.text.numbers import readings


class FoundNumber(NamedTuple):
    """A number and its place. `readings` are ascending; `bare` is True for digits alone: a year, an identifier."""

    start: int
    end: int
    readings: Sequence[Decimal]
    bare: bool = False


_IN_DIGITS: Final = re.compile(
    rf"""
    (?P<characters>(?:[0-9]++(?:[.,][0-9]++)*+[ ]?)?[{CHARACTERS}](?:[0-9]|[ ]?[{CHARACTERS}]){{0,40}}+)
    | (?P<spaced>[0-9]{{1,3}}(?:[ ][0-9]{{3}})++(?![0-9])(?:[.,][0-9]{{1,2}}(?![0-9]))?)
    | (?P<digits>[0-9]++(?:[.,'][0-9]++)*+)
    """,
    re.VERBOSE,
)
_NO_CENTS: Final = re.compile(r"[.,] ?-{1,2}(?![0-9])")
_LETTERS: Final = r"[^\W\d_\u0900-\u097f]|[\u0900-\u0963]"
_MULTIPLIER: Final = re.compile(rf"(?P<gap>[ -]?)(?P<word>(?:{_LETTERS}){{1,14}}\.?)")
_WORD: Final = re.compile(r"[^\W\d_]++")
_MOST_WORDS: Final = 30
_WORDS_AT_ONCE: Final = 100
_LONGEST: Final = 40
"""Characters of digits that are an amount."""


def numbers_in(text: str, pause: Callable[[], object] = lambda: None) -> list[FoundNumber]:
    """Every number in `text`, whose digits and separators are in ASCII, in its order.

    `pause` is called again and again meanwhile, so that a long text need not be read in one go.
    """
    found = []
    for number in chain(_in_digits(text), _in_words(text, pause)):
        found.append(number)
        pause()
    return sorted(found)


def _in_digits(text: str) -> Iterator[FoundNumber]:
    for match in _IN_DIGITS.finditer(text):
        written, end = match[0], match.end()
        if len(written) > _LONGEST:
            continue
        if match["characters"]:
            value = characters_value(written.replace(",", "").replace(" ", ""))
            if value is not None:
                yield FoundNumber(match.start(), end, (value,))
            continue
        found = readings(written)
        if not found:
            continue
        cents = _NO_CENTS.match(text, end)
        if cents:
            yield FoundNumber(match.start(), cents.end(), found[-1:])
            continue
        multiplier, end = _multiplier(text, end)
        yield FoundNumber(
            match.start(),
            end,
            [number * multiplier for number in found],
            bare=end == match.end() and written.isdigit(),
        )


def _multiplier(text: str, place: int) -> tuple[Decimal, int]:
    """What the word at `place` multiplies a number by, and where it ends; 1 and `place` where there is none."""
    match = _MULTIPLIER.match(text, place)
    if match is None:
        return Decimal(1), place
    word = match["word"]
    bare = word.rstrip(".")
    joined = [bare[0]] if bare[0] in "kKmMT" and bare[1:] in DECIMALS else []  # kEUR, and TEUR in German
    for known in (word, bare, *joined):
        value = MULTIPLIERS.get(known.casefold())
        if value is not None:
            return value, match.start("word") + len(known)
    return Decimal(1), place


def _in_words(text: str, pause: Callable[[], object]) -> Iterator[FoundNumber]:
    run: list[re.Match[str]] = []
    for number, match in enumerate(_WORD.finditer(text)):
        if number % _WORDS_AT_ONCE == 0:
            pause()
        if run and (text[run[-1].end() : match.start()] not in {" ", "-", " - "} or len(run) == _MOST_WORDS):
            yield from _of_run(run)
            run = []
        if is_number_word(match[0].casefold()):
            run.append(match)
        elif run:
            yield from _of_run(run)
            run = []
    yield from _of_run(run)


def _of_run(run: list[re.Match[str]]) -> Iterator[FoundNumber]:
    """The number that words stand for, without those at the ends that only join others."""
    words = [match[0].casefold() for match in run]
    start, end = 0, len(words)
    while start < end and joins_numbers(words[start]):
        start += 1
    while start < end and joins_numbers(words[end - 1]):
        end -= 1
    value = words_value(words[start:end]) if start < end else None
    if value:
        yield FoundNumber(run[start].start(), run[end - 1].end(), (value,))
