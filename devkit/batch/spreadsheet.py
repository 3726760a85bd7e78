# SPDX-License-Identifier: Apache-2.0
"""The first sheet of an `.xlsx` file, with openpyxl where it is installed."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from devkit.decoding import FileUnreadableError


def spreadsheet_rows(data: bytes) -> Iterator[tuple[int, Sequence[Any], str]]:
    """Each row's number, its cells (text, or a number where the sheet has one), and "".

    A formula gives what it was worth when the file was saved.

    Raises `FileUnreadableError`.
    """
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 - an extra that not everyone has
        from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415
    except ImportError:
        raise FileUnreadableError(
            "spreadsheets are read with openpyxl, which is not installed: pip install openpyxl, or save as CSV"
        ) from None
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise FileUnreadableError(f"is no spreadsheet ({error}); save it as .xlsx or CSV") from None
    sheet = book.worksheets[0]
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield number, [_value(cell) for cell in row], ""


def _value(cell: object) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | datetime | time):
        return cell.isoformat()
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    return cell if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)
