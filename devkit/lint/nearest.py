# SPDX-License-Identifier: Apache-2.0
"""The likely right name for one that is not known."""

import difflib
from collections.abc import Iterable

_MANY = 8  # names that a message can list and still be read


def did_you_mean(name: object, known: Iterable[str], what: str = "one") -> str:
    """How to mend a wrong name: the nearest known one, or what there is."""
    names = sorted({candidate for candidate in known if candidate})
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if not names:
        return f"there is no {what} to choose from"
    listed = ", ".join(names[:_MANY]) + (", …" if len(names) > _MANY else "")
    return f"use one of: {listed}"
