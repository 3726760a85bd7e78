# SPDX-License-Identifier: Apache-2.0
"""A file's records as requests: each with its line, and those that cannot be sent with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from approvals.text.numbers import NumberError, read_amount
from devkit.batch.columns import Columns, columns_of
from devkit.batch.number_columns import DecimalSign, decimal_sign, plain_number
from devkit.batch.records import Record, Sheet, read_sheet

_COMPARED = ("vendor", "document_number", "cost_center")
_NAME = 400  # bytes; what is longer stands in the content only
_SENT_AS_TEXT = ("request_id", "priority", "deadline_hours", "context", "idempotency_key", "request_type")


@dataclass(frozen=True, slots=True)
class Row:
    """One record: as it stood in the file, as a request, and what the report needs of it.

    `fault` says why it is not sent; it is "" where it is sent. A refund is not sent: there is nothing to approve.
    """

    place: str
    original: Mapping[str, Any]
    request: Mapping[str, Any]
    supplier: str = ""
    day: str = ""
    fault: str = ""
    refund: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: how, which column was taken for what, and its rows."""

    form: str
    columns: Columns
    decimal: DecimalSign | None
    rows: Sequence[Row]

    @property
    def sent(self) -> Sequence[Row]:
        """The rows that are analysed."""
        return [row for row in self.rows if not row.fault and row.refund is None]


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says of a file."""

    requester: str = ""
    currency: str = ""
    columns: Mapping[str, str] | None = None
    decimal: DecimalSign | None = None


def read_source(file: Path, given: Given | None = None) -> Source:
    """The rows of a file. Where neither row nor command names a requester, the file's name stands in.

    Raises `FileUnreadableError`.
    """
    given = given or Given()
    sheet = read_sheet(file)
    columns = columns_of(sheet.columns, given.columns or {})
    sign = given.decimal or _decimal(sheet, columns)
    rows = [_row(record, columns, sign, given, file.stem) for record in sheet.records]
    return Source(sheet.form, columns, sign, rows)


def _decimal(sheet: Sheet, columns: Columns) -> DecimalSign | None:
    column = columns.of.get("amount")
    if column is None:
        return None
    cells = {record.place: record.cells.get(column) for record in sheet.records if not record.fault}
    return decimal_sign({place: cell for place, cell in cells.items() if isinstance(cell, str)}, column)


def _row(record: Record, columns: Columns, sign: DecimalSign | None, given: Given, stand_in: str) -> Row:
    if record.fault:
        return Row(record.place, record.cells, {}, fault=record.fault)
    cells = {field: record.cells.get(column) for field, column in columns.of.items()}
    texts = {field: str(cell).strip() for field, cell in cells.items() if cell not in (None, "")}
    supplier, day = texts.get("vendor", ""), texts.get("document_date", "")
    request: dict[str, Any] = {field: cells[field] for field in _SENT_AS_TEXT if field in texts}
    request["content"] = _content(texts)
    request.setdefault("request_type", "purchase")
    request |= {
        field: texts[field]
        for field in _COMPARED
        if len(texts.get(field, "").encode()) <= _NAME and field in texts
    }
    if _is_day(day):  # one that is written otherwise stands in the content only
        request["document_date"] = day[:10]
    request["requester"] = texts.get("requester") or given.requester or stand_in
    currency = (texts.get("currency") or columns.currency or given.currency).upper()
    if currency:
        request["currency"] = currency
    refund, fault = None, ""
    if "amount" in texts:
        try:
            refund = _add_amount(request, _plain(cells["amount"], sign), currency)
        except NumberError as error:
            fault = f"amount {texts['amount']!r} {error}"
    return Row(record.place, record.cells, request, supplier, day, fault, refund)


def _is_day(text: str) -> bool:
    """True for a day with the year first, also with a time of day behind it."""
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return text[10:11] in {"", " ", "T"}


def _plain(cell: Any, sign: DecimalSign | None) -> str | Decimal:
    if isinstance(cell, int | float):
        return Decimal(str(cell))
    return plain_number(str(cell).strip(), sign)


def _add_amount(request: dict[str, Any], cell: str | Decimal, currency: str) -> Decimal | None:
    """Write the amount into the request, or give what is refunded. Raises `NumberError`."""
    negative = _without_minus(cell)
    found = read_amount(cell if negative is None else negative, currency=currency, home=currency)
    if negative is not None and found.number:
        return found.number
    request["amount"] = f"{found.number:f}"
    if found.currency:
        request["currency"] = found.currency
    return None


def _without_minus(cell: str | Decimal) -> str | Decimal | None:
    """A negative amount without its sign; None for one that is not negative."""
    if isinstance(cell, Decimal):
        return -cell if cell < 0 else None
    text = cell.replace("\u2212", "-").strip()
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1]
    if text.startswith("-") or text.endswith("-"):
        return text.strip("- ")
    head, _, tail = text.partition("-")  # "€ -12.50"
    return head + tail if head and not any(map(str.isdigit, head)) else None


def _content(texts: Mapping[str, str]) -> str:
    """What the request says for itself, with all that is known of the purchase."""
    own = texts.get("content") or "Card purchase."
    known = (
        ("Supplier", texts.get("vendor")),
        ("Document", texts.get("document_number")),
        ("Date", texts.get("document_date")),
        ("Cost center", texts.get("cost_center")),
    )
    return " ".join([own, *(f"{name}: {value}." for name, value in known if value)])
