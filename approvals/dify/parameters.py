# SPDX-License-Identifier: Apache-2.0
"""Reads tool parameters. Dify stringifies and drops values in silence, so each is read anew from what arrives."""

import ast
import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from approvals.domain.canonical import canonical
from approvals.domain.policy import AMOUNT_LIMIT, DEADLINE_LIMIT_HOURS
from approvals.domain.policy_reader import PolicyDocument, read_policy
from approvals.domain.terms import Language
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.settings import FALSE_WORDS, TRUE_WORDS

CONTENT_LIMIT = 100_000  # bytes of UTF-8; a record with it still fits a storage message of 1 MB
CONTEXT_LIMIT = 8_000  # bytes of UTF-8; it is sent to the model whole
_DECIMALS = 6  # of an amount; the smallest units of real currencies have four
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?P<sign>[-/.])(?P<month>[0-9]{1,2})(?P=sign)(?P<day>[0-9]{1,2})(?:[T ].{0,40})?"
)
_PRIORITIES = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Parameters:
    """The parameters of one tool call. Every reader raises `bad_parameter` with the name, the value and a way out."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def text(self, name: str, *, limit: int, required: bool = False) -> str:
        """Text without control characters, stripped; "" when absent. `limit` is in bytes of UTF-8."""
        value = self._given.get(name)
        text = value if isinstance(value, str) else self._in_words(name, value)
        # What can be printed holds none of them, and Python knows at once whether a text can.
        forbidden = None if text.isprintable() else _FORBIDDEN.search(text)
        if forbidden:
            raise self._bad(
                name,
                f"holds the character U+{ord(forbidden[0]):04X} at position {forbidden.start()}; remove it",
            )
        size = len(text.encode())
        if size > limit:
            raise self._bad(name, f"has {size:,} bytes; at most {limit:,} are kept: shorten it or link to it")
        text = text.strip()
        if required and not text:
            raise self._bad(name, "is required and must not be empty")
        return text

    def _in_words(self, name: str, value: object) -> str:
        """What is no text as text; only a number can be."""
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self._bad(name, "must be text")
        return str(value)

    def request_id(self, name: str = "request_id", *, required: bool = False) -> str:
        """An id: letters, digits and `. _ : @ -`, at most 128 characters."""
        text = self.text(name, limit=1_000, required=required)
        if text and not _REQUEST_ID.fullmatch(text):
            raise self._bad(
                name,
                "must begin with a letter or digit and hold only letters, digits and . _ : @ - (128 at most)",
            )
        return text

    def choice[T: StrEnum](self, name: str, words: type[T]) -> T | None:
        """One word of a closed set, in any case; None when absent."""
        text = self.text(name, limit=1_000).casefold()
        if not text:
            return None
        try:
            return words(text)
        except ValueError:
            raise self._bad(name, f"must be one of {', '.join(words)}") from None

    def required_choice[T: StrEnum](self, name: str, words: type[T]) -> T:
        """One word of a closed set, in any case."""
        word = self.choice(name, words)
        if word is None:
            raise self._bad(name, f"is required and must be one of {', '.join(words)}")
        return word

    def boolean(self, name: str) -> bool:
        """True or false as Dify or a person writes it; False when absent."""
        value = self._given.get(name)
        text = "" if value is None else str(value).strip().casefold()
        if not text or text in FALSE_WORDS:
            return False
        if text in TRUE_WORDS:
            return True
        raise self._bad(name, "must be true or false")

    def limit(self, *, default: int, high: int) -> int:
        """How many to answer with, at most: the parameter `limit`."""
        return self.integer("limit", low=1, high=high) or default

    def integer(self, name: str, *, low: int, high: int, words: str = "") -> int | None:
        """A whole number within bounds; `3.0` counts as 3. None when absent. `words`: what else may be written."""
        must = f"must be a whole number from {low} to {high}{words}"
        number = self._number(name, must)
        if number is None:
            return None
        if number != number.to_integral_value() or not low <= number <= high:
            raise self._bad(name, must)
        return int(number)

    def priority(self, name: str = "priority") -> int | None:
        """1 (most urgent) to 5, as a number or one of the words `urgent`, `high`, `normal`, `low`. None when absent."""
        word = self._given.get(name)
        known = _PRIORITIES.get(word.strip().casefold()) if isinstance(word, str) else None
        return known or self.integer(name, low=1, high=5, words=", or one of " + ", ".join(_PRIORITIES))

    def date(self, name: str) -> date | None:
        """A day written year first, such as 2026-11-03; a time of day behind it is dropped. None when absent."""
        text = self.text(name, limit=100)
        if not text:
            return None
        found = _DATE.fullmatch(text)
        try:
            if found is None:
                raise ValueError(text)  # noqa: TRY301 - one way out for every bad date
            return date(*map(int, found.group("year", "month", "day")))
        except ValueError:
            raise self._bad(name, "must be a date with the year first, such as 2026-11-03") from None

    def language(self, name: str = "language") -> Language | None:
        """A language that approvers are written to in, as `pt` or `pt-BR`. None when absent."""
        text = self.text(name, limit=100).casefold()
        if not text:
            return None
        try:
            return Language(re.split("[-_]", text, maxsplit=1)[0])
        except ValueError:
            raise self._bad(
                name, f"must be one of {', '.join(Language)}, or empty for the content's own"
            ) from None

    def amount(self, name: str = "amount") -> Decimal | None:
        """Money from 0 on, as a plain number without separators or a currency sign. None when absent."""
        number = self._number(name)
        if number is None:
            return None
        exponent = number.as_tuple().exponent
        if not 0 <= number <= AMOUNT_LIMIT or (isinstance(exponent, int) and exponent < -_DECIMALS):
            raise self._bad(
                name, f"must be from 0 to 1e15 with at most {_DECIMALS} decimals, such as 1234.50"
            )
        return number

    def hours(self, name: str = "deadline_hours") -> Decimal | None:
        """Hours above 0, at most a year. None when absent."""
        number = self._number(name)
        if number is not None and not 0 < number <= DEADLINE_LIMIT_HOURS:
            raise self._bad(name, f"must be above 0 and at most {DEADLINE_LIMIT_HOURS} hours")
        return number

    def currency(self, name: str = "currency") -> str:
        """A three-letter code in capitals; "" when absent."""
        text = self.text(name, limit=1_000).upper()
        if text and not _CURRENCY.fullmatch(text):
            raise self._bad(name, "must be a three-letter code such as USD")
        return text

    def json_object(self, name: str) -> Mapping[str, Any]:
        """A JSON object, as one or as text; the Python notation that Dify makes of objects is read too."""
        value = self._given.get(name)
        if isinstance(value, str):
            value = self._parsed(name, value)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self._bad(name, 'must be a JSON object such as {"cost_center": "4711"}')
        try:
            size = len(canonical(value))
        except (ValueError, RecursionError) as error:
            raise self._bad(name, f"holds what JSON cannot: {shown(str(error))}") from None
        if size > CONTEXT_LIMIT:
            raise self._bad(name, f"has {size:,} bytes; at most {CONTEXT_LIMIT:,} are read")
        if _FORBIDDEN.search(json.dumps(value, ensure_ascii=False)) or "\\u0000" in json.dumps(value):
            raise self._bad(name, "holds control characters; remove them")
        return value

    def policy(self, name: str = "policy") -> PolicyDocument | None:
        """The policy in YAML or JSON text; None when absent. Raises `bad_policy` for a bad one."""
        value = self._given.get(name)
        if isinstance(value, Mapping):
            value = json.dumps(value)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if not isinstance(value, str):
            raise self._bad(name, "must be a policy as YAML or JSON text, or empty for the default policy")
        return read_policy(value)

    def _number(
        self, name: str, must: str = "must be a plain number such as 1234.50, without currency or separators"
    ) -> Decimal | None:
        value = self._given.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise self._bad(name, "must be a number")
        text = str(value).strip()
        try:
            if len(text) > 40 or "_" in text:  # noqa: PLR2004 - longer than any number meant seriously
                raise InvalidOperation  # noqa: TRY301 - one way out for every bad number
            number = Decimal(text)
        except InvalidOperation:
            raise self._bad(name, must) from None
        if not number.is_finite():
            raise self._bad(name, "must be a finite number")
        return number

    def _parsed(self, name: str, text: str) -> object:
        if not text.strip():
            return None
        if len(text) > CONTEXT_LIMIT * 4:
            raise self._bad(
                name, f"has {len(text):,} characters; at most {CONTEXT_LIMIT:,} bytes of JSON are read"
            )
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
        try:
            return ast.literal_eval(text.strip())  # what str() makes of a dict, as Dify passes objects on
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            raise self._bad(name, 'must be a JSON object such as {"cost_center": "4711"}') from None

    def _bad(self, name: str, why: str) -> ApprovalError:
        return ApprovalError(ErrorCode.BAD_PARAMETER, f"{name} {why}; found {shown(self._given.get(name))}")
