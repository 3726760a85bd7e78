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
        opened.store.unbury(odd)
        assert list(opened.store.ledger(odd)) == []


def test_a_save_must_count_on(opened: Opened) -> None:
    record = reviewed(opened.store)

    with pytest.raises(ValueError, match="does not follow"):
        opened.store.save(record, record.version)


def after_one(record: ApprovalRecord) -> ApprovalRecord:
    return record.model_copy(update={"version": record.version + 1})
