# SPDX-License-Identifier: Apache-2.0
"""The tables appear on first use, once, and an older schema is brought up to date without losing a record."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, inspect

from approvals.clock import SystemClock
from approvals.errors import ApprovalError
from approvals.store.sql.backends import Product
from approvals.store.sql.engine import open_engine
from approvals.store.sql.factory import open_sql_store
from approvals.store.sql.schema import MIGRATIONS, Migration, prepare, schema_version
from approvals.store.sql.tables import JOURNAL_METADATA, METADATA, SCHEMA_JOURNAL
from tests.approvals.store.contract import a_record
from tests.servers import Kind, shared_url

NEWEST = MIGRATIONS[-1].version
AT_ONCE = 4

FIRST_USE = """
import sys
from approvals.clock import SystemClock
from approvals.store.sql.factory import open_sql_store
store = open_sql_store(sys.argv[1], SystemClock())
print("ready", flush=True)
sys.stdin.readline()
store.claim("key of " + sys.argv[2], "r-1")
"""


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'approvals.db'}"
        return
    server = shared_url(Kind.POSTGRES if request.param == "postgresql" else Kind.MARIADB)
    without_tables(server)
    yield server
    without_tables(server)


@pytest.fixture
def opened(url: str) -> Iterator[tuple[Engine, Product]]:
    """The database by its engine."""
    engine, product = open_engine(url)
    yield engine, product
    engine.dispose()


def without_tables(url: str) -> None:
    engine, _ = open_engine(url)
    METADATA.drop_all(engine)
    JOURNAL_METADATA.drop_all(engine)
    engine.dispose()


def test_processes_that_come_at_once_make_the_tables_once(url: str, opened: tuple[Engine, Product]) -> None:
    def start(number: int) -> subprocess.Popen[str]:
        program = [sys.executable, "-c", FIRST_USE, url, str(number)]
        pipe = subprocess.PIPE
        return subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    processes = [start(number) for number in range(AT_ONCE)]
    assert [process.stdout and process.stdout.readline() for process in processes] == ["ready\n"] * AT_ONCE
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = list(pool.map(lambda process: process.communicate("go\n"), processes))

    assert [error for _, error in ends] == [""] * AT_ONCE
    with opened[0].connect() as connection:
        assert connection.execute(SCHEMA_JOURNAL.select()).scalars().all() == [m.version for m in MIGRATIONS]
        assert connection.exec_driver_sql("SELECT count(*) FROM approvals_claims").scalar() == AT_ONCE


def test_a_newer_schema_is_left_alone(url: str, opened: tuple[Engine, Product]) -> None:
    future = [*MIGRATIONS, Migration(NEWEST + 6, lambda _: None)]
    prepare(*opened, SystemClock(), future)
    store = open_sql_store(url, SystemClock())

    with pytest.raises(
        ApprovalError, match=f"^store_unavailable: .*version {NEWEST + 6}.*up to {NEWEST}.*newer plugin"
    ):
        store.load("r-1")
    store.close()


def add_colour(connection: Connection) -> None:
    if "colour" not in {column["name"] for column in inspect(connection).get_columns("approvals")}:
        connection.exec_driver_sql("ALTER TABLE approvals ADD COLUMN colour VARCHAR(16)")


def test_an_older_schema_is_brought_up_to_date_and_keeps_its_records(
    url: str, opened: tuple[Engine, Product]
) -> None:
    store = open_sql_store(url, SystemClock())
    store.create(a_record("r-1"))
    later = [*MIGRATIONS, Migration(NEWEST + 1, add_colour)]

    prepare(*opened, SystemClock(), later)
    prepare(*opened, SystemClock(), later)

    with opened[0].connect() as connection:
        assert schema_version(connection) == NEWEST + 1
        assert connection.exec_driver_sql("SELECT colour FROM approvals").scalars().all() == [None]
    assert store.load("r-1") == a_record("r-1")
    store.close()


def test_a_step_that_was_cut_off_is_finished(url: str, opened: tuple[Engine, Product]) -> None:
    engine, _ = opened
    with engine.connect() as connection:  # what MySQL keeps of a process that died after its first statements
        METADATA.tables["approvals_ledger"].create(connection)
        METADATA.tables["approvals"].create(connection)
        connection.commit()
        index = next(iter(METADATA.tables["approvals"].indexes))
        index.drop(connection)
        connection.commit()

    store = open_sql_store(url, SystemClock())
    store.create(a_record("r-1"))

    found = {one["name"] for one in inspect(engine).get_indexes("approvals")}
    assert found == {one.name for one in METADATA.tables["approvals"].indexes}
    store.close()


def test_a_failed_step_leaves_the_version_as_it_was(opened: tuple[Engine, Product]) -> None:
    prepare(*opened, SystemClock())

    def fails(_: Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        prepare(*opened, SystemClock(), [*MIGRATIONS, Migration(NEWEST + 1, fails)])
    with opened[0].connect() as connection:
        assert schema_version(connection) == NEWEST
    prepare(*opened, SystemClock(), [*MIGRATIONS, Migration(NEWEST + 1, add_colour)])
