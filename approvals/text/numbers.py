# SPDX-License-Identifier: Apache-2.0
"""Reads numbers as people write them. A text with one reading is read; one with two is refused with both.

`1234.5`, `1 234,50`, `1,234.50`, `1.234,50`, `1'234.50` and `1,23,456.00` have one reading, in any script's digits.
`1.234` and `1,234` have two. The currency settles which is meant when it has no decimals, or three.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final, NamedTuple

from approvals.text.currencies import DECIMALS, currencies_of

MOST_DECIMALS: Final = 6
"""Kept of a number: the smallest units of currencies have four decimals, and what floats add comes later."""
LONGEST: Final = 60
"""Characters of a number with its currency."""

_HOW: Final = "write digits, such as 1234.50"
_PLACES: Final = Decimal(1).scaleb(-MOST_DECIMALS)
_ROUNDING: Final = Context(prec=400, rounding=ROUND_HALF_EVEN)
_MOST_BITS: Final = 200
_NAMED_IN_MESSAGES: Final = 4

_INVISIBLE: Final = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_ASCII_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys("’‘`´ʼ＇٬", "'"),
        **dict.fromkeys("−–—‐‑‒﹣－", "-"),
        **dict.fromkeys("．٫", "."),
        **dict.fromkeys("，،⹁", ","),
        "＋": "+",
        "（": "(",
        "）": ")",
        "＄": "$",
        "￡": "£",
        "￥": "¥",
        "￦": "₩",
    }
)
_NO_SEPARATORS: Final = str.maketrans("", "", ".,' ")
_SEPARATED: Final = re.compile(r"[0-9.,' ]+")
_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
_GROUPED: Final = (
    re.compile(r"[1-9][0-9]{0,2}(?:[.,' ][0-9]{3})+"),  # 1,234,567
    re.compile(r"[1-9][0-9]?(?:[, ][0-9]{2})+[, ][0-9]{3}"),  # 12,34,567 as in India
)
_NO_CENTS: Final = re.compile(r"[.,] ?-{1,2}")  # 500.- and 9.000,--
_NOT_FINITE: Final = frozenset({"nan", "snan", "inf", "infinity", "∞"})


class NumberError(ValueError):
    """The text is not one number. The message follows a field's name: "has two readings, ..."."""


class Amount(NamedTuple):
    """An amount of money; `currency` is "" where none is known."""

    number: Decimal
    currency: str


class _Parts(NamedTuple):
    """A written number, taken apart; `before` and `after` are what else stands there."""

    before: str
    number: str
    after: str
    negative: bool


def read_number(value: object) -> Decimal:
    """A number, or text with one reading, rounded at six decimals. Raises `NumberError`."""
    if not isinstance(value, str):
        return _from_number(value)
    parts = _parts(value)
    if parts.before or parts.after:
        raise NumberError(f"holds {(parts.before or parts.after)!r} beside the number; {_HOW}")
    number = _one_reading(parts.number, None)
    return -number if parts.negative else number


def read_amount(value: object, *, currency: str = "", home: str = "") -> Amount:
    """An amount from 0 on, with the stated `currency`, else the one that is written beside the number.

    `home` is what an amount is in that names no currency, such as the policy's own. Raises `NumberError`.
    """
    if not isinstance(value, str):
        number, used, negative = _from_number(value), currency, False
    else:
        parts = _parts(value)
        used = _agreed([affix for affix in (parts.before, parts.after) if affix], currency, home)
        number, negative = _one_reading(parts.number, DECIMALS.get(used or home)), parts.negative
    if negative or number < 0:
        raise NumberError("must not be negative")
    return Amount(number, used)


def largest_reading(text: str) -> Decimal:
    """The largest number that `text` may stand for, whatever currency stands beside it. Raises `NumberError`."""
    parts = _parts(text)
    found = [Decimal(parts.number)] if _SCIENTIFIC.fullmatch(parts.number) else readings(parts.number)
    if not found:
        raise NumberError(f"has separators where a number has none; {_HOW}")
    return -found[-1] if parts.negative else _rounded(found[-1])


def readings(text: str, decimals: int | None = None) -> Sequence[Decimal]:
    """The numbers that ASCII digits with separators may stand for, the one with decimals first; none if malformed.

    `decimals` is how many the currency has: with none or three, `1.234` has one reading.
    """
    digits = text.translate(_NO_SEPARATORS)
    if digits == text:
        return (Decimal(digits),)
    last = max(text.rfind(sign) for sign in ".,' ")
    head, tail = text[:last], text[last + 1 :]
    found = []
    if (
        text[last] in ".,"
        and text.count(text[last]) == 1
        and (not head or head.isdigit() or _is_grouped(head))
    ):
        found.append(Decimal(f"{head.translate(_NO_SEPARATORS) or '0'}.{tail or '0'}"))
    if _is_grouped(text):
        found.append(Decimal(digits))
    if len(found) > 1 and decimals in {0, 3}:
        return found[:1] if decimals else found[1:]
    return found


def ascii_signs(text: str) -> str:
    """`text` with every digit, blank, separator and sign of a number in ASCII, and without what cannot be seen.

    As long as the text, but for what is left out.
    """
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", text).translate(_ASCII_SIGNS)
    return "".join([character if character.isascii() else _ascii_sign(character) for character in text])


def _ascii_sign(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return " " if character.isspace() else character


def _from_number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise NumberError(f"must be a number; {_HOW}")
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise NumberError("is larger than any amount")
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise NumberError("must be a finite number")
    return _rounded(number)


def _parts(text: str) -> _Parts:
    if len(text) > LONGEST:
        raise NumberError(f"is longer than a number can be; {_HOW}")
    text = ascii_signs(text).strip()
    places = [place for place, character in enumerate(text) if character.isdigit()]
    if not places:
        if text.casefold().strip("+-") in _NOT_FINITE:
            raise NumberError("must be a finite number")
        raise NumberError(f"must not be in words; {_HOW}")
    start, end = places[0], places[-1] + 1
    before, number, after = text[:start], text[start:end], text[end:]
    if before[-1:] in {".", ","} and not before[-2:-1].isalpha():  # ".50", but not "Fr.50"
        before, number = before[:-1], before[-1] + number
    if not (_SEPARATED.fullmatch(number) or _SCIENTIFIC.fullmatch(number)):
        raise NumberError(f"must be one number; {_HOW}")
    cents = _NO_CENTS.match(after)
    after = after[cents.end() :] if cents else after.removeprefix(".").removeprefix(",")
    in_parentheses = "(" in before and ")" in after  # a loss, to a bookkeeper
    if in_parentheses:
        before, after = before.replace("(", "", 1), after.replace(")", "", 1)
    negative = in_parentheses or "-" in before or "-" in after
    return _Parts(_affix(before.replace("+", "", 1)), number, _affix(after), negative)


def _affix(text: str) -> str:
    return text.strip(" -").replace(" ", "")


def _one_reading(text: str, decimals: int | None) -> Decimal:
    if _SCIENTIFIC.fullmatch(text):
        return _rounded(Decimal(text))
    found = readings(text, decimals)
    if not found:
        raise NumberError(f"has separators where a number has none; {_HOW}")
    if len(found) > 1:
        with_decimals, whole = found
        raise NumberError(
            f"has two readings, {with_decimals} and {whole}; write {whole}, or {with_decimals}0 if that is meant"
        )
    return _rounded(found[0])


def _is_grouped(text: str) -> bool:
    """True when one kind of separator sets thousands apart."""
    return len(set(text) - set("0123456789")) == 1 and any(form.fullmatch(text) for form in _GROUPED)


def _agreed(written: Sequence[str], stated: str, home: str) -> str:
    """The one currency of an amount: as stated, as written beside the number, or "" where neither says."""
    possible: list[str] = [stated] if stated else []
    for affix in written:
        meant = (stated,) if affix.upper() == stated else currencies_of(affix)
        if not meant:
            raise NumberError(f"holds {affix!r}, which is not a currency; {_HOW}")
        both = [code for code in possible if code in meant] if possible else list(meant)
        if not both:
            raise NumberError(
                f"is in {' or '.join(meant[:_NAMED_IN_MESSAGES])}, but the currency is {' or '.join(possible)}; "
                "make them the same"
            )
        possible = both
    if len(possible) > 1:
        if home not in possible:
            raise NumberError(
                f"names a currency that may be {', '.join(possible[:_NAMED_IN_MESSAGES])}; give currency a "
                f"three-letter code such as {possible[0]}"
            )
        return home
    return possible[0] if possible else ""


def _rounded(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -MOST_DECIMALS:
        return number
    if number.adjusted() > _ROUNDING.prec // 2:  # too large for any use, and for rounding
        return number
    short = _ROUNDING.quantize(number, _PLACES).normalize(_ROUNDING)
    return short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1))  # type: ignore[operator] # finite
