# SPDX-License-Identifier: Apache-2.0
"""Reads the file: CSV or JSON lines, with the columns that an export has, mapped to what a request has."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REQUEST_FIELDS = (
    "content",
    "request_id",
    "request_type",
    "amount",
    "currency",
    "requester",
    "priority",
    "deadline_hours",
    "context",
    "idempotency_key",
)
_OTHER_NAMES = {
    "content": ("content", "description", "purpose", "details", "memo"),
    "requester": ("requester", "employee", "cardholder", "requested_by"),
    "supplier": ("supplier", "vendor", "merchant", "payee"),
    "date": ("date", "bought_on", "transaction_date", "posted_on"),
    "amount": ("amount", "total", "value"),
}
_AMOUNT_IN = re.compile(r"(?:amount|total|value)_([a-z]{3})")


class FileUnreadableError(Exception):
    """The file is not what it should be; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: as it stood there, as a request, and what the report needs of it."""

    original: Mapping[str, Any]
    request: Mapping[str, Any]
    supplier: str
    day: str


def read_rows(file: Path, *, requester: str = "", currency: str = "") -> Sequence[Row]:
    """The rows of a `.csv` or `.jsonl` file. `requester` and `currency` stand in where a row names none.

    Without either, whoever made the file counts as the requester, under the file's name. Raises
    `FileUnreadableError`.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadableError(f"{file}: {error}") from None
    lines = _json_lines(file, text) if file.suffix in {".jsonl", ".ndjson"} else _csv_lines(file, text)
    rows = [_row(line, requester or file.stem, currency) for line in lines]
    if not rows:
        raise FileUnreadableError(f"{file} has no rows; give a CSV file with a header, or JSON lines")
    return rows


def _json_lines(file: Path, text: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            raise FileUnreadableError(f"{file}, line {number}: no JSON ({error})") from None
        if not isinstance(found, dict):
            raise FileUnreadableError(f"{file}, line {number}: not an object but {line[:60]!r}")
        yield found


def _csv_lines(file: Path, text: str) -> Iterator[Mapping[str, Any]]:
    reader = csv.DictReader(text.splitlines(keepends=True), restkey="more")
    try:
        yield from reader
    except csv.Error as error:
        raise FileUnreadableError(f"{file}, line {reader.line_num}: {error}") from None


def _row(line: Mapping[str, Any], requester: str, currency: str) -> Row:
    given = {
        str(name).strip().casefold(): value
        for name, value in line.items()
        if value is not None and value != ""
    }
    supplier = _first(given, "supplier")
    request = {name: given[name] for name in REQUEST_FIELDS if name in given}
    request.setdefault("content", _content(given, supplier))
    request.setdefault("request_type", "purchase")
    request.setdefault("requester", _first(given, "requester") or requester)
    amount, named_currency = _amount(given)
    if amount:
        request.setdefault("amount", amount)
    if named_currency or currency:
        request.setdefault("currency", named_currency or currency)
    return Row(line, request, supplier, _first(given, "date"))


def _content(given: Mapping[str, Any], supplier: str) -> str:
    """What the request says for itself, or else a sentence made of what is known."""
    own, day = _first(given, "content"), _first(given, "date")
    parts = (own or "Card purchase.", supplier and f"Supplier: {supplier}.", day and f"Bought on {day}.")
    return " ".join(part for part in parts if part)


def _amount(given: Mapping[str, Any]) -> tuple[str, str]:
    """The amount and, where its column's name has it, the currency."""
    if plain := _first(given, "amount"):
        return plain, ""
    for name, value in given.items():
        if found := _AMOUNT_IN.fullmatch(name):
            return str(value), found[1].upper()
    return "", ""


def _first(given: Mapping[str, Any], what: str) -> str:
    return next((str(given[name]).strip() for name in _OTHER_NAMES[what] if name in given), "")
