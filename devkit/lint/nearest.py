# SPDX-License-Identifier: Apache-2.0
"""The likely right name for one that is not known."""

import difflib
from collections.abc import Iterable

_MANY = 8  # names that a message can list and still be read
_ALIKE, _ALIKE_NUMBERS = 0.6, 0.9  # Dify makes ids of the time in milliseconds, which all begin alike


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that is spelt most like this one; None when none is like it."""
    wrong = str(name)
    names = sorted({str(candidate) for candidate in known if candidate})
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=_ALIKE)
    if not close or (
        close[0].isdecimal() and difflib.SequenceMatcher(None, wrong, close[0]).ratio() < _ALIKE_NUMBERS
    ):
        return None
    return close[0]


def did_you_mean(name: object, known: Iterable[str], what: str = "one") -> str:
    """How to correct a wrong name: the nearest known one, or what there is."""
    names = sorted({str(candidate) for candidate in known if candidate})
    close = nearest(name, names)
    if close is not None:
        return f"did you mean {close!r}?"
    if not names:
        return f"there is no {what} to choose from"
    listed = ", ".join(names[:_MANY]) + (", …" if len(names) > _MANY else "")
    return f"use one of: {listed}"
