# SPDX-License-Identifier: Apache-2.0
"""Text as it is compared: one form for what a reader cannot tell apart. Every function takes linear time."""

import re
import unicodedata
from typing import Final

from approvals.text.confusables import LATIN

_PIECE: Final = 256
"""Characters that are normalised at once. Unicode sorts the marks over one letter, which takes quadratic time."""
_CUT_WITHIN: Final = 64
"""A piece ends at a blank that is not further than this."""

INVISIBLE: Final = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What takes no room on a page: joiners, marks of direction, variation selectors, tags, fillers."""

_QUOTES: Final = str.maketrans(
    {**dict.fromkeys("“”„‟«»＂", '"'), **dict.fromkeys("‘’‚‛‹›`´", "'"), **dict.fromkeys("‐‑‒–—―−", "-")}
)


def nfkc(text: str) -> str:
    """`text` in Unicode's form NFKC, piece by piece."""
    if text.isascii():
        return text
    if len(text) <= _PIECE:
        return unicodedata.normalize("NFKC", text)
    parts, start = [], 0
    while start < len(text):
        end = min(start + _PIECE, len(text))
        blank = text.find(" ", end, end + _CUT_WITHIN)
        end = blank if blank >= 0 else end
        parts.append(unicodedata.normalize("NFKC", text[start:end]))
        start = end
    return "".join(parts)


def visible(text: str) -> str:
    """`text` without what cannot be seen."""
    return text if text.isascii() else INVISIBLE.sub("", text)


def normalised(text: str) -> str:
    """`text` in one case, with one kind of quote and dash, single blanks and nothing invisible."""
    if not text.isascii():
        text = visible(nfkc(text)).translate(_QUOTES)
    return " ".join(text.casefold().split())


def seen_as(text: str) -> tuple[str, ...]:
    """What a reader may take `text` for: normalised, letters of other scripts as the Latin ones that they look like.

    One form, or two where a letter looks like another in capitals than in small ones (Greek Ν like N, ν like v). Two
    texts look alike when they have a form in common.
    """
    plain = normalised(text)
    if plain.isascii():
        return (plain,)
    small = plain.translate(LATIN)
    large = normalised(visible(nfkc(text)).translate(LATIN)).translate(LATIN)
    return (small,) if small == large else (small, large)


def look_alike(one: str, other: str) -> bool:
    """True when a reader may take one for the other."""
    return not set(seen_as(one)).isdisjoint(seen_as(other))
