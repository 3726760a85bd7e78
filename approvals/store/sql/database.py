# SPDX-License-Identifier: Apache-2.0
"""Runs reads and writes against one database, with transactions, time limits, retries and clear errors."""

import random
import threading
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine, Insert
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from approvals.clock import Clock
from approvals.store.sql.backends import Product
from approvals.store.sql.engine import POOL_SECONDS, POOL_SIZE, place
from approvals.store.sql.errors import fault_of
from approvals.store.sql.schema import MIGRATIONS, Migration, check, prepare
from approvals.store.sql.time_limit import CALL_SECONDS, TimeLimit, time_limit
from approvals.store.turnstile import CrowdedError, Turnstile

PAUSE_SECONDS = 0.02


class SqlDatabase:
    """A database whose calls end within `call_seconds`. Safe to share between threads and greenlets."""

    def __init__(
        self,
        engine: Engine,
        product: Product,
        clock: Clock,
        migrations: Sequence[Migration] = MIGRATIONS,
        *,
        call_seconds: float = CALL_SECONDS,
        read_only: bool = False,
    ) -> None:
        """`read_only`: the tables are never created or changed, as a look from outside must not."""
        self._engine = engine
        self._product = product
        self._clock = clock
        self._migrations = migrations
        self._call_seconds = call_seconds
        self._read_only = read_only
        self._turnstile = Turnstile(POOL_SIZE, POOL_SECONDS)
        self._preparing = threading.Lock()
        self._prepared = False

    def __repr__(self) -> str:
        return f"<SqlDatabase {self._product.name} at {place(self._engine.url)}>"

    def read[T](self, unit: Callable[[Connection], T]) -> T:
        """Run `unit`, which only reads and may run twice; returns its result. Raises `store_unavailable`."""
        return self._attempted(unit, begin=False)

    def write[T](self, unit: Callable[[Connection], T]) -> T:
        """Run `unit` in a transaction, and commit; returns its result. When `unit` raises, nothing is written.

        After a deadlock or the like `unit` runs again in a new transaction. Raises `store_unavailable`; the
        write may then have been committed or not.
        """
        return self._attempted(unit, begin=True)

    def close(self) -> None:
        """Close the idle connections."""
        self._engine.dispose()

    def _attempted[T](self, unit: Callable[[Connection], T], *, begin: bool) -> T:
        """Run a unit, in a transaction if `begin`, until it succeeds, fails for good, or the time is up."""
        with time_limit(self._clock, self._call_seconds) as limit:
            attempt = 0
            while True:
                attempt += 1
                begun = False
                try:
                    self._prepare(limit)
                    with self._turnstile.inside(limit.left), self._engine.connect() as connection:
                        if not begin:
                            return unit(connection)
                        connection.exec_driver_sql(self._product.begin)
                        begun = True
                        return _committed(connection, unit)
                except (
                    SQLAlchemyError,
                    CrowdedError,
                    OSError,
                    RuntimeError,
                ) as error:  # PyMySQL raises the last two
                    fault = fault_of(error, self._product, self._engine.url, limit)
                    # A connection of the pool may have died while it was idle. The pool drops all that are as old,
                    # so that one more attempt is enough, and no connection has to be tried before each use.
                    stale = attempt == 1 and not begun and _lost(error)
                # Raised out here, so that the driver's error with its values is not even the hidden context.
                if limit.over or not (stale or (fault.transient and attempt < self._product.attempts)):
                    raise fault.error
                if not stale:
                    self._clock.sleep(random.uniform(0.1, 1) * PAUSE_SECONDS)  # noqa: S311 - spreads the attempts

    def _prepare(self, limit: TimeLimit) -> None:
        if self._prepared:
            return
        if not self._preparing.acquire(timeout=limit.left):
            raise CrowdedError
        try:
            if not self._prepared:
                if self._read_only:
                    check(self._engine, self._migrations)
                else:
                    prepare(self._engine, self._product, self._clock, self._migrations)
                self._prepared = True
                limit.restart()  # a migration has a limit of its own
        finally:
            self._preparing.release()


def inserted(connection: Connection, statement: Insert) -> bool:
    """Run an insert within a write. False when the key is taken; the transaction is then good for nothing else."""
    try:
        connection.execute(statement)
    except IntegrityError:
        return False
    return True


def _committed[T](connection: Connection, unit: Callable[[Connection], T]) -> T:
    """Run a unit in the transaction that has begun, and commit, or roll back when anything fails."""
    try:
        answer = unit(connection)
        connection.exec_driver_sql("COMMIT")
    except BaseException:  # a greenlet that is killed, too
        try:
            connection.exec_driver_sql("ROLLBACK")
        except (SQLAlchemyError, OSError, RuntimeError):
            connection.invalidate()  # the server rolls back when the connection is closed
        raise
    return answer


def _lost(error: Exception) -> bool:
    """True when a connection that was open turned out to be closed."""
    return isinstance(error, DBAPIError) and error.connection_invalidated
