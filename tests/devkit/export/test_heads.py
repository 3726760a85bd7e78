# SPDX-License-Identifier: Apache-2.0
"""Keys and heads that an auditor keeps: what was rewritten or removed in the store does not pass."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from approvals.clock import SystemClock
from approvals.domain import transitions
from approvals.domain.decisions import Decision
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys, parse_ledger_keys
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Level
from approvals.store.sql.factory import open_sql_store
from devkit.__main__ import app
from devkit.export.heads import Head, heads_in
from tests.approvals.domain.worlds import NOW, record, request, stages_policy

KEY = f"{NOW.date()}:0123456789abcdefghijklmnopqrstuv"
POLICY = stages_policy("manager")


def decided(request_id: str, keys: LedgerKeys = UNKEYED) -> ApprovalRecord:
    current = record(POLICY, request=request(request_id=request_id))
    for number, step in enumerate((Decision(Event.SUBMIT), Decision(Event.APPROVE, "Bea", Level.MANAGER))):
        current = transitions.apply(current, step, NOW + timedelta(minutes=number), POLICY, keys)
    return current


def url_of(folder: Path, *records: ApprovalRecord) -> str:
    """A database with some records in it."""
    url = f"sqlite:///{folder / 'approvals.db'}"
    store = open_sql_store(url, SystemClock())
    for each in records:
        store.create(each)
    return url


def heads_of(folder: Path, *records: ApprovalRecord) -> Path:
    """A file with log lines as the plugin writes them."""
    lines = [
        json.dumps(
            {
                "event": "ledger_head",
                "request_id": e.request_id,
                "sequence": e.sequence,
                "hash": e.hash,
                "key_id": "",
            }
        )
        for each in records
        for e in each.ledger
    ]
    path = folder / "heads.log"
    path.write_text("\n".join(["2026-03-02 plugin started", *lines]), encoding="utf-8")
    return path


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["export", *map(str, arguments)])
    return done.exit_code, done.output


LINE = {"event": "ledger_head", "request_id": "r-1", "sequence": 2, "hash": "ab" * 32, "key_id": "2026-03-02"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(LINE),
        json.dumps([LINE], indent=2),
        f"2026/03/02 09:00:00 INFO [plugin] {json.dumps(LINE)}",
        json.dumps({"level": "INFO", "msg": f"approvals: {json.dumps(LINE)}"}),
        json.dumps({"log": json.dumps({"message": json.dumps(LINE)})}),
        json.dumps({"type": "approval.decided", "data": {**LINE, "hash": None, "entry_hash": LINE["hash"]}}),
        json.dumps({"history": [LINE, {"sequence": 3}], "hash": 7}),
        f"no json {{\n{json.dumps(LINE)}\n{{{{",
    ],
)
def test_a_head_is_read_from_log_lines_and_from_any_json(text: str) -> None:
    assert list(heads_in(text)) == [Head("r-1", 2, "ab" * 32)]


def test_a_ledger_that_holds_its_heads_verifies(tmp_path: Path) -> None:
    made = decided("r-1")
    code, said = run(
        "r-1", tmp_path, "--store-url", url_of(tmp_path, made), "--expect-head", heads_of(tmp_path, made)
    )

    assert code == 0
    assert "still holds 2 heads" in said
    assert "still holds 2 heads" in (tmp_path / "r-1.html").read_text(encoding="utf-8")


def test_a_ledger_without_key_and_heads_says_what_that_is_worth(tmp_path: Path) -> None:
    code, said = run("r-1", tmp_path, "--store-url", url_of(tmp_path, decided("r-1")))

    assert code == 0
    assert "can forge it" in said


def test_every_request_that_was_rewritten_or_removed_is_named(tmp_path: Path) -> None:
    rewritten = decided("r-2").model_copy(update={"history": decided("r-2").history[:1]})
    url = url_of(tmp_path, decided("r-1"), rewritten)
    heads = heads_of(tmp_path, decided("r-1"), decided("r-2"), decided("r-3"))

    code, said = run("--store-url", url, "--expect-head", heads)

    assert code == 1
    assert "r-1" not in said
    assert "r-2: entry 2 is missing" in said
    assert "r-3: the request is missing" in said
    assert "3 requests compared with their heads; 2 do not verify" in said


def test_a_removed_request_is_told_from_one_that_never_was(tmp_path: Path) -> None:
    heads = heads_of(tmp_path, decided("r-1"))
    url = url_of(tmp_path, decided("r-2"))

    assert "it was removed" in run("r-1", tmp_path, "--store-url", url, "--expect-head", heads)[1]
    assert "it was removed" not in run("r-9", tmp_path, "--store-url", url, "--expect-head", heads)[1]


def test_a_keyed_ledger_verifies_with_its_key_alone(tmp_path: Path) -> None:
    url = url_of(tmp_path, decided("r-1", parse_ledger_keys(KEY)))
    (tmp_path / "keys").write_text(f"# of the plugin\n{KEY}\n", encoding="utf-8")
    (tmp_path / "other").write_text(KEY.replace("0123", "3210"), encoding="utf-8")

    assert run("r-1", tmp_path, "--store-url", url, "--key-file", tmp_path / "keys")[0] == 0
    code, said = run("r-1", tmp_path, "--store-url", url)
    assert code == 1
    assert "cannot be verified without its key: give --key-file with the key 2026-03-02" in said
    code, said = run("r-1", tmp_path, "--store-url", url, "--key-file", tmp_path / "other")
    assert code == 1
    assert "entry 1 (submit) was changed" in said
    assert "0123456789" not in said


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--key-file", "0123456789abcdefghijklmnopqrstuv", "has no ':'"),
        ("--key-file", "# none\n", "holds no key"),
        ("--expect-head", "nothing here", "holds no head"),
    ],
)
def test_a_file_that_holds_no_keys_or_heads_is_an_error(
    tmp_path: Path, option: str, text: str, told: str
) -> None:
    (tmp_path / "file").write_text(text, encoding="utf-8")
    code, said = run(
        "r-1", tmp_path, "--store-url", url_of(tmp_path, decided("r-1")), option, tmp_path / "file"
    )

    assert code == 1
    assert told in said
    assert "0123456789" not in said
