# SPDX-License-Identifier: Apache-2.0
"""Phone numbers in text, by how they are written and by words such as "tel" in front of them.

Numbering plans tell more of them from other numbers, but the library that has them is as large as the rest of the
plugin, and what it would spare us is an order number hidden now and then.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from approvals.text.currencies import DECIMALS
from approvals.text.personal.separators import DASHES, SPACES

_BETWEEN: Final = rf"[{SPACES}()./{DASHES}]{{1,3}}"
_RUN: Final = re.compile(rf"(?<![\w+])(?:\+[{SPACES}(]{{0,2}}|\()?\d+(?:{_BETWEEN}\d+)*")
_DIGITS: Final = re.compile(r"\d+")
_DATE: Final = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{4}(?!\d)|\d{4}([./-])\d{1,2}\2\d{1,2}(?!\d)")
_MONEY: Final = re.compile(
    rf"\s?(?:[$\u20a0-\u20cf\u00a3\u00a5\u5143\u5186]|(?:{'|'.join(DECIMALS)})\b)|[.,]\d\d\b"
)
_LABEL: Final = re.compile(
    r"(?:\b(?:tel|telephone|telefon|telefone|tel[e\u00e9]fono|t[e\u00e9]l|phone|fone|mobile|mobil|mob|cell|celular|handy|fax|"
    r"whatsapp|ph)|\u7535\u8bdd|\u624b\u673a|\u96fb\u8a71|\u643a\u5e2f|\u30d5\u30a1\u30c3\u30af\u30b9)"
    r"[\s.:\uff1a#=\"'(]{0,6}(?:n[o\u00ba\u00b0][.:]?|number|nr\.?)?[\s.:\uff1a=\"'(]{0,4}\Z",
    re.IGNORECASE,
)
_LABEL_REACH: Final = 32  # characters before a number in which its label stands
_GROUPED: Final = ((3, 3, 4), (1, 3, 3, 4), (2, 5, 4), (2, 4, 4), (3, 4, 4))
"""North America, with and without its 1; Brazil; China."""
_CHINESE_MOBILE: Final = re.compile("1[3-9][0-9]{9}")
_LABELLED: Final = (5, 15)
_INTERNATIONAL: Final = (8, 15)
_WITH_ZEROS: Final = (10, 17)  # 00 and the country's code
_TRUNK: Final = (9, 12)  # 0 and the area's code
_AREA_IN_BRACKETS: Final = (8, 12)


def phones(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each number begins and ends, and its digits."""
    for run in _RUN.finditer(text):
        if _DATE.match(run[0]):
            continue
        groups = [(run.start() + each.start(), each[0]) for each in _DIGITS.finditer(run[0])]
        count = _count(text, run.start(), run[0][0], groups)
        while count > 1 and _MONEY.match(text, _end(groups, count)):
            count -= 1  # an amount stands behind the number
        if count and (count > 1 or not _MONEY.match(text, _end(groups, 1))):
            is_bracket_of_text = run[0][0] == "(" and not _is_area(text, groups[0])
            start = groups[0][0] if is_bracket_of_text else run.start()
            yield start, _end(groups, count), "".join(written for _, written in groups[:count])


def _count(text: str, start: int, first: str, groups: Sequence[tuple[int, str]]) -> int:
    """How many of the groups are a phone number; 0 where none is."""
    written = [digits for _, digits in groups]
    sizes = tuple(map(len, written))
    grouped = next((len(each) for each in _GROUPED if sizes[: len(each)] == each), 0)
    if grouped and first != "+":
        return grouped
    if first != "+" and _LABEL.search(text, max(0, start - _LABEL_REACH), start):
        return _as_many(written, _LABELLED)
    allowed = _digits_of(text, first, groups)
    return _as_many(written, allowed) if allowed else 0


def _digits_of(text: str, first: str, groups: Sequence[tuple[int, str]]) -> tuple[int, int] | None:
    """How many digits a number that begins like this has, at least and at most; None where none begins so."""
    begins = groups[0][1]
    if first == "+":
        return _INTERNATIONAL
    if first == "(" and _is_area(text, groups[0]):
        return _AREA_IN_BRACKETS
    if begins.startswith("00"):
        return _WITH_ZEROS
    if begins.startswith("0"):
        return _TRUNK
    return (11, 11) if _CHINESE_MOBILE.fullmatch(begins) else None


def _as_many(written: Sequence[str], allowed: tuple[int, int]) -> int:
    """As many groups as make the most digits that are allowed; 0 where they make too few or too many."""
    count = digits = 0
    for group in written:
        if digits + len(group) > allowed[1]:
            break
        count, digits = count + 1, digits + len(group)
    return count if digits >= allowed[0] else 0


def _is_area(text: str, group: tuple[int, str]) -> bool:
    start, digits = group
    return 2 <= len(digits) <= 5 and text[start + len(digits) : start + len(digits) + 1] == ")"  # noqa: PLR2004


def _end(groups: Sequence[tuple[int, str]], count: int) -> int:
    start, digits = groups[count - 1]
    return start + len(digits)
