# SPDX-License-Identifier: Apache-2.0
"""Which column of a file holds which field of a request: by the names in column_names.tsv, or as `--map` says."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from approvals.text.currencies import currencies_of
from devkit.decoding import FileUnreadableError

NO_COLUMN = "none"
"""`--map amount=none`: the file has no such column, and that is known."""
_NAMES = Path(__file__).with_name("column_names.tsv")
_IN_BRACKETS = re.compile(r"[(\[\uff08\u3010](.*?)[)\]\uff09\u3011]")
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column each field is read from. `currency` is the one that the amount's column names, or ""."""

    of: Mapping[str, str]
    currency: str
    unused: Sequence[str]


def columns_of(names: Sequence[str], given: Mapping[str, str]) -> Columns:
    """What each column is taken for. `given` maps fields to columns and goes first. Raises `FileUnreadableError`."""
    fields = _known()
    if unknown := sorted(given.keys() - fields.keys()):
        raise FileUnreadableError(f"--map {unknown[0]}=… names no field; fields are {', '.join(fields)}")
    by_key = {_key(name): name for name in names}
    found = {field: _given(names, by_key, field, column) for field, column in given.items()}
    taken = set(found.values())
    currency = ""
    for field, known in fields.items():
        if field in found:
            continue
        for name in known:
            column, named_currency = _column(by_key, name)
            if column and column not in taken:
                found[field] = column
                taken.add(column)
                currency = named_currency if field == "amount" else currency
                break
    if "amount" in given:
        currency = _currency_in(given["amount"])
    used = {field: column for field, column in found.items() if column != NO_COLUMN}
    _check(found, names)
    return Columns(used, currency, [name for name in names if name not in taken])


def _check(found: Mapping[str, str], names: Sequence[str]) -> None:
    listed = ", ".join(map(repr, names[:20]))
    if "amount" not in found:
        raise FileUnreadableError(
            f"no column is known to hold the amount (columns: {listed}); say which with --map amount=COLUMN, or "
            "--map amount=none if there is none"
        )
    if "content" not in found and "vendor" not in found:
        raise FileUnreadableError(
            f"no column is known to say what is asked for, or by whom it is sold (columns: {listed}); say which "
            "with --map content=COLUMN or --map vendor=COLUMN"
        )


def _given(names: Sequence[str], by_key: Mapping[str, str], field: str, column: str) -> str:
    if column == NO_COLUMN:
        return column
    name = column if column in names else by_key.get(_key(column))
    if name is None:
        listed = ", ".join(map(repr, names[:20]))
        raise FileUnreadableError(f"--map {field}={column}: there is no such column; columns are {listed}")
    return name


def _column(by_key: Mapping[str, str], known: str) -> tuple[str, str]:
    """The column of this name, also with a currency behind it as in "Betrag (EUR)" and "amount_gbp"."""
    if known in by_key:
        return by_key[known], _currency_in(by_key[known])
    for key, name in by_key.items():
        if key.startswith(known) and (code := _currency_of(key.removeprefix(known).strip())):
            return name, code
    return "", ""


def _currency_in(name: str) -> str:
    inside = _IN_BRACKETS.search(name)
    last = _NO_LETTER.sub(" ", name).split()[-1:]
    return (_currency_of(inside[1]) if inside else "") or (_currency_of(last[0]) if last else "")


def _currency_of(text: str) -> str:
    found = currencies_of(text.strip().upper()) or currencies_of(text.strip())
    return found[0] if found else ""


def _key(name: str) -> str:
    """A column's name as it is compared: without case, what stands in brackets, and punctuation."""
    folded = unicodedata.normalize("NFKC", _IN_BRACKETS.sub("", name)).casefold()
    return " ".join(_NO_LETTER.sub(" ", folded).split())


@cache
def _known() -> Mapping[str, Sequence[str]]:
    lines = _NAMES.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {field: [_key(name) for name in (field, *names.split(";"))] for field, names in rows}
