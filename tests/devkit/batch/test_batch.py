# SPDX-License-Identifier: Apache-2.0
"""A file of purchases becomes a table and a page, and nothing a stranger wrote runs in either."""

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devkit.batch.command import batch
from devkit.batch.figures import Figures
from devkit.batch.page import histogram, report_page
from devkit.batch.run import Outcome
from devkit.batch.source import FileUnreadableError, read_rows
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
        "tokens_used": 180,
        "latency_ms": 40,
        "error_code": "",
        "error_message": "",
    }
    return {**calm, **changes}


def outcome_of(folder: Path, text: str, *results: dict[str, Any]) -> Outcome:
    return Outcome(read_rows(written(folder, text)), list(results))


def test_a_bank_export_becomes_requests(tmp_path: Path) -> None:
    (row,) = read_rows(written(tmp_path, "date,amount_gbp,supplier\n2026-03-02,12.50,ACME\n"))

    assert row.request == {
        "content": "Card purchase. Supplier: ACME. Bought on 2026-03-02.",
        "request_type": "purchase",
        "requester": "march",
        "amount": "12.50",
        "currency": "GBP",
    }


def test_what_a_row_says_itself_goes_before_what_stands_in_for_it(tmp_path: Path) -> None:
    line = {"content": "A desk", "requester": "Ann", "currency": "EUR", "context": {"team": "n"}}
    file = written(tmp_path, f"{json.dumps(line)}\n\n", "march.jsonl")
    (row,) = read_rows(file, requester="Bob", currency="USD")

    assert row.request == {**line, "request_type": "purchase"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "", "no rows"),
        ("a.csv", "date,amount\n", "no rows"),
        ("a.jsonl", '{"content": "x"}\n{broken', "line 2"),
        ("a.jsonl", "[1]", "not an object"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(FileUnreadableError, match=said):
        read_rows(written(tmp_path, text, name))


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
    code = batch(file, tmp_path / "out", policy=EXAMPLES / "policy-gbp.yaml", requester="", currency="")

    assert code == 0
    page = (tmp_path / "out" / "purchases.report.html").read_text(encoding="utf-8")
    assert "30 requests dated 2020-" in page
    with (tmp_path / "out" / "purchases.analysed.csv").open(encoding="utf-8", newline="") as table:
        lines = list(csv.DictReader(table))
    assert [line["status"] for line in lines] == ["ok"] * 30


def test_a_missing_file_is_said_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = batch(tmp_path / "none.csv", tmp_path / "out", policy=None, requester="", currency="")

    assert code == 1
    assert "none.csv" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
