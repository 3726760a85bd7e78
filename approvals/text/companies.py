# SPDX-License-Identifier: Apache-2.0
"""Names of companies and numbers of documents, compared as a bookkeeper reads them. Linear in their length."""

import re
import unicodedata
from pathlib import Path
from typing import Final

from approvals.text.fold import nfkc
from approvals.text.invisible import without_invisible
from approvals.text.lookalikes import plain

_LEGAL_FORMS: Final = frozenset(
    word
    for line in Path(__file__).with_name("legal_forms.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)
"""As the last words of a name, without their dots."""
_JOINING: Final = frozenset({"and", "de", "et", "und", "y"})
"""Between two of them, as in `S.A. de C.V.`"""
_CJK_FORMS: Final = re.compile(
    "股份有限公司|有限责任公司|有限責任公司|有限公司|株式会社|合同会社|合資会社|合名会社|有限会社"
    "|주식회사|유한회사|\\((?:株|有|同|주|유)\\)"
)
_SILENT: Final = re.compile(r"[.'’`´]")


def company_key(name: str) -> str:
    """One text for all ways of writing a company's name: without legal form, punctuation and case.

    A name that is a legal form only stays whole. Empty where a reader sees no letter or digit.
    """
    shown = nfkc(without_invisible(name))
    words = _words(_CJK_FORMS.sub(" ", shown)) or _words(shown)
    end = len(words)
    while end > 1 and (words[end - 1] in _LEGAL_FORMS or (end < len(words) and words[end - 1] in _JOINING)):
        end -= 1
    return "".join(words[:end])


def document_key(number: str) -> str:
    """One text for all ways of writing a document's number: `INV-00123`, `inv 123` and `#123` are one."""
    letters = "".join(filter(str.isalnum, nfkc(plain(number)))).upper()
    rest = letters.removeprefix("INVOICE") if letters.startswith("INVOICE") else letters.removeprefix("INV")
    return rest.lstrip("0") or rest[-1:]


def _words(text: str) -> list[str]:
    seen = nfkc(plain(_SILENT.sub("", text)))
    return "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in seen).split()
