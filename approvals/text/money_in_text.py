# SPDX-License-Identifier: Apache-2.0
"""Finds amounts of money in free text: numbers in digits or words with a currency beside them. Linear in its length.

It reads and does not reckon: `20 chairs at 90 USD` names 90 USD. Of two readings of a number the larger counts.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from approvals.text.currencies import (
    LENGTHS_BY_FIRST,
    LENGTHS_BY_LAST,
    Spelling,
    spelling_of,
)
from approvals.text.fold import nfkc
from approvals.text.invisible import without_invisible
from approvals.text.money_words import (
    ASIDE_BEFORE,
    ASIDE_BEHIND,
    BACKGROUND_BEFORE,
    BACKGROUND_BEHIND,
    PART,
    TAX,
    TOTAL,
    TOTAL_BEHIND,
    UNIT_OF_MEASURE,
)
from approvals.text.numbers import ascii_signs
from approvals.text.numbers_in_text import FoundNumber, numbers_in


class Mention(NamedTuple):
    """An amount in a text, and its place. `currencies` are those that its sign may mean, the likeliest first."""

    start: int
    end: int

    amount: Decimal
    currencies: tuple[str, ...]
    written: str
    weak: bool
    """The sign is a word or an abbreviation that often means something else, such as `ft` or `real`."""
    aside: bool
    """Its clause says that it is not what is asked for: a saving, an earlier price, a budget, a sum insured."""
    background: bool
    """Its clause says that it explains the request: a dispute, a limit, another offer."""
    total: bool
    """Its clause calls it a total."""


class _Sign(NamedTuple):
    start: int
    end: int
    spelling: Spelling


class MoneyText:
    """A text, and the amounts that it names, in its order."""

    def __init__(self, text: str, pause: Callable[[], object] = lambda: None) -> None:
        """`pause` is called after each small step, so that a long text need not be read in one go."""
        self._pause = pause
        self._text = prepared(text)
        lower = self._text.lower()
        # İ becomes two letters; places must fit.
        self._folded = lower if len(lower) == len(self._text) else self._text
        self._numbers = numbers_in(self._text, pause)
        self.mentions = list(self._read())

    def _read(self) -> Iterator[Mention]:
        done = 0
        for place, number in enumerate(self._numbers):
            self._pause()
            if number.start < done:
                continue
            following = self._numbers[place + 1] if place + 1 < len(self._numbers) else None
            sign = _sign_of(self._text, number, following, done)
            if sign is None:
                continue
            start, end = min(number.start, sign.start), max(number.end, sign.end)
            small, large = number.readings[0], number.readings[-1]
            clause = _clause(self._folded, done, start)
            yield Mention(
                start=start,
                end=end,
                amount=small if UNIT_OF_MEASURE.match(self._folded, end) else large,
                currencies=sign.spelling.currencies,
                written=self._text[start:end].strip(" ("),
                weak=sign.spelling.weak,
                aside=bool(ASIDE_BEFORE.search(clause) or ASIDE_BEHIND.match(self._folded, end)),
                background=bool(
                    BACKGROUND_BEFORE.search(clause) or BACKGROUND_BEHIND.match(self._folded, end)
                ),
                total=bool(TOTAL.search(clause) or TOTAL_BEHIND.match(self._folded, end)),
            )
            done = end

    def supports(self, amount: Decimal | None, currency: str) -> bool:
        """True when the text names `amount`, or what makes it: so many at so much, or parts that add up to it."""
        own = [mention.amount for mention in self.mentions if currency in mention.currencies]
        if not amount or not own:
            return False
        if amount in own or sum(own) == amount:
            return True
        counts = {number.readings[-1] for number in self._numbers}
        return any(price and amount / price in counts for price in dict.fromkeys(own))

    def calls_a_part(self, amount: Decimal | None, currency: str) -> bool:
        """True when the text calls `amount` an instalment or a deposit."""
        for mention in self.mentions:
            if mention.amount == amount and currency in mention.currencies:
                self._pause()
                if PART.search(self._folded, max(0, mention.start - _AROUND), mention.end + _AROUND):
                    return True
        return False

    def is_with_tax(self, net: Decimal | None, gross: Decimal) -> bool:
        """True when `gross` is at most `net` with a tax whose rate the text gives."""
        if net is None or not TAX.search(self._folded):
            return False
        rates = [Decimal(rate.replace(",", ".")) for rate in set(_PERCENT.findall(self._folded))]
        highest = max([rate for rate in rates if rate <= _HIGHEST_TAX], default=Decimal(0))
        return gross <= net * (100 + highest) / 100 * _ROUNDED


_AROUND: Final = 60
_HIGHEST_TAX: Final = 30
_ROUNDED: Final = Decimal("1.005")
_PERCENT: Final = re.compile(r"([0-9]{1,2}(?:[.,][0-9]{1,2})?)[ ]?[%٪]")

# A full-width or Arabic comma sets thousands apart only before three digits; else it is a comma of the sentence.
_SENTENCE_COMMA: Final = re.compile("[，،](?![0-9０-９٠-٩]{3}(?![0-9０-９٠-٩]))")


def prepared(text: str) -> str:
    """`text` with its digits and separators in ASCII, and without what cannot be seen."""
    if text.isascii():
        return text
    return ascii_signs(nfkc(without_invisible(_SENTENCE_COMMA.sub(", ", text))))


# --- the currency beside a number --------------------------------------------------------------------------------

_GAP_BEHIND: Final = re.compile(r"(?:[ \n]{0,2}\(?-?(?:(?:of|in|de|di|en|von)[ ]|d')?)")
_GAP_BEFORE: Final = " :=(~\n"
_WIDEST_GAP: Final = 3
_FIRST_IDEOGRAPH: Final = "\u2e80"
_IDENTIFIER: Final = Decimal(100_000)
_YEARS: Final = range(1990, 2050)


def _sign_of(text: str, number: FoundNumber, following: FoundNumber | None, done: int) -> _Sign | None:
    """The currency sign of a number: before or behind it, whichever is nearer; not one of another number."""
    before, behind = _sign_before(text, number.start, done), _sign_behind(text, number.end)
    if behind and following and _belongs_to(text, number, behind, following):
        behind = None
    if before and behind:
        return before if number.start - before.end <= behind.start - number.end else behind
    return before or behind


def _sign_behind(text: str, place: int) -> _Sign | None:
    gap = _GAP_BEHIND.match(text, place)
    for start in dict.fromkeys((gap.end() if gap else place, place)):
        for length in LENGTHS_BY_FIRST.get(text[start : start + 1], ()):
            end = start + length
            spelling = spelling_of(text[start:end]) if end <= len(text) else None
            if spelling and not (_needs_end(text[end - 1]) and _needs_end(text[end : end + 1])):
                return _Sign(start, end, spelling)
    return None


def _sign_before(text: str, place: int, done: int) -> _Sign | None:
    end = place
    while end > done and place - end < _WIDEST_GAP and text[end - 1] in _GAP_BEFORE:
        end -= 1
    for length in LENGTHS_BY_LAST.get(text[end - 1 : end], ()):
        start = end - length
        spelling = spelling_of(text[start:end]) if start >= done else None
        # A letter that belongs to an earlier number is no part of this word.
        if spelling and not (_needs_end(text[start]) and start > done and _needs_end(text[start - 1])):
            return _Sign(start, end, spelling)
    return None


def _needs_end(character: str) -> bool:
    """True for a letter of a script that sets words apart: `EUR` is no currency inside `EUROPE`."""
    return character.isalpha() and character < _FIRST_IDEOGRAPH


def _belongs_to(text: str, number: FoundNumber, sign: _Sign, following: FoundNumber) -> bool:
    """True when the sign between two numbers is that of the second, as in `2026 EUR 300`."""
    to_next = following.start - sign.end
    if to_next > _WIDEST_GAP or text[sign.end : following.start].strip(_GAP_BEFORE):
        return False
    if _sign_behind(text, following.end):
        return False
    if text[number.start].isalpha() and text[following.start].isdigit():
        return True  # "amount due USD 7,500", where "due" is two in Italian
    if to_next != sign.start - number.end:
        return to_next < sign.start - number.end
    amount = number.readings[-1]
    return number.bare and (amount >= _IDENTIFIER or amount in _YEARS)


# --- what its clause says ----------------------------------------------------------------------------------------

_BREAK: Final = re.compile(r"[;!?\n。；！？、]|[.,](?= )")
_LOOK_BACK: Final = 45


def _clause(folded: str, done: int, start: int) -> str:
    """What stands before an amount in its clause."""
    window = folded[max(done, start - _LOOK_BACK) : start]
    breaks = list(_BREAK.finditer(window))
    return window[breaks[-1].end() :] if breaks else window
