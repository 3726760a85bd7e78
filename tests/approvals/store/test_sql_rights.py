# SPDX-License-Identifier: Apache-2.0
"""The rights that docs/databases.md names are enough for the plugin, and do not let it rewrite a ledger."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from approvals.clock import SystemClock
from approvals.domain.decisions import Decision
from approvals.domain.records import Refusal
from approvals.domain.terms import Event, HowKnown
from approvals.errors import ApprovalError
from approvals.store.protocol import REFUSALS_KEPT, DeadLetter, Query
from approvals.store.sql.engine import open_engine
from approvals.store.sql.factory import open_sql_store
from approvals.store.sql.tables import JOURNAL_METADATA, METADATA
from tests.approvals.domain import worlds
from tests.approvals.store import sql_case
from tests.approvals.store.test_contract_notices import a_notice
from tests.approvals.store.test_contract_reminders import to_remind, waiting
from tests.servers import Kind, shared_url

DOCS = Path(__file__).parents[3] / "docs" / "databases.md"
REFUSED = Refusal(
    at=worlds.NOW,
    event=Event.APPROVE,
    actor="Eve",
    actor_level="vp",
    how_known=HowKnown.TYPED,
    code="not_authorized",
    reason="",
)


def run(engine: Engine, *statements: str) -> None:
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def grants_in_docs(kind: Kind) -> str:
    """The statements that the docs tell an administrator to run."""
    heading = "PostgreSQL:" if kind is Kind.POSTGRES else "MySQL and MariaDB:"
    found = re.search(rf"{heading}\n\n```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("kind", [Kind.POSTGRES, Kind.MARIADB])
def test_the_docs_name_every_table(kind: Kind) -> None:
    granted = set(re.findall(r"\bapprovals(?:_[a-z_]+)?\b(?!\.)", grants_in_docs(kind))) - {
        "approvals_plugin"
    }

    assert granted >= {*METADATA.tables, *JOURNAL_METADATA.tables}


@pytest.fixture(params=[Kind.POSTGRES, Kind.MARIADB])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with its tables, by the URL of a user with the rights of the docs."""
    owner = shared_url(request.param)
    sql_case.empty(owner)
    engine, _ = open_engine(owner)
    database = engine.url.database or ""
    text = grants_in_docs(request.param).replace(" approvals.", f" {database}.")
    if request.param is Kind.POSTGRES:
        run(engine, "CREATE ROLE approvals_plugin LOGIN PASSWORD 'word'", *text.strip().splitlines())
    else:
        run(engine, "CREATE USER approvals_plugin@'127.0.0.1' IDENTIFIED BY 'word'")
        run(engine, *text.replace("approvals_plugin;", "approvals_plugin@'127.0.0.1';").strip().splitlines())
    yield re.sub(r"//[^@]*@", "//approvals_plugin:word@", owner)
    if request.param is Kind.POSTGRES:
        run(engine, "DROP OWNED BY approvals_plugin", "DROP ROLE approvals_plugin")
    else:
        run(engine, "DROP USER approvals_plugin@'127.0.0.1'")
    sql_case.empty(owner)
    engine.dispose()


def test_the_rights_in_the_docs_are_enough(url: str) -> None:
    store = open_sql_store(url, SystemClock())
    record = worlds.record(worlds.stages_policy("manager"))
    store.put_policy(record.policy_digest, dict(record.policy or {}))
    store.create(record)
    submitted = worlds.carried_out(record, Decision(Event.SUBMIT))
    store.save(submitted, record.version)
    for _ in range(REFUSALS_KEPT + 1):
        store.note_refusal("r-1", REFUSED)
    store.put_dead_letter(DeadLetter(request_id="r-1", code="x", message="", buried_at=worlds.NOW))
    store.put_dead_letter(DeadLetter(request_id="r-1", code="y", message="", buried_at=worlds.NOW))
    store.remove_dead_letter("r-1")
    waiting(store, "r-2", 1)
    assert to_remind(store, 2) == ["r-2"]
    store.put_notice(a_notice())
    store.put_notice(a_notice())
    store.remove_notice(a_notice().notice_id)
    spend = store.spend_of("a" * 64)
    for day in (worlds.NOW.date(), worlds.NOW.date() + timedelta(days=1)):
        assert spend.take(day, 1, 10).counted
    spend.correct(worlds.NOW.date(), 1)

    assert store.claim("k", "r-1") == store.claim("k", "r-2") == "r-1"
    assert submitted in store.search(Query(), "", 10).records
    assert list(store.stored_faults("r-1")) == []
    assert len(store.refusals("r-1")) == REFUSALS_KEPT
    store.close()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE approvals_ledger SET hash = ''", "DELETE FROM approvals_ledger", "DELETE FROM approvals"],
)
def test_they_do_not_let_it_rewrite_a_ledger(url: str, statement: str) -> None:
    store = open_sql_store(url, SystemClock())
    with pytest.raises(ApprovalError, match="does not let this user do that"):
        store._database.write(lambda connection: connection.exec_driver_sql(statement))
    store.close()
