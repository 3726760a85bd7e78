# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the model: reads a request by plain rules, as a careful junior would.

The same request always gets the same analysis, alone or packed into one call with others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from approvals.domain.terms import Level, Risk
from devkit.llm_stub.signals import (
    AMOUNT_BANDS,
    INTERMEDIARIES,
    NO_AMOUNT,
    SIGNALS,
    SUPPLIER_KEYS,
    UNKNOWN_SUPPLIERS,
    AmountBand,
)

MAX_FACTORS: Final = 3
LEAST_FOR_AUTO: Final = 0.7
_QUOTE_WORDS: Final = 6
_VAGUE_BELOW: Final = 3  # words
_MOST_DIGITS: Final = 20

# Words as they can be quoted: nothing that a careful reader strips, such as control characters.
_QUOTABLE: Final = re.compile(r"\w[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff]*")
_LABELLED_SUPPLIER: Final = re.compile(
    rf"\b(?:{'|'.join(SUPPLIER_KEYS)})\s*:\s*([^\n,;]{{2,60}}?)(?=\.?\s*(?:[\n,;]|$)|\.\s)", re.IGNORECASE
)
_SUPPLIER_IN_PROSE: Final = re.compile(r"\b[Ff]rom\s+([A-Z][\w&'*-]*(?:\s[A-Z&][\w&'*-]*){0,4})")


@dataclass(frozen=True, slots=True)
class _Finding:
    risk: Risk
    claim: str
    evidence: str


@dataclass(frozen=True, slots=True)
class _Request:
    """What the analyst takes from one entry of the user message; nothing in it is trusted to be there."""

    id: str
    content: str
    kind: str
    amount: Decimal | None
    currency: str
    supplier: str
    supplier_is_new: bool


def analyses_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The analyses for `{"requests": [...]}`, in the same order; entries that are no objects are left out."""
    requests = document.get("requests")
    return [analysis_of(entry) for entry in requests or () if isinstance(entry, dict)]


def analysis_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One analysis as the model's reply has it.

    Evidence is quoted word for word from the content; a content without a single word gives no factors.
    """
    request = _read(entry)
    band = _band(request.amount)
    findings = _signals_in(request.content) + _supplier_findings(request)
    risk = max((band.risk, *(finding.risk for finding in findings)), key=lambda each: each.rank)
    confidence = _confidence(request)
    calm = risk is Risk.LOW and request.amount is not None and confidence >= LEAST_FOR_AUTO
    return {
        "id": request.id,
        "risk_level": risk.value,
        "approver_level": _level(band, risk).value,
        "auto_approve": calm,
        "confidence": confidence,
        "summary": _summary(request, risk, band, findings),
        "total": _total(request),
        "addresses_reader": False,
        "factors": _factors(request, band, findings),
    }


def quote_from(content: str) -> str:
    """The first few words of the content, exactly as they stand there; empty when there are none."""
    found = _QUOTABLE.search(content)
    if not found:
        return ""
    words = re.match(rf"\S+(?: \S+){{0,{_QUOTE_WORDS - 1}}}", found[0][:60])
    return words[0].rstrip(".,;:") if words else ""


def _read(entry: Mapping[str, Any]) -> _Request:
    context = entry.get("context")
    context = context if isinstance(context, dict) else {}
    content = _text(entry.get("content"))
    return _Request(
        id=_text(entry.get("id")),
        content=content,
        kind=_text(entry.get("request_type")),
        amount=_amount(entry.get("amount")),
        currency=_text(entry.get("currency")),
        supplier=_supplier(context, content),
        supplier_is_new=context.get("new_supplier") is True or context.get("known_supplier") is False,
    )


def _total(request: _Request) -> dict[str, Any] | None:
    if request.amount is None:
        return None
    return {"amount": float(request.amount), "currency": request.currency}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    plausible = amount.is_finite() and amount >= 0 and abs(amount.adjusted()) <= _MOST_DIGITS
    return amount if plausible else None


def _supplier(context: Mapping[str, Any], content: str) -> str:
    for key in SUPPLIER_KEYS:
        if isinstance(name := context.get(key), str) and name.strip():
            return name.strip()
    named = _LABELLED_SUPPLIER.search(content) or _SUPPLIER_IN_PROSE.search(content)
    return named[1] if named else ""


def _band(amount: Decimal | None) -> AmountBand:
    if amount is None:
        return NO_AMOUNT
    return next(band for band in AMOUNT_BANDS if band.to is None or amount <= band.to)


def _signals_in(content: str) -> list[_Finding]:
    lower = content.lower()
    findings = []
    for signal in SIGNALS:
        for phrase in signal.phrases:
            # The cheap test first: nearly every phrase of nearly every request is not there.
            if phrase in lower and (words := _quoted(phrase, content)):
                findings.append(_Finding(signal.risk, signal.claim, words))
                break
    return findings


def _quoted(phrase: str, content: str) -> str:
    """The phrase as it stands in the content, as whole words; empty when it does not."""
    found = re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", content, re.IGNORECASE)
    return found[0] if found else ""


def _supplier_findings(request: _Request) -> list[_Finding]:
    name = request.supplier.lower()
    if not name and not request.supplier_is_new:
        return []
    evidence = request.supplier if request.supplier and request.supplier in request.content else ""
    evidence = evidence or quote_from(request.content)
    if name in UNKNOWN_SUPPLIERS or request.supplier_is_new:
        return [_Finding(Risk.MEDIUM, "Supplier is not known", evidence)]
    if name.startswith(INTERMEDIARIES):
        return [_Finding(Risk.MEDIUM, "Supplier hides behind a payment service", evidence)]
    return []


def _confidence(request: _Request) -> float:
    hundredths = 92
    if not request.supplier:
        hundredths -= 15
    if request.amount is None:
        hundredths -= 20
    if len(request.content.split()) < _VAGUE_BELOW:
        hundredths -= 15
    return hundredths / 100


def _level(band: AmountBand, risk: Risk) -> Level:
    least = Level.DIRECTOR if risk is Risk.HIGH else Level.MANAGER
    return max(band.level, least, key=lambda each: each.rank)


def _summary(request: _Request, risk: Risk, band: AmountBand, findings: Sequence[_Finding]) -> str:
    """One sentence of at most 20 words, that names the amount and the supplier."""
    kind = _first_words(request.kind.replace("_", " "), 2).capitalize() or "Request"
    money = "an unknown amount"
    if request.amount is not None:
        money = f"{request.amount:f} {_first_words(request.currency, 1)}".rstrip()
    supplier = _first_words(request.supplier, 4)
    whom = f"from {supplier}" if supplier else "with no supplier named"
    reason = next((finding.claim for finding in findings if finding.risk is risk), band.claim)
    return f"{kind} of {money} {whom}: {reason[0].lower()}{reason[1:]}."


def _first_words(text: str, count: int) -> str:
    return " ".join(word[:24] for word in text.split()[:count])


def _factors(request: _Request, band: AmountBand, findings: Sequence[_Finding]) -> list[dict[str, str]]:
    told = sorted(findings, key=lambda finding: -finding.risk.rank)[: MAX_FACTORS - 1]
    if band.risk is not Risk.LOW or not told:
        told.append(_Finding(band.risk, band.claim, _amount_quote(request)))
    return [{"claim": each.claim, "evidence": each.evidence} for each in told if each.evidence]


def _amount_quote(request: _Request) -> str:
    if request.amount is None:
        return quote_from(request.content)
    decimals = 0 if request.amount == request.amount.to_integral_value() else 2
    shapes = (f"{request.amount:f}", f"{request.amount:,f}", f"{request.amount:,.{decimals}f}")
    # As above: an expression is built for each amount, and most contents do not state theirs.
    found = (_quoted(shape, request.content) for shape in shapes if shape in request.content)
    return next(filter(None, found), "") or quote_from(request.content)
