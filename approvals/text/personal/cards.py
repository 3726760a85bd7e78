# SPDX-License-Identifier: Apache-2.0
"""Numbers of payment cards in text: 13 to 19 digits whose last one is right by Luhn's formula (ISO/IEC 7812-1)."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from approvals.text.personal.separators import DASHES, SPACES

_SHORTEST, _LONGEST = 13, 19
_GROUP: Final = 4
_OTHER_GROUPS: Final = {(4, 6, 5), (4, 6, 4)}  # American Express, Diners Club
_RUN: Final = re.compile(rf"(?<![+\d])\d+(?:[{SPACES}./{DASHES}]{{1,2}}\d+)*")
_DIGITS: Final = re.compile(r"\d+")


def cards(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each number begins and ends, and its digits."""
    for run in _RUN.finditer(text):
        if run.end() - run.start() < _SHORTEST:
            continue
        groups = [(run.start() + each.start(), each[0]) for each in _DIGITS.finditer(run[0])]
        position = 0
        while position < len(groups):
            count, digits = _card_at(groups, position)
            if count:
                last, written = groups[position + count - 1]
                yield groups[position][0], last + len(written), digits
            position += count or 1


def _card_at(groups: Sequence[tuple[int, str]], position: int) -> tuple[int, str]:
    """How many groups from `position` on are a card's number, as many as can be, and its digits; 0 for none."""
    digits, found = "", (0, "")
    sizes: list[int] = []
    for _, written in groups[position : position + _LONGEST]:
        digits += written if len(written) <= _LONGEST else "0" * (_LONGEST + 1)
        sizes.append(len(written))
        if len(digits) > _LONGEST:
            break
        if len(digits) >= _SHORTEST and _is_grouped(sizes) and digits[0] != "0" and _is_right(digits):
            found = (len(sizes), digits)
    return found


def _is_grouped(sizes: Sequence[int]) -> bool:
    """True for digits in one piece, or in groups as they stand on cards."""
    in_fours = all(size == _GROUP for size in sizes[:-1]) and sizes[-1] <= _GROUP
    return len(sizes) == 1 or in_fours or tuple(sizes) in _OTHER_GROUPS


def _is_right(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        if position % 2:
            value = value * 2 - 9 if value > 4 else value * 2  # noqa: PLR2004 - the sum of the digits of the double
        total += value
    return total % 10 == 0
