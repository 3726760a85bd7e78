# SPDX-License-Identifier: Apache-2.0
"""The records of a file, each with its line: CSV with any usual delimiter, JSON lines, a JSON array, a spreadsheet.

A record that cannot be read does not end the file: it is kept with what is wrong with it.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.batch.spreadsheet import spreadsheet_rows
from devkit.decoding import FileUnreadableError, decoded

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LOOKED_AT = 20
_LONGEST_CELL = 100
"""Lines that a quoted cell may go over; a longer one is a quote that nobody closed."""
_ONLY_LINE_ENDS = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it stands, its cells by the name of their column, and what is wrong with it ("" if nothing)."""

    place: str
    cells: Mapping[str, Any]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands in a file. `form` tells a person how it was read, such as "CSV with semicolons, Windows-1252"."""

    form: str
    columns: Sequence[str]
    records: Sequence[Record]


def read_sheet(file: Path) -> Sheet:
    """The records of a file: `.jsonl`, `.ndjson`, `.json`, `.xlsx`, and CSV by any other name.

    Raises `FileUnreadableError`.
    """
    try:
        data = file.read_bytes()
        return _sheet(file.suffix.casefold(), data)
    except OSError as error:
        raise FileUnreadableError(f"{file}: {error.strerror or error}") from None
    except FileUnreadableError as error:
        raise FileUnreadableError(f"{file}: {error}") from None


def _sheet(suffix: str, data: bytes) -> Sheet:
    if suffix == ".xlsx":
        return _table("spreadsheet", spreadsheet_rows(data))
    text, encoding = decoded(data)
    if suffix in {".jsonl", ".ndjson"}:
        return _objects(f"JSON lines, {encoding}", _json_lines(text))
    if suffix == ".json":
        return _objects(f"JSON, {encoding}", _json_items(text))
    lines = _ONLY_LINE_ENDS.split(text)
    delimiter = _delimiter(lines)
    return _table(f"CSV with {_DELIMITERS[delimiter]}, {encoding}", _csv_rows(lines, delimiter))


# --- tables ------------------------------------------------------------------------------------------------------

type _Row = tuple[int, Sequence[Any], str]
"""A line's number, its cells, and what is wrong with it."""


def _table(form: str, rows: Iterator[_Row]) -> Sheet:
    filled = (row for row in rows if row[2] or any(not _is_blank(cell) for cell in row[1]))
    header = next(filled, None)
    if header is None:
        raise FileUnreadableError("has no rows; give a CSV file with a header, JSON lines, or a spreadsheet")
    if header[2]:
        raise FileUnreadableError(f"line {header[0]}: {header[2]}")
    columns = _named(header[1])
    return Sheet(form, columns, [_record(columns, row) for row in filled])


def _named(header: Sequence[Any]) -> Sequence[str]:
    while header and _is_blank(header[-1]):
        header = header[:-1]
    names = [str(cell or "").strip() or f"column {place}" for place, cell in enumerate(header, start=1)]
    doubled = [name for name, count in Counter(map(str.casefold, names)).items() if count > 1]
    if doubled:
        raise FileUnreadableError(
            f"the header names {', '.join(map(repr, doubled))} twice; give every column a name of its own"
        )
    return names


def _record(columns: Sequence[str], row: _Row) -> Record:
    line, cells, fault = row
    place = f"line {line}"
    if not fault and any(not _is_blank(cell) for cell in cells[len(columns) :]):
        fault = (
            f"has {len(cells)} cells, and the header has {len(columns)}; quote cells that hold the delimiter"
        )
    return Record(place, dict(zip(columns, cells, strict=False)), fault)


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives the first lines the same number of cells, and most of them."""
    head = [line for line in lines[:_LOOKED_AT] if line.strip()]

    def fit(delimiter: str) -> tuple[int, int]:
        widths = [len(cells) for _, cells, fault in _csv_rows(head, delimiter) if not fault]
        if not widths or widths[0] == 1:
            return 0, 0
        return sum(width == widths[0] for width in widths), widths[0]

    return max(_DELIMITERS, key=fit)


def _csv_rows(lines: Sequence[str], delimiter: str) -> Iterator[_Row]:
    """The rows of CSV, each with the number of its first line. After a row that cannot be read comes the next line."""
    place = 0
    while place < len(lines):
        try:
            reader = csv.reader(_bounded(lines, place), delimiter=delimiter, strict=True)
            cells = next(reader, [])
        except csv.Error as error:
            told = f"a quote is opened and not closed within {_LONGEST_CELL} lines"
            is_open = "unexpected end" in str(error)
            yield (
                place + 1,
                [lines[place]],
                told if is_open else f"is no CSV ({error}); double quotes in cells",
            )
            place += 1
            continue
        yield place + 1, cells, ""
        place += max(1, reader.line_num)


def _bounded(lines: Sequence[str], place: int) -> Iterator[str]:
    last = min(place + _LONGEST_CELL, len(lines))
    for number in range(place, last):
        yield lines[number] + "\n"


# --- objects -----------------------------------------------------------------------------------------------------


def _objects(form: str, records: Iterator[Record]) -> Sheet:
    found = list(records)
    if not found:
        raise FileUnreadableError("has no rows; give a JSON object for each request")
    columns = list(dict.fromkeys(str(name) for record in found for name in record.cells))
    return Sheet(form, columns, found)


def _json_lines(text: str) -> Iterator[Record]:
    for number, line in enumerate(_ONLY_LINE_ENDS.split(text), start=1):
        if not line.strip():
            continue
        try:
            yield _object(f"line {number}", json.loads(line))
        except (ValueError, RecursionError) as error:
            yield Record(f"line {number}", {}, f"is no JSON ({error})")


def _json_items(text: str) -> Iterator[Record]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileUnreadableError(f"is no JSON ({error}); one object in each line is a .jsonl file") from None
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), [found])
    if not isinstance(found, list):
        raise FileUnreadableError(f"holds {str(found)[:60]!r}; give a list of objects")
    for number, item in enumerate(found, start=1):
        yield _object(f"item {number}", item)


def _object(place: str, found: Any) -> Record:
    if isinstance(found, dict):
        return Record(place, found)
    return Record(place, {}, f"is not an object but {str(found)[:60]!r}")
