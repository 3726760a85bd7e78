# SPDX-License-Identifier: Apache-2.0
"""Text as a reader takes it: letters of other scripts count as the ones that they look like.

ASCII letters and digits stay apart from each other (`l` is not `1`), so that `ann1` and `annl` are two names. What
stands for them from other scripts is read by Unicode's table of confusable characters (UTS #39).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from approvals.text.invisible import without_invisible

_TABLE: Final = Path(__file__).with_name("lookalikes.tsv")
# Sorting the marks on one letter takes quadratic time; no script puts more than this on one (UAX #15, stream-safe).
_MARKS: Final = 30
# i and j have a dot of their own; another one on it is not seen.
_SECOND_DOT: Final = re.compile("(?<=[ij])\u0307+")


def plain(text: str) -> str:
    """The text without case, invisible characters, variants of width or style, and look-alike letters.

    Two texts that a reader takes for the same have the same plain text. It is for comparing, not for showing. Linear in
    the text's length.
    """
    if text.isascii():
        return text.casefold()
    text = _decomposed(_folded(text).translate(_lookalikes()))
    return _SECOND_DOT.sub("", text)


def has_lookalikes(text: str) -> bool:
    """True when a letter of another script stands for an ASCII one."""
    if text.isascii():
        return False
    table = _lookalikes()
    return any(table.get(ord(character), "\u0080").isascii() for character in _folded(text))


def _folded(text: str) -> str:
    """The text without case, invisible characters and variants of width or style."""
    text = without_invisible(text)
    for _ in range(2):  # folding can give what is to be decomposed, and the other way round
        text = _decomposed(text).casefold()
    return _SECOND_DOT.sub("", text)


def _decomposed(text: str) -> str:
    """The text in Unicode's form NFKD, normalized in pieces so that a long run of marks costs no more than others."""
    return "".join(unicodedata.normalize("NFKD", piece) for piece in pieces(text))


def pieces(text: str) -> Iterator[str]:
    """The text cut wherever more marks than any letter has stand in a row."""
    start = marks = 0
    for position, character in enumerate(text):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MARKS:
            yield text[start:position]
            start, marks = position, 1
    yield text[start:]


@cache
def _lookalikes() -> Mapping[int, str]:
    """By code point: what a case-folded character is taken for."""
    lines = _TABLE.read_text(encoding="utf-8").rstrip("\n").split("\n")
    pairs = (line.split("\t") for line in lines if not line.startswith("#"))
    return {int(code, 16): target for code, target in pairs}
