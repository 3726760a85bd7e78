# SPDX-License-Identifier: Apache-2.0
"""A database that fails is `store_unavailable` in clear words without a secret, and tried again where that helps."""

import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select

from approvals.clock import SystemClock
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.sql.database import SqlDatabase
from approvals.store.sql.engine import open_engine
from approvals.store.sql.factory import open_sql_store
from approvals.store.sql.store import SqlStore
from approvals.store.sql.tables import APPROVALS
from approvals.store.turnstile import Turnstile
from devkit.servers import PASSWORD, free_port
from tests.approvals.store import sql_case
from tests.approvals.store.contract import a_record, after
from tests.servers import Kind, own_server, shared_url

SERVERS = [Kind.POSTGRES, Kind.MARIADB]


class Opened:
    """A database of a server, opened by hand so that a test can hold its connections."""

    def __init__(self, kind: Kind) -> None:
        sql_case.empty(shared_url(kind))
        self.engine, self.product = open_engine(shared_url(kind))
        self.database = SqlDatabase(self.engine, self.product, SystemClock())
        self.store = SqlStore(self.database, SystemClock())

    def shorten_waits(self) -> None:
        """Let a statement wait for a lock no longer than the database can be told."""
        if self.engine.dialect.name == "postgresql":
            self.database._product = replace(
                self.product,
                begin=self.product.begin.replace("lock_timeout = '3s'", "lock_timeout = '100ms'"),
            )
            return
        wait = "SET SESSION innodb_lock_wait_timeout = 1"
        event.listen(self.engine, "connect", lambda connection, _: connection.cursor().execute(wait))


@pytest.fixture(params=SERVERS)
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    made = Opened(request.param)
    yield made
    made.store.close()
    sql_case.empty(shared_url(request.param))


def unavailable(store: SqlStore, *secrets: str) -> str:
    """What a store says when it fails; nothing of it, not even the traceback, may hold a secret."""
    with pytest.raises(ApprovalError) as caught:
        store.load("r-1")
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    assert caught.value.__context__ is None
    told = "".join(traceback.format_exception(caught.value)) + repr(store)
    assert not [secret for secret in secrets if secret in told]
    store.close()
    return caught.value.message


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_not_there_is_named(scheme: str) -> None:
    place = f"127.0.0.1:{free_port()}/name"

    said = unavailable(open_sql_store(f"{scheme}://user:s3cret-word@{place}", SystemClock()), "s3cret-word")

    assert place in said
    assert "cannot be reached" in said
    assert "refused" in said


@pytest.mark.parametrize("kind", SERVERS)
def test_a_wrong_password_is_not_repeated(kind: Kind) -> None:
    quoted = PASSWORD.replace("/", "%2F").replace("@", "%40")
    with own_server(kind) as server:
        wrong = server.url.replace(quoted, "s3cret%40word")
        said = unavailable(open_sql_store(wrong, SystemClock()), "s3cret@word", "s3cret%40word")
        missing = unavailable(
            open_sql_store(server.url.rsplit("/", 1)[0] + "/elsewhere", SystemClock()), PASSWORD
        )

    assert "password" in said
    assert "elsewhere" in missing


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    said = unavailable(open_sql_store(f"sqlite:///{tmp_path}/nowhere/a.db", SystemClock()))

    assert f"{tmp_path}/nowhere/a.db" in said
    assert "cannot be opened" in said


def test_a_file_that_is_no_database_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("Dear diary, " * 1000)

    assert "is not a database file" in unavailable(
        open_sql_store(f"sqlite:///{tmp_path}/a.db", SystemClock())
    )


def test_a_statement_that_fails_shows_no_value(opened: Opened) -> None:
    record = a_record("r-1", content="the secret plan", requester="Ann of Finance")
    opened.store.dead_letters(1)  # so that the tables are there
    with opened.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE approvals RENAME TO mislaid")
    try:
        with pytest.raises(ApprovalError, match=r"store_unavailable: .*lacks a table") as caught:
            opened.store.create(record)
    finally:
        with opened.engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE mislaid RENAME TO approvals")

    told = "".join(traceback.format_exception(caught.value))
    assert "secret plan" not in told
    assert "Ann of Finance" not in told
    assert caught.value.__context__ is None


def test_a_row_that_somebody_holds_is_waited_for_and_then_given_up(opened: Opened) -> None:
    opened.shorten_waits()
    opened.store.create(a_record("r-1"))
    with opened.engine.connect() as other:
        other.exec_driver_sql(opened.product.begin)
        other.exec_driver_sql("UPDATE approvals SET level = 'vp'")
        with pytest.raises(ApprovalError, match=r"store_unavailable: .*lock"):
            opened.store.save(after(a_record("r-1")), expected_version=1)
        other.exec_driver_sql("ROLLBACK")

    opened.store.save(after(a_record("r-1")), expected_version=1)
    assert opened.store.load("r-1").version == 2


def test_connections_are_bounded_and_a_full_pool_says_so(opened: Opened) -> None:
    opened.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    held = [opened.engine.connect() for _ in range(10)]
    with pytest.raises(ApprovalError, match=r"store_unavailable: .*all 10 connections"):
        opened.store.dead_letters(1)
    for connection in held:
        connection.close()

    assert list(opened.store.dead_letters(1)) == []


def test_who_waits_too_long_for_his_turn_is_told_the_same(opened: Opened) -> None:
    opened.database._turnstile = Turnstile(1, patience=0.01)
    with opened.database._turnstile.inside(), pytest.raises(ApprovalError, match="all 10 connections"):
        opened.store.dead_letters(1)


def test_of_two_writers_in_a_deadlock_both_get_through(opened: Opened) -> None:
    for name in ("r-1", "r-2"):
        opened.store.create(a_record(name))
    both_hold_one = threading.Barrier(2)
    attempts: list[str] = []

    def lock_in_order(first: str, second: str) -> str:
        def unit(connection: Connection) -> str:
            attempts.append(first)
            raise_level(connection, first)
            if len(attempts) <= 2:
                both_hold_one.wait(10)
            raise_level(connection, second)
            return first

        return opened.database.write(unit)

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lock_in_order, ["r-1", "r-2"], ["r-2", "r-1"]))

    assert done == ["r-1", "r-2"]
    assert len(attempts) >= 3


def test_a_write_that_fails_leaves_nothing_and_no_open_transaction(opened: Opened) -> None:
    opened.store.create(a_record("r-1"))

    def unit(connection: Connection) -> None:
        raise_level(connection, "r-1")
        raise ZeroDivisionError

    for _ in range(12):  # more than there are connections
        with pytest.raises(ZeroDivisionError):
            opened.database.write(unit)

    levels = opened.database.read(
        lambda connection: connection.execute(select(APPROVALS.c.level)).scalars().all()
    )
    assert levels == [""]
    opened.store.save(after(a_record("r-1")), expected_version=1)  # no row is locked


def raise_level(connection: Connection, request_id: str) -> None:
    connection.execute(APPROVALS.update().where(APPROVALS.c.request_id == request_id).values(level="vp"))


@pytest.mark.parametrize("kind", SERVERS)
def test_a_restarted_server_is_found_again_at_once(kind: Kind) -> None:
    with own_server(kind) as server:
        store = open_sql_store(server.url, SystemClock())
        store.create(a_record("r-1"))
        server.restart()
        assert store.load("r-1") == a_record("r-1")
        server.restart()
        store.create(a_record("r-2"))

        server.stop()
        with pytest.raises(ApprovalError, match=r"^store_unavailable"):
            store.load("r-1")
        server.start()
        assert store.load("r-1") == a_record("r-1")
        store.close()


def test_every_transaction_has_its_limits_and_postgresql_keeps_none_for_the_session(opened: Opened) -> None:
    postgresql = opened.engine.dialect.name == "postgresql"
    names = (
        ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        if postgresql
        else ("max_statement_time", "lock_wait_timeout", "innodb_lock_wait_timeout", "tx_isolation")
    )

    def limits(connection: Connection) -> tuple[str, ...]:
        ask = "SHOW {}" if postgresql else "SELECT @@{}"
        return tuple(str(connection.exec_driver_sql(ask.format(name)).scalar()) for name in names)

    in_session = ("8.0", "8", "3", "READ-COMMITTED")
    assert opened.database.write(limits) == (("8s", "3s", "10s") if postgresql else in_session)
    assert opened.database.read(limits) == (("0", "0", "0") if postgresql else in_session)
