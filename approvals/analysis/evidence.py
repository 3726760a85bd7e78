# SPDX-License-Identifier: Apache-2.0
"""Checks what the model quotes against what was written, and looks for text that tries to give orders."""

import json
import re
from typing import Final

from approvals.analysis.orders import holds_orders
from approvals.domain.records import ApprovalRequest
from approvals.text.fold import normalised

# Vowel signs of Indic and Arabic script are no letters to `re`, and part of a word to a reader.
_SIGNS: Final = r"\u0300-\u036f\u064b-\u0652\u0900-\u0903\u093a-\u094f\u0980-\u0dff\u0e30-\u0e4e"
_WORD: Final = re.compile(rf"(?:[^\W\d_][{_SIGNS}]{{0,4}}){{3}}")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_FEWEST_CJK: Final = 2
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def request_text(request: ApprovalRequest) -> str:
    """Everything in a request that someone typed freely, as one text."""
    context = json.dumps(dict(request.context), ensure_ascii=False) if request.context else ""
    return f"{request.content}\n{context}"


def is_quoted(evidence: str, haystack: str) -> bool:
    """True when the evidence stands in the already normalised `haystack`, and is more than a letter or a number."""
    needle = normalised(evidence).strip(" .\"'…")
    return _says_something(needle) and needle in haystack


def _says_something(text: str) -> bool:
    """True for a word of three letters, or two characters of Chinese, Japanese or Korean."""
    return bool(_WORD.search(text)) or len(_CJK.findall(text)) >= _FEWEST_CJK


def looks_like_orders(request: ApprovalRequest) -> bool:
    """True when something in the request reads like instructions to a machine, or hides characters."""
    raw = "\n".join((request_text(request), request.request_type, request.requester))
    if not raw.isascii() and _INVISIBLE.search(raw):
        return True
    return holds_orders(normalised(raw))
