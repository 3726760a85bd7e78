# SPDX-License-Identifier: Apache-2.0
"""Files as finance people have them: what is read of each, and what is refused with its place."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from devkit.batch.number_columns import DecimalSign
from devkit.batch.source import Given, Source, read_source
from devkit.decoding import FileUnreadableError


def source(folder: Path, data: str | bytes, name: str = "march.csv", given: Given | None = None) -> Source:
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_source(file, given)


def amounts(found: Source) -> list[tuple[str, str]]:
    return [(row.request.get("amount", ""), row.request.get("currency", "")) for row in found.rows]


GERMAN = "Datum;Lieferant;Betrag (EUR)\n03.03.2026;Müller & Söhne;1.234,50\n04.03.2026;Bürobedarf;99,00\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    found = source(tmp_path, GERMAN.encode(encoding))

    assert [row.supplier for row in found.rows] == ["Müller & Söhne", "Bürobedarf"]
    assert amounts(found) == [("1234.50", "EUR"), ("99.00", "EUR")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    lines = [["date", "vendor", "total"], ["2026-03-02", "ACME", "12.50"], ["2026-03-03", '"A,B;C"', "7.00"]]
    found = source(tmp_path, "\n".join(delimiter.join(line) for line in lines))

    assert [Decimal(amount) for amount, _ in amounts(found)] == [Decimal("12.5"), Decimal(7)]


@pytest.mark.parametrize(
    ("header", "vendor"),
    [
        ("Fournisseur;Montant TTC;Libellé", "ACME"),
        ("Proveedor;Importe total;Concepto", "ACME"),
        ("Fornecedor;Valor total;Descrição", "ACME"),
        ("供应商;金额\uff08元\uff09;用途", "ACME"),
        ("取引先;合計金額;品目", "ACME"),
        ("Lieferant;Bruttobetrag;Verwendungszweck", "ACME"),
        ("VENDOR NAME;Gross_Amount;Business-Purpose", "ACME"),
    ],
)
def test_columns_are_known_by_their_names_in_seven_languages(
    tmp_path: Path, header: str, vendor: str
) -> None:
    (row,) = source(tmp_path, f"{header}\n{vendor};12;Desk\n").rows

    assert (row.supplier, row.request["amount"]) == (vendor, "12")
    assert row.request["content"].startswith("Desk")


def test_a_column_of_any_name_is_mapped(tmp_path: Path) -> None:
    given = Given(columns={"amount": "Wieviel", "content": "was"})
    (row,) = source(tmp_path, "Was,Wieviel\nStuhl,12\n", given=given).rows

    assert (row.request["content"], row.request["amount"]) == ("Stuhl", "12")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("a,b\n1,2\n", "amount.*--map amount=COLUMN"),
        ("amount,b\n1,2\n", "--map content=COLUMN"),
        ("amount,Amount,vendor\n1,2,A\n", "'amount' twice"),
        ("amount,vendor\n1.234,A\n2.345,B\n", "1.234.*two readings.*--decimal"),
        ('amount,vendor\n"1.234,5",A\n2.5,B\n1.234,C\n', "both ways"),
        ('"amount,vendor\n1,A\n', "line 1: a quote is opened"),
    ],
)
def test_a_file_that_would_be_misread_is_refused_with_what_to_do(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(FileUnreadableError, match=said):
        source(tmp_path, text)


def test_a_column_that_shows_its_decimal_sign_once_is_read_by_it(tmp_path: Path) -> None:
    found = source(tmp_path, "amount;vendor\n1.234;A\n12,50;B\n€ 2.000;C\n")

    assert [Decimal(amount) for amount, _ in amounts(found)] == [
        Decimal(1234),
        Decimal("12.5"),
        Decimal(2000),
    ]


def test_the_decimal_sign_can_be_said(tmp_path: Path) -> None:
    found = source(tmp_path, "amount,vendor\n1.234,A\n", given=Given(decimal=DecimalSign.COMMA))

    assert amounts(found) == [("1234", "")]


def test_rows_that_cannot_be_read_keep_their_line_and_do_not_end_the_file(tmp_path: Path) -> None:
    text = (
        "amount,vendor,memo\n1,A,x\n2,B,x,surplus\nmany,C,x\n"
        '4,"D,never closed\n5,E,x\n\n , ,\n6,F,"two\nlines"\n7,G,x\n'
    )
    found = source(tmp_path, text)
    faults = {row.place: row.fault for row in found.rows if row.fault}

    assert list(faults) == ["line 3", "line 4", "line 5"]
    assert "4 cells" in faults["line 3"]
    assert "'many'" in faults["line 4"]
    assert [row.request["amount"] for row in found.sent] == ["1", "5", "6", "7"]
    assert found.rows[-1].place == "line 11"


def test_only_line_ends_split_rows(tmp_path: Path) -> None:
    (row,) = source(tmp_path, "amount,vendor,memo\r\n1,A,one\u2028two\x85three\x0cfour\r\n").rows

    assert row.request["content"].startswith("one\u2028two\x85three\x0cfour")


@pytest.mark.parametrize("cell", ["-12.50", "(12.50)", "12.50-", "€ -12.50", "\u221212.50"])
def test_a_refund_is_no_request(tmp_path: Path, cell: str) -> None:
    found = source(tmp_path, f"amount;vendor\n{cell};A\n1.00;B\n")

    assert [row.refund for row in found.rows] == [Decimal("12.5"), None]
    assert len(found.sent) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.JSONL", '{"vendor": "A", "amount": 12.5}\n'),
        ("a.json", '[{"vendor": "A", "amount": "12.5"}]'),
        ("a.json", '{"requests": [{"vendor": "A", "amount": 12.5}]}'),
    ],
)
def test_json_is_read_as_lines_and_as_a_list(tmp_path: Path, name: str, text: str) -> None:
    assert [Decimal(amount) for amount, _ in amounts(source(tmp_path, text, name))] == [Decimal("12.5")]


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    found = source(tmp_path, '{"vendor": "A", "amount": 1}\n{broken\n[1]\n', "a.jsonl")

    assert [row.place for row in found.rows if row.fault] == ["line 2", "line 3"]


def test_a_spreadsheet_is_read(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (
        ["Lieferant", "Betrag", "Währung"],
        ["ACME", 1234.567, "EUR"],
        [None, None, None],
        ["Bolt", 7, "EUR"],
    ):
        sheet.append(line)
    data = io.BytesIO()
    book.save(data)
    found = source(tmp_path, data.getvalue(), "march.xlsx")

    assert amounts(found) == [("1234.567", "EUR"), ("7", "EUR")]
    assert found.rows[1].place == "line 4"


def test_no_spreadsheet_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadableError, match="is no spreadsheet"):
        source(tmp_path, b"PK but no more", "march.xlsx")


def test_unknown_columns_are_named(tmp_path: Path) -> None:
    assert source(tmp_path, "amount,vendor,VAT code\n1,A,7\n").columns.unused == ["VAT code"]
