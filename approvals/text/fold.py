# SPDX-License-Identifier: Apache-2.0
"""Text as it is compared with other text: one case, one kind of quote, nothing invisible. Linear in its length."""

import unicodedata
from typing import Final

from approvals.text.invisible import without_invisible
from approvals.text.lookalikes import pieces

_QUOTES: Final = str.maketrans(
    {**dict.fromkeys("“”„‟«»", '"'), **dict.fromkeys("‘’‚‛‹›`´", "'"), **dict.fromkeys("‐‑‒–—―−", "-")}
)


def nfkc(text: str) -> str:
    """The text in Unicode's form NFKC, normalized in pieces so that a long run of marks costs no more than others."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFKC", piece) for piece in pieces(text))


def normalised(text: str) -> str:
    """The text in one case, with one kind of quote and dash, single spaces and nothing invisible."""
    if not text.isascii():
        text = without_invisible(nfkc(text)).translate(_QUOTES)
    return " ".join(text.casefold().split())
