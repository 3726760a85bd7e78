# SPDX-License-Identifier: Apache-2.0
"""How the contract suite reaches the SQL store: on SQLite, PostgreSQL with and without PgBouncer, and MariaDB."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from approvals.clock import SystemClock
from approvals.store.sql.engine import open_engine
from approvals.store.sql.factory import open_sql_store
from approvals.store.sql.schema import prepare
from approvals.store.sql.store import SqlStore
from approvals.store.sql.tables import APPROVALS, METADATA
from tests.approvals.store.contract import CaseFactory
from tests.servers import Kind, shared_url


class SqlCase:
    """One database. All handles of a process share its store, as they do in the plugin."""

    def __init__(self, url: str, threads: int) -> None:
        self.threads = threads
        self._url = url
        self._stores = [open_sql_store(url, SystemClock())]

    def open(self) -> SqlStore:
        return self._stores[-1]

    def damage(self, request_id: str) -> None:
        engine, product = open_engine(self._url)
        same_id = APPROVALS.c.request_id == request_id
        with engine.connect() as connection:
            connection.exec_driver_sql(product.begin)
            connection.execute(APPROVALS.update().where(same_id).values(body='{"schema":1,"record":{'))
            connection.commit()
        engine.dispose()

    def restart(self) -> SqlStore:
        # The dead process's connections stay open, as they do until the server sees that it is gone.
        self._stores.append(open_sql_store(self._url, SystemClock()))
        return self._stores[-1]

    def close(self) -> None:
        for store in self._stores:
            store.close()


@contextmanager
def sqlite() -> Iterator[SqlCase]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _closing(SqlCase(f"sqlite:///{Path(folder) / 'approvals.db'}", threads=6))


@contextmanager
def on_server(kind: Kind) -> Iterator[SqlCase]:
    empty(shared_url(kind))
    yield from _closing(SqlCase(shared_url(kind), threads=16))


def _closing(case: SqlCase) -> Iterator[SqlCase]:
    try:
        yield case
    finally:
        case.close()


def empty(url: str) -> None:
    """Removes every row that a store has kept."""
    engine, product = open_engine(url)
    prepare(engine, product, SystemClock())
    with engine.connect() as connection:
        connection.exec_driver_sql(product.begin)
        for table in METADATA.sorted_tables:
            connection.execute(table.delete())
        connection.commit()
    engine.dispose()


FACTORIES: dict[str, CaseFactory] = {
    "sqlite": sqlite,
    "postgresql": lambda: on_server(Kind.POSTGRES),
    "pgbouncer": lambda: on_server(Kind.PGBOUNCER),
    "mariadb": lambda: on_server(Kind.MARIADB),
}
