# SPDX-License-Identifier: Apache-2.0
"""`devkit policy --history` and `--against`: requests are compared with each other as the plugin compares them."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from approvals.domain.policy_reader import read_policy
from approvals.domain.records import ApprovalRecord, Finding
from approvals.domain.terms import Severity, State
from devkit.__main__ import app
from devkit.policy.history import replayed
from tests.approvals.domain.worlds import NOW, analysis, record, request

POLICY = """\
version: 1
rules:
  - {name: small, when: {amount: {to: 500}}, then: {auto_approve: true}}
  - {name: medium, when: {amount: {to: 1000}}, then: {stages: [manager]}}
default: {stages: [director]}
"""
INVOICE = {"vendor": "Contoso GmbH", "document_number": "INV-0017", "amount": 5}


def came(
    request_id: str, hours: float, ended: State | None = None, closed: float = 0, **asked: Any
) -> ApprovalRecord:
    """A stored request that came so many hours after the first; `closed` is when it ended."""
    at = NOW + timedelta(hours=hours)
    over = {"state": ended, "updated_at": NOW + timedelta(hours=closed)} if ended else {"updated_at": at}
    return record(request=request(request_id=request_id, **asked), created_at=at, **over)


def found(records: Sequence[ApprovalRecord], policy: str = POLICY) -> dict[str, list[tuple[str, str]]]:
    """Of each request with findings: their codes, and the requests that they name."""
    return {
        one.record.request_id: [(finding.code, finding.other_request) for finding in one.findings]
        for one in replayed(read_policy(policy).policy, records)
        if one.findings
    }


def said(tmp_path: Path, *arguments: str, stored: Sequence[ApprovalRecord]) -> str:
    """What the command prints, without its line breaks; FILE in the arguments is the file with `stored`."""
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "stored.json").write_text(
        "\n".join(one.model_dump_json() for one in stored), encoding="utf-8"
    )
    given = [str(tmp_path / "stored.json") if one == "FILE" else one for one in arguments]
    command = ["policy", str(tmp_path / "policy.yaml"), *given, "--workflows", str(tmp_path)]
    result = CliRunner().invoke(app, command, env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_an_invoice_that_comes_twice_is_no_longer_approved_by_itself_and_that_is_said(tmp_path: Path) -> None:
    stored = [
        came("a", 0, **INVOICE),
        came("b", 50, content="Another", amount=5, vendor="CONTOSO", document_number="17"),
    ]

    shown = said(tmp_path, "--history", "FILE", stored=stored)

    assert "the checks find something in 1, and change who signs for 1: 1 duplicate_document" in shown
    assert "b auto-approved manager duplicate_document: the same vendor and document number as in a" in shown


def test_parts_of_one_purchase_are_added_up_as_they_come() -> None:
    part = {"vendor": "Contoso", "amount": 400}
    stored = [came("a", 0, **part), came("b", 30, **part), came("c", 60, **part, content="A third")]

    codes = {name: {code for code, _ in findings} for name, findings in found(stored).items()}

    assert "splitting" in codes["b"]
    assert "splitting" in codes["c"]
    assert [one.after.stages for one in replayed(read_policy(POLICY).policy, stored)][1:] == [
        ("manager",),
        ("director",),
    ]


@pytest.mark.parametrize("end", [State.REJECTED, State.WITHDRAWN, State.EXPIRED])
def test_what_ended_without_an_approval_before_does_not_count(end: State) -> None:
    ended_before = [came("a", 0, end, closed=10, **INVOICE), came("b", 20, content="Again", **INVOICE)]
    ended_after = [came("a", 0, end, closed=30, **INVOICE), came("b", 20, content="Again", **INVOICE)]

    assert found(ended_before) == {}
    assert found(ended_after) == {"b": [("duplicate_document", "a")]}


def test_the_order_in_the_file_makes_no_difference() -> None:
    stored = [
        came(f"r-{n}", 7 * n, vendor="Contoso", amount=100 + n % 3, content=f"No. {n}") for n in range(30)
    ]
    shuffled = random.Random(3).sample(stored, len(stored))

    assert found(shuffled) == found(stored)


def test_a_stored_finding_stands_only_where_its_other_request_is_not_in_the_file() -> None:
    about = [Finding(code="duplicate_document", severity=Severity.HIGH, message="as in x", other_request="x")]
    one = came("a", 0, **INVOICE).model_copy(update={"analysis": analysis(findings=tuple(about))})

    assert found([one]) == {"a": [("duplicate_document", "x")]}
    assert found([one, came("x", 5, vendor="Fabrikam")]) == {}
    assert found([one], f"{POLICY}checks: {{duplicates: off}}\n") == {}


def test_a_tried_request_is_compared_with_stored_ones_as_if_it_came_now(tmp_path: Path) -> None:
    yesterday = (datetime.now(UTC) - NOW) / timedelta(hours=1) - 24
    asked = json.dumps({"risk": "low", **INVOICE})

    shown = said(tmp_path, "--try", asked, "--against", "FILE", stored=[came("a", yesterday, **INVOICE)])

    assert "Compared with 1 stored request, as if it came now" in shown
    assert "low medium manager" in shown
    assert "a check finds: the same vendor and document number as in a" in shown


def test_against_needs_a_request_to_compare(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["policy", str(tmp_path / "p.yaml"), "--against", str(tmp_path)])

    assert result.exit_code == 2
    assert "goes with --try" in " ".join(result.output.split())


BUDGET = f"{POLICY}budgets: [{{name: IT, period: year, amount: 1000}}]\nchecks: {{splitting: off, duplicates: off}}\n"


@pytest.mark.parametrize(
    ("first", "over"), [(State.APPROVED, True), (State.REJECTED, False), (None, True)], ids=str
)
def test_a_budget_is_spent_by_what_was_approved_and_is_open(first: State | None, over: bool) -> None:
    stored = [came("a", 0, first, closed=1, amount=800), came("b", 2, amount=201), came("c", 3, amount=1)]

    assert found(stored, BUDGET) == ({"b": [("budget", "")], "c": [("budget", "")]} if over else {})
