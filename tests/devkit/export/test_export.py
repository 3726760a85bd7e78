# SPDX-License-Identifier: Apache-2.0
"""An auditor gets the whole record and the verdict on its ledger, and nothing a stranger wrote runs in the page."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.terms import Event, HowKnown, Level
from devkit.export import ExportError, export, source_of
from devkit.export.page import audit_page
from devkit.export.source import AnswerSource, Exported
from devkit.export.verdict import verdict_of
from tests.approvals.domain.worlds import NOW, carried_out, record, request, stages_policy

AT = datetime(2026, 11, 1, tzinfo=UTC)
REFUSED = Refusal(
    at=AT,
    event=Event.APPROVE,
    actor="Mallory <i>",
    actor_level="vp",
    how_known=HowKnown.TYPED,
    code="not_authorized",
    reason="is not listed & may not",
)


def decided() -> ApprovalRecord:
    current = record(
        stages_policy("manager"), request=request(content="<script>alert(1)</script>", context={"team": "n"})
    )
    for number, step in enumerate(
        (Decision(Event.SUBMIT), Decision(Event.APPROVE, "Bea <b>", Level.MANAGER, "fine & good"))
    ):
        current = carried_out(current, step, NOW + timedelta(minutes=number))
    return current


def answer_of(found: ApprovalRecord) -> str:
    return json.dumps(
        {"json": [{"approvals": [{"request_id": "r-1", "record": found.model_dump(mode="json")}]}]}
    )


def page_of(found: ApprovalRecord, refusals: tuple[Refusal, ...] = ()) -> str:
    return audit_page(found, AT, verdict_of(Exported(found, refusals)), refusals)


def test_the_page_says_who_did_what_and_that_the_ledger_verifies() -> None:
    page = page_of(decided())

    assert "Approval r-1: approved" in page
    assert "The ledger verifies" in page
    assert "approved by Bea &lt;b&gt; as manager" in page
    assert "fine &amp; good" in page
    assert decided().ledger[-1].hash in page


def test_the_page_says_how_each_actor_was_known_and_what_was_refused() -> None:
    page = page_of(decided(), (REFUSED,))

    assert "manager, name typed" in page
    assert "What was refused" in page
    assert "Mallory &lt;i&gt;" in page
    assert "is not listed &amp; may not" in page


def test_refused_decisions_are_exported_from_either_source(tmp_path: Path) -> None:
    from approvals.clock import SystemClock
    from approvals.store.sql.factory import open_sql_store

    url = f"sqlite:///{tmp_path / 'approvals.db'}"
    store = open_sql_store(url, SystemClock())
    store.create(decided())
    store.note_refusal("r-1", REFUSED)
    saved = tmp_path / "answer.json"
    answer = json.loads(answer_of(decided()))
    answer["json"][0]["approvals"][0]["refusals"] = [REFUSED.model_dump(mode="json")]
    saved.write_text(json.dumps(answer), encoding="utf-8")

    for source in (source_of(url, None), source_of("", saved)):
        *_, refusals = export("r-1", tmp_path / "out", source).paths
        assert refusals.name == "r-1.refusals.json"
        assert json.loads(refusals.read_text(encoding="utf-8"))[0]["actor"] == "Mallory <i>"


def test_what_strangers_wrote_is_shown_not_run() -> None:
    page = page_of(decided())

    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_changed_past_is_named_on_the_page() -> None:
    changed = decided().model_copy(update={"request": request(content="Two chairs")})

    assert "The ledger does not verify" in page_of(changed)
    assert "the request or its analysis was changed" in page_of(changed)


def test_a_saved_answer_of_find_approvals_becomes_both_files(tmp_path: Path) -> None:
    saved = tmp_path / "answer.json"
    saved.write_text(answer_of(decided()), encoding="utf-8")
    as_json, as_page = export("r-1", tmp_path / "out", source_of("", saved)).paths

    assert ApprovalRecord.model_validate_json(as_json.read_text(encoding="utf-8")) == decided()
    assert "The ledger verifies" in as_page.read_text(encoding="utf-8")


def test_a_database_is_a_source_too(tmp_path: Path) -> None:
    from approvals.clock import SystemClock
    from approvals.store.sql.factory import open_sql_store

    url = f"sqlite:///{tmp_path / 'approvals.db'}"
    open_sql_store(url, SystemClock()).create(decided())

    assert len(export("r-1", tmp_path, source_of(url, None)).paths) == 2
    with pytest.raises(ExportError, match="not_found"):
        export("r-2", tmp_path, source_of(url, None))


def test_a_row_that_differs_from_the_record_is_named_on_the_page(tmp_path: Path) -> None:
    from approvals.clock import SystemClock
    from approvals.store.sql.factory import open_sql_store

    url = f"sqlite:///{tmp_path / 'approvals.db'}"
    open_sql_store(url, SystemClock()).create(decided())
    with sqlite3.connect(tmp_path / "approvals.db") as database:
        database.execute("DELETE FROM approvals_ledger WHERE sequence = 1")
        database.execute("UPDATE approvals SET state = 'rejected'")

    _, as_page = export("r-1", tmp_path / "out", source_of(url, None)).paths

    page = as_page.read_text(encoding="utf-8")
    assert "The ledger does not verify" in page
    assert "entry 1 (submit) is missing in the ledger table" in page
    assert "the column state is &#x27;rejected&#x27;" in page


@pytest.mark.parametrize(
    ("text", "hint"),
    [("{", "not JSON"), ("{}", "no whole record"), ('{"record": {"state": "x"}}', "damaged at")],
)
def test_a_file_without_the_record_says_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(ExportError, match=hint):
        AnswerSource(text)


def test_a_source_must_be_given() -> None:
    with pytest.raises(ExportError, match="--store-url"):
        source_of("", None)


def test_a_mistyped_database_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="there is no file"):
        source_of(f"sqlite:///{tmp_path}/mistyped.db", None)

    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_version_is_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "empty.db"
    file.touch()

    with pytest.raises(ExportError, match="nothing is changed by looking"):
        source_of(f"sqlite:///{file}", None).find("r-1")
    with sqlite3.connect(file) as looked_at:
        assert looked_at.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_an_answer_that_an_editor_saved_as_utf_16_is_read(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(answer_of(decided()), encoding="utf-16")

    assert source_of("", file).find("r-1") is not None
