# SPDX-License-Identifier: Apache-2.0
"""The keys that the ledger is written under: how they are typed, and which of them sign and verify."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from approvals.errors import ApprovalError, ErrorCode, shown

SHORTEST_SECRET: Final = 32
"""Characters: 128 bits, even where they are hex digits."""
LONGEST_SECRET: Final = 256
MOST_KEYS: Final = 20
_FEWEST_DIFFERENT: Final = 8  # characters of a secret; fewer are no random text
_KEY_ID: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[A-Za-z0-9._-]{0,20}")
_SECRET: Final = re.compile(r"[!-+\--9;-~]+")  # visible ASCII without the comma and the colon
_ADVICE: Final = (
    "Write each key as id:secret, the newest first, with a blank or a line break between two. The id begins with the "
    "day from which the key signs; 'openssl rand -hex 32' makes a secret. Example: 2026-11-29:SECRET"
)


@dataclass(frozen=True, slots=True)
class LedgerKey:
    """One key. Its id stands in the entries that it signs; its secret stands nowhere but in the settings."""

    key_id: str
    day: date
    secret: bytes = field(repr=False)

    def sign(self, content: bytes) -> str:
        """The HMAC-SHA256 of some bytes, as 64 hex digits."""
        return hmac.new(self.secret, content, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class LedgerKeys:
    """The keys of one credential set, newest first; there may be none. The newest signs, all of them verify."""

    keys: tuple[LedgerKey, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.keys)

    @property
    def newest(self) -> LedgerKey | None:
        """The one that signs."""
        return self.keys[0] if self.keys else None

    def find(self, key_id: str) -> LedgerKey | None:
        """The key with an id; None where it is not among them."""
        return next((key for key in self.keys if key.key_id == key_id), None)

    @property
    def unkeyed_until(self) -> date | None:
        """The last day (UTC) of which entries may be without a key; None where there are no keys.

        It is the one after the day that the oldest key is named after, which is a day where its admin lives.
        """
        return self.keys[-1].day + timedelta(days=1) if self.keys else None


UNKEYED: Final = LedgerKeys()


def parse_ledger_keys(text: str, name: str = "ledger_key") -> LedgerKeys:
    """The keys in `id:secret` words, newest first; blanks, commas and line breaks part them. Empty text has none.

    Raises `bad_parameter` that begins with `name` and never shows what may be a secret.
    """
    words = [word for word in re.split(r"[\s,]+", text) if word]
    if len(words) > MOST_KEYS:
        raise _bad(f"{name} holds {len(words)} keys and may hold {MOST_KEYS}")
    keys = tuple(_key(word, _place(name, number, len(words))) for number, word in enumerate(words, start=1))
    _refuse_disorder(name, keys)
    return LedgerKeys(keys)


def _key(word: str, place: str) -> LedgerKey:
    key_id, colon, secret = word.partition(":")
    if not colon:
        raise _bad(f"{place} has no ':' between its id and its secret")
    day = _day(key_id)
    if day is None:
        raise _bad(f"{place} has an id that does not begin with a day, written as YYYY-MM-DD")
    if ":" in secret:
        raise _bad(f"{place} has two ':'; where two keys were pasted, put a blank between them")
    if not _SECRET.fullmatch(secret):
        raise _bad(
            f"{place}, {shown(key_id)}, has a secret that is empty or not made of visible ASCII characters"
        )
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET or len(set(secret)) < _FEWEST_DIFFERENT:
        raise _bad(
            f"{place}, {shown(key_id)}, has a secret of {len(secret)} characters, {len(set(secret))} of them "
            f"different; it must have {SHORTEST_SECRET} to {LONGEST_SECRET} random ones"
        )
    return LedgerKey(key_id, day, secret.encode())


def _day(key_id: str) -> date | None:
    """The day that an id begins with; None where it is no id."""
    found = _KEY_ID.fullmatch(key_id)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _place(name: str, number: int, count: int) -> str:
    return name if count == 1 else f"{name}: key {number} of {count}"


def _refuse_disorder(name: str, keys: Sequence[LedgerKey]) -> None:
    """An id names one key, or an entry could not say which signed it; and the newest, which signs, is the first."""
    seen: set[str] = set()
    for key in keys:
        if key.key_id in seen:
            raise _bad(f"{name} holds two keys with id {shown(key.key_id)}; give each an id of its own")
        seen.add(key.key_id)
    for newer, older in pairwise(keys):
        if newer.day < older.day:
            raise _bad(f"{name} holds {shown(newer.key_id)} before {shown(older.key_id)}, which is newer")


def _bad(fault: str) -> ApprovalError:
    return ApprovalError(ErrorCode.BAD_PARAMETER, f"{fault}. {_ADVICE}")
