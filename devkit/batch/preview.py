# SPDX-License-Identifier: Apache-2.0
"""What a file was taken for, shown before anything is paid."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from devkit.batch.source import Row, Source

_EXAMPLES = 2
_FAULTS_SHOWN = 10
_TITLES = {"vendor": "supplier", "document_date": "date", "document_number": "document number"}


def preview(source: Source) -> RenderableType:
    """Each field with the column that it is read from and its first values, and what is left out."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("field", "column", "first values"):
        table.add_column(title, overflow="fold")
    for field, column in source.columns.of.items():
        table.add_row(
            _TITLES.get(field, field.replace("_", " ")), escape(column), escape(_first_values(source, field))
        )
    return Group(escape(f"Read as {source.form}."), table, *_notes(source))


def _first_values(source: Source, field: str) -> str:
    column = source.columns.of[field]
    values = (_as_read(row, field, column) for row in source.sent)
    return " · ".join(value for value, _ in zip(filter(None, values), range(_EXAMPLES), strict=False))


def _as_read(row: Row, field: str, column: str) -> str:
    written = str(row.original.get(column, "") or "").strip()
    if field != "amount" or not written:
        return written
    read = f"{row.request.get('amount', '')} {row.request.get('currency', '')}".strip()
    return written if written == read else f"{written} = {read}"


def _notes(source: Source) -> Iterator[str]:
    if source.columns.unused:
        yield escape(f"Not used: {', '.join(source.columns.unused)}. Name a field with --map FIELD=COLUMN.")
    if source.decimal is not None:
        yield f"Numbers are read with a decimal {source.decimal}."
    if not any(row.request.get("currency") for row in source.sent):
        yield "No currency is known; the policy's is used. Name one with --currency."
    refunds = [row for row in source.rows if row.refund is not None]
    if refunds:
        yield f"{len(refunds):,} refunds are listed and not analysed: there is nothing to approve."
    faults = [row for row in source.rows if row.fault]
    if faults:
        yield f"{len(faults):,} rows cannot be read and are listed as unread:"
        yield from (escape(f"  {row.place}: {row.fault}") for row in faults[:_FAULTS_SHOWN])
        if len(faults) > _FAULTS_SHOWN:
            yield f"  and {len(faults) - _FAULTS_SHOWN:,} more"
