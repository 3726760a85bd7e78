# SPDX-License-Identifier: Apache-2.0
"""Checks what the model quotes against what was written, and looks for text that tries to give orders."""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Final

from approvals.analysis.injection import gives_orders
from approvals.domain.records import ApprovalRequest
from approvals.text.fold import normalised

# Vowel signs of Indic and Arabic script are no letters to `re`, and part of a word to a reader.
_SIGNS: Final = r"\u0300-\u036f\u064b-\u0652\u0900-\u0903\u093a-\u094f\u0980-\u0dff\u0e30-\u0e4e"
_WORD: Final = re.compile(rf"(?:[^\W\d_][{_SIGNS}]{{0,4}}){{3}}")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_FEWEST_CJK: Final = 2
# Two digits or more, with the separators of an amount and a sign at either end: 90, 4,200.00, $4200.
_NUMBER: Final = re.compile(r"(?:[^\w\s] ?)?\d(?:[.,' ]?\d){1,20}(?: ?[^\w\s])?")


def request_text(request: ApprovalRequest) -> str:
    """Everything in a request that someone typed freely, as one text: the content, then the rest line by line."""
    return "\n".join((request.content, *_texts(request.context)))


def _texts(value: object) -> Iterator[str]:
    """The names and texts in a JSON value, and its numbers as they are written."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield name
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)


def is_quoted(evidence: str, haystack: str) -> bool:
    """True when the evidence stands in the already normalised `haystack`, and is more than a letter or a digit."""
    needle = normalised(evidence).strip(" .\"'…")
    if _NUMBER.fullmatch(needle):
        return _stands_whole(needle, haystack)
    return _says_something(needle) and needle in haystack


def _stands_whole(number: str, haystack: str) -> bool:
    """True where the number is not a part of a longer one: 300 is in "300 EUR", and not in "1,300" or "3000"."""
    whole = rf"(?<!\w)(?<!\d[.,']){re.escape(number)}(?!\w)(?![.,']\d)"
    return re.search(whole, haystack) is not None


def _says_something(text: str) -> bool:
    """True for a word of three letters, or two characters of Chinese, Japanese or Korean."""
    return bool(_WORD.search(text)) or len(_CJK.findall(text)) >= _FEWEST_CJK


def looks_like_orders(request: ApprovalRequest) -> bool:
    """True when something in the request gives orders to whoever reads it, or hides characters."""
    words_of_id = re.sub("[._:@-]+", " ", request.request_id)
    fields = (request.request_type, request.requester, words_of_id, request.vendor)
    others = (request.document_number, request.cost_center)
    return _remembered("\n".join((request_text(request), *fields, *others)))


# A batch asks before it packs a request into a call, and again when the call has answered: 1,000 requests may be
# between the two. Digests of the texts take less room than the texts.
_REMEMBERED: Final = 4_000
_answers: Final[OrderedDict[bytes, bool]] = OrderedDict()


def _remembered(text: str) -> bool:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    known = _answers.get(digest)
    if known is None:
        known = _answers[digest] = gives_orders(text)
        if len(_answers) > _REMEMBERED:
            _answers.popitem(last=False)
    return known
