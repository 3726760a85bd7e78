# SPDX-License-Identifier: Apache-2.0
"""Lists of phrases as expressions: semicolons between phrases, * for any ending, whole words where there are words."""

import re
import unicodedata
from typing import Final

_FIRST_WITHOUT_EDGES: Final = "\u0590"
"""From here on scripts write prefixes and endings to the word, or no spaces at all."""


def phrases_in(*lists: str) -> tuple[str, ...]:
    """The phrases, in the form NFKC, without the blanks around them."""
    joined = unicodedata.normalize("NFKC", ";".join(lists))
    return tuple(" ".join(phrase.split()) for phrase in joined.split(";") if phrase.strip())


def any_of(*lists: str) -> str:
    """An expression that matches any of the phrases in case-folded text with single spaces.

    The start of a word is looked for once for all phrases: `re` then skips most of them by their first letter.
    """
    starts: dict[str, list[str]] = {}
    for phrase in phrases_in(*lists):
        start, words = _expression(phrase)
        starts.setdefault(start, []).append(words)
    return "|".join(f"{start}(?:{'|'.join(words)})" for start, words in starts.items())


def stems(*lists: str) -> tuple[str, ...]:
    """What must stand in a text that holds one of the phrases: a quicker first look."""
    return tuple(phrase.removesuffix("*") for phrase in phrases_in(*lists))


def _expression(phrase: str) -> tuple[str, str]:
    """What must stand before a phrase, and the phrase with its end."""
    words = re.escape(phrase.removesuffix("*"))
    if phrase[0] >= _FIRST_WITHOUT_EDGES:
        return "", words
    start = r"\b" if phrase[0].isalnum() else ""
    return start, words if phrase.endswith("*") or not phrase[-1].isalnum() else rf"{words}(?!\w)"
