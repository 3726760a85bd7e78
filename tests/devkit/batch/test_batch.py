# SPDX-License-Identifier: Apache-2.0
"""A file of purchases becomes a table and a page, and nothing a stranger wrote runs in either."""

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devkit.batch.command import Options, batch
from devkit.batch.figures import Figures
from devkit.batch.page import histogram, report_page
from devkit.batch.run import Outcome
from devkit.batch.source import Given, read_source
from devkit.batch.table import write_table

AT = datetime(2026, 11, 1, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[3] / "examples"


def written(folder: Path, text: str, name: str = "march.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def result(**changes: Any) -> dict[str, Any]:
    calm = {
        "status": "ok",
        "request_id": "r-1",
        "risk_level": "low",
        "suggested_level": "manager",
        "auto_approve_eligible": True,
        "confidence": 0.9,
        "summary": "A chair.",
        "flags": [],
        "stages": [],
        "reason": "",
        "findings": [],
        "tokens_used": 180,
        "latency_ms": 40,
        "error_code": "",
        "error_message": "",
    }
    return {**calm, **changes}


def outcome_of(folder: Path, text: str, *results: dict[str, Any]) -> Outcome:
    return Outcome(read_source(written(folder, text)).rows, list(results))


def test_a_bank_export_becomes_requests(tmp_path: Path) -> None:
    (row,) = read_source(written(tmp_path, "date,amount_gbp,supplier\n2026-03-02,12.50,ACME\n")).rows

    assert row.request == {
        "content": "Card purchase. Supplier: ACME. Date: 2026-03-02.",
        "request_type": "purchase",
        "requester": "march",
        "vendor": "ACME",
        "document_date": "2026-03-02",
        "amount": "12.50",
        "currency": "GBP",
    }


@pytest.mark.parametrize("day", ["02.03.2026", "2026-13-40", "yesterday"])
def test_a_day_that_cannot_be_read_stands_in_the_content_only(tmp_path: Path, day: str) -> None:
    (row,) = read_source(written(tmp_path, f"date,amount_gbp,supplier\n{day},12.50,ACME\n")).rows

    assert "document_date" not in row.request
    assert day in row.request["content"]


def test_what_a_row_says_itself_goes_before_what_stands_in_for_it(tmp_path: Path) -> None:
    line = {
        "content": "A desk",
        "amount": "12",
        "requester": "Ann",
        "currency": "EUR",
        "context": {"team": "n"},
    }
    file = written(tmp_path, f"{json.dumps(line)}\n\n", "march.jsonl")
    (row,) = read_source(file, Given(requester="Bob", currency="USD")).rows

    assert row.request == {**line, "request_type": "purchase"}


def test_the_figures_are_of_the_main_currency(tmp_path: Path) -> None:
    outcome = outcome_of(
        tmp_path,
        "amount,currency,supplier\n10,GBP,Acme\n20,GBP,ACME\n5,EUR,Bolt\n",
        result(),
        result(risk_level="high", auto_approve_eligible=False),
        result(),
    )
    figures = Figures.of(outcome)

    assert figures.currency == "GBP"
    assert (figures.everything.count, figures.everything.money) == (3, Decimal(30))
    assert [group.count for group in figures.by_risk] == [2, 0, 1]
    assert [(group.name, group.money) for group in figures.by_supplier(1)] == [
        ("Acme", Decimal(30)),
        ("1 other suppliers", Decimal(0)),
    ]
    assert [one.money for one in figures.first_to_look_at(5)] == [Decimal(20)]


def test_nothing_a_stranger_wrote_runs_in_the_page_or_in_a_spreadsheet(tmp_path: Path) -> None:
    evil = result(summary="=HYPERLINK(1)<script>alert(1)</script>", risk_level="high")
    outcome = outcome_of(tmp_path, "amount_gbp,supplier\n1,<script>x</script>\n", evil)
    page = report_page(Figures.of(outcome), "<script>", "m", AT)
    write_table(outcome, tmp_path / "out.csv")

    assert "<script" not in page
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["summary"].startswith("'=")


def test_a_histogram_of_nothing_is_nothing() -> None:
    assert histogram([]) == ""


def test_the_sample_purchases_go_through_the_plugin(tmp_path: Path) -> None:
    head = (EXAMPLES / "card-purchases.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:31]
    file = written(tmp_path, "".join(head), "purchases.csv")
    code = batch(file, tmp_path / "out", Options(policy=EXAMPLES / "policy-gbp.yaml"))

    assert code == 0
    page = (tmp_path / "out" / "purchases.report.html").read_text(encoding="utf-8")
    assert "30 requests dated 2020-" in page
    with (tmp_path / "out" / "purchases.analysed.csv").open(encoding="utf-8", newline="") as table:
        lines = list(csv.DictReader(table))
    assert [line["status"] for line in lines] == ["ok"] * 30


def test_a_missing_file_is_said_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = batch(tmp_path / "none.csv", tmp_path / "out", Options())

    assert code == 1
    assert "none.csv" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_read_is_in_the_table_and_in_the_exit_code(tmp_path: Path) -> None:
    text = "amount_gbp,supplier,memo\n12.50,ACME,desk\n-3.00,ACME,back\nmany,Bolt,chair\n"
    code = batch(written(tmp_path, text), tmp_path / "out", Options())

    assert code == 1
    with (tmp_path / "out" / "march.analysed.csv").open(encoding="utf-8", newline="") as table:
        lines = list(csv.DictReader(table))
    assert [line["status"] for line in lines] == ["ok", "refund", "unread"]
    assert "line 4" in lines[2]["error_message"]
    page = (tmp_path / "out" / "march.report.html").read_text(encoding="utf-8")
    assert "1 refunds of 3 GBP" in page
    assert "1 rows could not be read" in page


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_paid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = written(tmp_path, "a file", "out")
    code = batch(written(tmp_path, "amount_gbp,supplier\n1,A\n"), blocked, Options())

    assert code == 1
    assert "Requests analysed" not in capsys.readouterr().out


def test_square_brackets_in_names_are_printed_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "amount_gbp,supplier [/x]\n1,[red]A\n", "[bold].csv")

    assert (
        batch(file, tmp_path, Options(given=Given(columns={"vendor": "supplier [/x]"}), only_preview=True))
        == 0
    )
    assert "supplier [/x]" in capsys.readouterr().out


def test_currencies_are_never_added_to_each_other(tmp_path: Path) -> None:
    outcome = outcome_of(
        tmp_path, "amount,currency,supplier\n10,GBP,A\n20,GBP,B\n5,EUR,C\n7,EUR,D\n1,GBP,E\n", *[result()] * 5
    )
    figures = Figures.of(outcome)

    assert figures.everything.money == Decimal(31)
    assert [(group.name, group.count, group.money) for group in figures.other_currencies] == [
        ("EUR", 2, Decimal(12))
    ]
