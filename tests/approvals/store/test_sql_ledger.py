# SPDX-License-Identifier: Apache-2.0
"""The ledger table grows with the record, in the same transaction, and contradicts whoever edits the record."""

from collections.abc import Iterator

import pytest

from approvals.clock import SystemClock
from approvals.domain.decisions import Decision
from approvals.domain.ledger import chain_faults
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Level
from approvals.domain.transitions import with_analysis
from approvals.errors import ApprovalError, ErrorCode
from approvals.service.answers import FindOrder
from approvals.service.finding import Finding
from approvals.store.sql.database import SqlDatabase
from approvals.store.sql.engine import open_engine
from approvals.store.sql.store import SqlStore
from tests.approvals.domain import worlds
from tests.approvals.store import sql_case
from tests.servers import Kind, shared_url


class Opened:
    """A store, and its database for whoever edits the past."""

    def __init__(self, url: str) -> None:
        self.engine, product = open_engine(url)
        self.store = SqlStore(SqlDatabase(self.engine, product, SystemClock()), SystemClock())

    def tamper(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.exec_driver_sql(statement)
            connection.commit()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def opened(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Opened]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/approvals.db"
    else:
        url = shared_url(Kind.POSTGRES if request.param == "postgresql" else Kind.MARIADB)
    sql_case.empty(url)
    made = Opened(url)
    yield made
    made.store.close()
    sql_case.empty(url)


def decided(store: SqlStore, record: ApprovalRecord, decision: Decision) -> ApprovalRecord:
    """The record after a decision that the store has kept."""
    after = worlds.carried_out(record, decision)
    store.save(after, record.version)
    return after


def reviewed(store: SqlStore) -> ApprovalRecord:
    """A record with an analysis and two steps."""
    record = worlds.record(worlds.stages_policy("manager", "director"))
    store.create(record)
    analysed = with_analysis(record, worlds.analysis(), worlds.NOW)
    store.save(analysed, record.version)
    submitted = decided(store, analysed, Decision(Event.SUBMIT))
    return decided(store, submitted, Decision(Event.APPROVE, actor="Bo", actor_level=Level.MANAGER))


def test_every_step_adds_one_entry_and_an_analysis_none(opened: Opened) -> None:
    record = reviewed(opened.store)

    entries = opened.store.ledger(record.request_id)
    assert tuple(entries) == record.ledger
    assert [entry.event for entry in entries] == [Event.SUBMIT, Event.APPROVE]
    assert chain_faults(entries) == []


def test_a_save_that_lost_leaves_no_entry(opened: Opened) -> None:
    record = reviewed(opened.store)
    closed = decided(opened.store, record, Decision(Event.WITHDRAW, actor="Ann"))

    with pytest.raises(ApprovalError) as caught:
        decided(opened.store, record, Decision(Event.REJECT, actor="Cy", actor_level=Level.VP))

    assert caught.value.code is ErrorCode.VERSION_CONFLICT
    assert tuple(opened.store.ledger(record.request_id)) == closed.ledger


def test_a_forged_entry_in_the_way_stops_the_save_whole(opened: Opened) -> None:
    record = reviewed(opened.store)
    opened.tamper(
        "INSERT INTO approvals_ledger (request_id, sequence, previous_hash, hash, entry) "
        "SELECT request_id, 3, '', '', 'forged' FROM approvals"
    )

    with pytest.raises(ApprovalError, match=r"store_unavailable: .*ledger entry already.*verify"):
        decided(opened.store, record, Decision(Event.WITHDRAW, actor="Ann"))
    assert opened.store.load(record.request_id) == record


def test_an_edited_record_is_contradicted_by_the_ledger_table(opened: Opened) -> None:
    record = reviewed(opened.store)
    opened.tamper("UPDATE approvals SET body = REPLACE(body, 'Bo', 'Al')")

    edited = opened.store.load(record.request_id)

    assert edited.ledger != record.ledger
    assert tuple(opened.store.ledger(record.request_id)) == record.ledger


def verified(store: SqlStore, request_id: str) -> bool | None:
    """What find_approvals says of a request's ledger."""
    order = FindOrder(
        (request_id,), None, None, requester="", overdue=False, limit=1, cursor="", verify_ledger=True
    )
    return Finding(store, SystemClock()).find(order).ledger_ok


TAMPERED = {
    "UPDATE approvals SET state = 'approved'": [
        "the column state is 'approved', but the record says 'under_review'"
    ],
    "UPDATE approvals SET level = 'manager'": [
        "the column level is 'manager', but the record says 'director'"
    ],
    "UPDATE approvals SET due_at = '2099-01-01T00:00:00.000000Z'": ["the column due_at is '2099"],
    "UPDATE approvals SET due_at = NULL": ["the column due_at is 'None', but the record says '2026"],
    "UPDATE approvals SET requester = ''": ["the column requester is '', but"],
    "UPDATE approvals SET created_at = '2020-01-01T00:00:00.000000Z'": ["the column created_at is '2020"],
    "UPDATE approvals SET version = 3": ["the column version is '3', but the record says '4'"],
    "UPDATE approvals SET body = REPLACE(body, '\"Bo\"', '\"Al\"')": [
        "entry 2 (approve) differs in the ledger table"
    ],
    "INSERT INTO approvals_retention (request_id, remove_at) "
    "SELECT request_id, '2020-01-01T00:00:00.000000Z' FROM approvals": [
        "the retention table says '2020-01-01T00:00:00.000000Z' for its removal, but the record says 'None'"
    ],
    "DELETE FROM approvals_ledger WHERE sequence = 1": ["entry 1 (submit) is missing in the ledger table"],
    "UPDATE approvals_ledger SET entry = 'scribble' WHERE sequence = 2": [
        "entry 2 (approve) differs in the ledger table"
    ],
    "UPDATE approvals_ledger SET entry = REPLACE(entry, '\"Bo\"', '\"Al\"')": [
        "entry 2 (approve) differs in the ledger table"
    ],
    "UPDATE approvals_ledger SET hash = previous_hash WHERE sequence = 1": [
        "the hashes beside entry 1 (submit) in the ledger table differ from it"
    ],
    "INSERT INTO approvals_ledger (request_id, sequence, previous_hash, hash, entry) "
    "SELECT request_id, 3, '', '', 'forged' FROM approvals": [
        "the ledger table has an entry 3 that the record lacks"
    ],
    "UPDATE approvals_ledger SET sequence = 7 WHERE sequence = 2": [
        "entry 2 (approve) is missing in the ledger table",
        "the ledger table has an entry 7 that the record lacks",
    ],
}


@pytest.mark.parametrize("statement", TAMPERED)
def test_what_is_kept_apart_and_differs_from_the_record_is_told(opened: Opened, statement: str) -> None:
    record = reviewed(opened.store)
    assert verified(opened.store, record.request_id)

    opened.tamper(statement)

    faults = opened.store.stored_faults(record.request_id)
    assert len(faults) == len(TAMPERED[statement])
    for said, words in zip(faults, TAMPERED[statement], strict=True):
        assert said.startswith(words)
    assert not verified(opened.store, record.request_id)


def test_an_event_between_two_reads_is_no_fault(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    record = reviewed(opened.store)
    read, left = opened.store._ledger_rows, [Decision(Event.WITHDRAW, actor="Ann")]

    def decide_first(request_id: str) -> object:
        if left:
            decided(opened.store, record, left.pop())
        return read(request_id)

    monkeypatch.setattr(opened.store, "_ledger_rows", decide_first)

    assert list(opened.store.stored_faults(record.request_id)) == []


def test_a_row_that_is_no_entry_is_told(opened: Opened) -> None:
    record = reviewed(opened.store)
    opened.tamper("UPDATE approvals_ledger SET entry = 'scribble' WHERE sequence = 2")

    with pytest.raises(ApprovalError, match=r"store_unavailable: .*LedgerEntry"):
        opened.store.ledger(record.request_id)


def test_an_id_that_no_column_holds_is_refused_or_not_there(opened: Opened) -> None:
    for odd in ("x" * 256, "a\x00b", ""):
        record = worlds.record(request=worlds.request(request_id=odd))
        with pytest.raises(ApprovalError, match=r"^bad_parameter: request_id .*255"):
            opened.store.create(record)
        for call in (
            lambda odd=odd: opened.store.load(odd),
            lambda r=record: opened.store.save(after_one(r), 1),
        ):
            with pytest.raises(ApprovalError, match=r"^not_found"):
                call()
        opened.store.remove_dead_letter(odd)
        assert list(opened.store.ledger(odd)) == []


def test_a_save_must_count_on(opened: Opened) -> None:
    record = reviewed(opened.store)

    with pytest.raises(ValueError, match="does not follow"):
        opened.store.save(record, record.version)


def after_one(record: ApprovalRecord) -> ApprovalRecord:
    return record.model_copy(update={"version": record.version + 1})
