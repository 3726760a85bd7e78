# SPDX-License-Identifier: Apache-2.0
"""Marks in a request's text what the model quotes from it."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from approvals.text.fold import normalised

_ENDS: Final = " .\"'…"  # that a quote may have and the text not, as when quotes are verified
_INVISIBLE: Final = "\u200b"


class Piece(NamedTuple):
    """Part of a text; `quoted` is true where the model quotes it."""

    text: str
    quoted: bool


def marked(text: str, quotes: Iterable[str]) -> Sequence[Piece]:
    """The text in pieces. A quote is found as it was verified: whatever its case, spaces and quotation marks.

    Linear in the length of the text for each quote.
    """
    folded, origin = _folded(text)
    spans: list[tuple[int, int]] = []
    for quote in quotes:
        needle = normalised(quote).strip(_ENDS)
        at = folded.find(needle) if needle else -1
        if at >= 0:
            spans.append((origin[at], origin[at + len(needle) - 1] + 1))
    return _pieces(text, spans)


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The text as quotes are compared with it, and for each of its characters where it stands in `text`."""
    folded: list[str] = []
    origin: list[int] = []
    unfolded = (
        "" if text.isascii() else _INVISIBLE
    )  # quotation marks are folded in text that is not all ASCII
    for position, letter in _letters(text):
        alike = normalised(letter + unfolded) or (" " if letter.isspace() else "")
        if alike == " " and (not folded or folded[-1] == " "):
            continue
        folded += alike
        origin += [position] * len(alike)
    return "".join(folded), origin


def _letters(text: str) -> Iterator[tuple[int, str]]:
    """Each character with the marks that belong to it, and where it stands."""
    start = 0
    for position, character in enumerate(text):
        if position and not unicodedata.combining(character):
            yield start, text[start:position]
            start = position
    if text:
        yield start, text[start:]


def _pieces(text: str, spans: Iterable[tuple[int, int]]) -> Sequence[Piece]:
    pieces: list[Piece] = []
    end = 0
    for start, stop in sorted(spans):
        if stop <= end:
            continue
        if start > end:
            pieces.append(Piece(text[end:start], quoted=False))
        pieces.append(Piece(text[max(start, end) : stop], quoted=True))
        end = stop
    if end < len(text):
        pieces.append(Piece(text[end:], quoted=False))
    return pieces
