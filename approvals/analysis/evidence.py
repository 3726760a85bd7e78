# SPDX-License-Identifier: Apache-2.0
"""Checks what the model quotes against what was written, and looks for text that tries to give orders."""

import json
import re
import unicodedata

from approvals.domain.records import ApprovalRequest

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})

# Text that addresses the reader's machine instead of the reader. A hit can only add friction, so a false
# alarm costs a person thirty seconds, and a miss costs nothing that the policy does not already guard.
_ORDERS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(ignore|disregard|forget|override|bypass|skip)\b.{0,40}\b(instruction|prompt|rule|polic|guideline|above|previous|prior)",
        r"\b(system|developer)\s*(prompt|message|note|override)",
        r"\byou are (now|an? (ai|assistant|model|llm|approver))\b",
        r"\bas an? (ai|assistant|language model|llm)\b",
        r"\b(risk[_ ]level|approver[_ ]level|auto[_ ]?approve[d]?|suggested[_ ]level)\b",
        r"\b(set|mark|rate|classify|treat|report|assess)\b.{0,40}\b(risk|as low|low risk|routine|safe|approved)\b",
        r"\b(already|pre)[- ]?approved\b",
        r"\b(do not|don't|never|without)\b.{0,30}\b(escalat|review|flag|ask a (human|person)|human review)",
        r"\b(respond|reply|answer|output|return)\b.{0,20}\b(only|with|exactly|json)\b",
        r"\bconfidence\b.{0,12}\b(1\.0|1|100 ?%)",
        r"<\|?[a-z_]*(im_start|im_end|system|assistant|endoftext)[a-z_]*\|?>|\[/?inst\]|###\s*(instruction|system)",
        r"\b(ignorier|missacht|vergiss)\w*\b.{0,40}\b(anweisung|regel|vorgabe|richtlini)",
        r"\b(ignore[zr]?|oublie[zr]?)\b.{0,40}\b(instruction|consigne|règle)",
        r"\b(ignora|olvida|omite)\w*\b.{0,40}\b(instruccion|regla|anterior|istruzion|regol|precedent)",
        r"\b(ignore|desconsidere|esqueça)\b.{0,40}\b(instruç|regra|anterior)",
        r"(忽略|无视|忘记|無視).{0,20}(指令|指示|规则|規則|提示)",
        r"(指示|命令|ルール).{0,12}(無視|忘れ)",
        r"игнорируй\w*.{0,40}(инструкц|правил)",
        r"[A-Za-z0-9+/]{120,}={0,2}",
    )
)


def normalised(text: str) -> str:
    """Text as it is compared: one case, one kind of quote, single spaces, nothing invisible."""
    return " ".join(_plain(unicodedata.normalize("NFKC", text)).casefold().split())


def request_text(request: ApprovalRequest) -> str:
    """Everything in a request that someone typed freely, as one text."""
    context = json.dumps(dict(request.context), ensure_ascii=False) if request.context else ""
    return f"{request.content}\n{context}"


def is_quoted(evidence: str, haystack: str) -> bool:
    """True when the evidence stands in the already normalised `haystack`. An empty quote proves nothing."""
    needle = normalised(evidence).strip(" .\"'…")
    return bool(needle) and needle in haystack


def looks_like_orders(request: ApprovalRequest) -> bool:
    """True when something in the request reads like instructions to a machine, or hides characters."""
    raw = "\n".join((request_text(request), request.request_type, request.requester))
    if not raw.isascii() and _INVISIBLE.search(raw):
        return True
    flat = normalised(raw)
    return any(pattern.search(flat) for pattern in _ORDERS)


def _plain(text: str) -> str:
    """Without what is invisible, and with one kind of quote; ASCII has neither."""
    return text if text.isascii() else _INVISIBLE.sub("", text).translate(_QUOTES)
