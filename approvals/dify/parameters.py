# SPDX-License-Identifier: Apache-2.0
"""Reads tool parameters. Dify stringifies and drops values in silence, so each is read anew from what arrives."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from approvals.domain.canonical import canonical
from approvals.domain.policy_reader import PolicyDocument, read_policy
from approvals.domain.policy_types import AMOUNT_LIMIT, DEADLINE_LIMIT_HOURS
from approvals.domain.terms import Language
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.settings import FALSE_WORDS, TRUE_WORDS
from approvals.text.nesting import depth_of
from approvals.text.numbers import NumberError, read_amount, read_number
from approvals.text.python_literals import json_of_python

CONTENT_LIMIT: Final = 100_000  # bytes of UTF-8; a record with it still fits a storage message of 1 MB
CONTEXT_LIMIT: Final = 8_000  # bytes of UTF-8; it is sent to the model whole
CONTEXT_DEPTH: Final = 20  # lists and objects within each other; what is stored must be read again
_EXACT_INTEGERS: Final = 2**53 - 1  # beyond it JSON readers disagree (RFC 8785)
MOST_IDS: Final = 500  # that are looked up in one call
_IDS_LENGTH: Final = MOST_IDS * 140  # characters
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?P<sign>[-/.])(?P<month>[0-9]{1,2})(?P=sign)(?P<day>[0-9]{1,2})(?:[T ].{0,40})?"
)
_ABSENT = frozenset({"None", "null", "undefined"})
_PRIORITIES = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Parameters:
    """The parameters of one tool call. Every reader raises `bad_parameter` with the name, the value and a way out."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """What Dify wrote out as `None` or `null` is as absent as what it left out."""
        self._given = {name: None if _is_absent(value) else value for name, value in given.items()}

    def text(self, name: str, *, limit: int, required: bool = False) -> str:
        """A name, a key or an id: text without control characters, stripped; "" when absent. `limit` is in bytes."""
        text = self._bounded(name, limit)
        # What can be printed holds none of them, and Python knows at once whether a text can.
        forbidden = None if text.isprintable() else _FORBIDDEN.search(text)
        if forbidden:
            raise self._bad(
                name,
                f"holds the character U+{ord(forbidden[0]):04X} at position {forbidden.start()}; remove it",
            )
        return self._stripped(name, text, required=required)

    def prose(self, name: str, *, limit: int, required: bool = False) -> str:
        """Text that people read: as `text`, with a blank for each control character, such as a form feed of a PDF."""
        return self._stripped(name, _blanked(self._bounded(name, limit)), required=required)

    def _bounded(self, name: str, limit: int) -> str:
        value = self._given.get(name)
        text = value if isinstance(value, str) else self._in_words(name, value)
        size = len(text.encode(errors="surrogatepass"))
        if size > limit:
            raise self._bad(name, f"has {size:,} bytes; at most {limit:,} are kept: shorten it or link to it")
        return text

    def _stripped(self, name: str, text: str, *, required: bool) -> str:
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

    def request_ids(self, name: str = "request_id") -> tuple[str, ...]:
        """Ids, each once: a list of them, its JSON or Python notation, or text with commas between them."""
        value = self._given.get(name)
        if isinstance(value, str):
            value = self._listed(name, value)
        elif not isinstance(value, list | tuple):
            value = [value]
        # A round of an iteration that failed leaves None, a request that was not stored has no id.
        ids = dict.fromkeys(Parameters({name: one}).request_id(name) for one in value)
        ids.pop("", None)
        if len(ids) > MOST_IDS:
            raise self._bad(name, f"holds {len(ids):,} ids; at most {MOST_IDS} are looked up in one call")
        return tuple(ids)

    def _listed(self, name: str, text: str) -> Sequence[object]:
        if len(text) > _IDS_LENGTH:
            raise self._bad(
                name, f"has {len(text):,} characters; at most {MOST_IDS} ids are looked up in one call"
            )
        if not text.lstrip().startswith("["):
            return text.split(",")
        for as_json in (str, json_of_python):
            try:
                items = json.loads(as_json(text))
            except (ValueError, RecursionError):
                continue
            if isinstance(items, list):
                return items
        raise self._bad(
            name, 'must be one id, or several as a list such as ["PO-1", "PO-2"] or with commas between'
        )

    def choice[T: StrEnum](self, name: str, words: type[T], also: Iterable[str] = ()) -> T | None:
        """One word of a closed set, in any case; None when absent. `also`: what else the caller may write."""
        text = self.text(name, limit=1_000).casefold()
        if not text:
            return None
        try:
            return words(text)
        except ValueError:
            raise self._bad(name, f"must be one of {', '.join((*words, *also))}") from None

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

    def amount(self, name: str = "amount", *, home: str = "") -> tuple[Decimal | None, str]:
        """Money from 0 on, and its currency; None when absent.

        The currency is what the parameter `currency` states, else what stands beside the amount, else "". `home` is
        the policy's, in which an amount without a currency is.
        """
        currency = self.currency()
        value = self._given.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None, currency
        try:
            amount = read_amount(value, currency=currency, home=home)
        except NumberError as error:
            raise self._bad(name, str(error)) from None
        if amount.number > AMOUNT_LIMIT:
            raise self._bad(name, "must be at most 1e15")
        return amount

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
        """A JSON object, as one or as text; the Python notation that Dify makes of objects is read too.

        Control characters in it become blanks, and integers that JSON readers round become text.
        """
        value = self._given.get(name)
        if isinstance(value, str):
            value = self._parsed(name, value)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self._bad(name, 'must be a JSON object such as {"cost_center": "4711"}')
        if depth_of(value, CONTEXT_DEPTH) > CONTEXT_DEPTH:
            raise self._bad(name, f"is nested more than {CONTEXT_DEPTH} deep; make it flatter")
        try:
            kept = {_key(key): _kept(each) for key, each in value.items()}
            size = len(canonical(kept))
        except ValueError as error:
            raise self._bad(name, f"holds what JSON cannot: {shown(str(error))}") from None
        if size > CONTEXT_LIMIT:
            raise self._bad(name, f"has {size:,} bytes; at most {CONTEXT_LIMIT:,} are read")
        return kept

    def policy(self, name: str = "policy") -> PolicyDocument | None:
        """The policy in YAML or JSON text; None when absent. Raises `bad_policy` for a bad one."""
        value = self._given.get(name)
        if isinstance(value, Mapping) and depth_of(value, CONTEXT_DEPTH) <= CONTEXT_DEPTH:
            value = json.dumps(value)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if not isinstance(value, str):
            raise self._bad(name, "must be a policy as YAML or JSON text, or empty for the default policy")
        return read_policy(value)

    def _number(self, name: str, must: str = "") -> Decimal | None:
        value = self._given.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return read_number(value)
        except NumberError as error:
            raise self._bad(name, must or str(error)) from None

    def _parsed(self, name: str, text: str) -> object:
        if not text.strip():
            return None
        if len(text) > CONTEXT_LIMIT * 4:
            raise self._bad(
                name, f"has {len(text):,} characters; at most {CONTEXT_LIMIT:,} bytes of JSON are read"
            )
        for as_json in (str, json_of_python):
            try:
                return json.loads(as_json(text), object_pairs_hook=_with_doubled_keys)
            except (ValueError, RecursionError):
                continue
        raise self._bad(name, 'must be a JSON object such as {"cost_center": "4711"}')

    def _bad(self, name: str, why: str) -> ApprovalError:
        return ApprovalError(ErrorCode.BAD_PARAMETER, f"{name} {why}; found {shown(self._given.get(name))}")


def _is_absent(value: object) -> bool:
    return isinstance(value, str) and value.strip() in _ABSENT


def _with_doubled_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with the values of a key that stands in it twice: the second one as `key (2)`, so none is lost."""
    found: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for key, value in pairs:
        count = seen[key] = seen.get(key, 0) + 1
        found[key if count == 1 else f"{key} ({count})"] = value
    return found


def _blanked(text: str) -> str:
    return text if text.isprintable() else _FORBIDDEN.sub(" ", text)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"the key {shown(key)}, which is not text")  # noqa: TRY004 - as for every other value
    return _blanked(key)


def _kept(value: object) -> object:
    """A JSON value as it is kept. Raises `ValueError` for what JSON cannot hold."""
    if isinstance(value, str):
        return _blanked(value)
    if isinstance(value, Mapping):
        return {_key(key): _kept(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(each) for each in value]
    if isinstance(value, int) and not -_EXACT_INTEGERS <= value <= _EXACT_INTEGERS:
        return str(value)
    return value
