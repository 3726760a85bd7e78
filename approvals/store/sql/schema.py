# SPDX-License-Identifier: Apache-2.0
"""Creates the tables on first use and brings older ones up to date, one process at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, insert, inspect, select

from approvals.clock import Clock
from approvals.domain.canonical import rfc3339
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.sql.backends import MIGRATION_SECONDS, SCHEMA_LOCK_SECONDS, Product
from approvals.store.sql.tables import JOURNAL_METADATA, METADATA, SCHEMA_JOURNAL
from approvals.store.sql.time_limit import time_limit


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema. It must cope with tables that are there already.

    Step 1 creates the newest tables in an empty database, and MySQL keeps the first statements of a step that was
    interrupted, since it commits each change of a table.
    """

    version: int
    apply: Callable[[Connection], None]


def create_tables(connection: Connection) -> None:
    """Create the tables and indexes that do not exist yet."""
    for table in METADATA.sorted_tables:
        table.create(connection, checkfirst=True)
        for index in table.indexes:
            index.create(connection, checkfirst=True)


# Numbered from 1 without gaps. A change of the tables is a new step at the end.
MIGRATIONS: Sequence[Migration] = (
    Migration(1, create_tables),
    Migration(2, create_tables),  # the refusals
    Migration(3, create_tables),  # the policies
    Migration(4, create_tables),  # the notices
    Migration(5, create_tables),  # what was spent
    Migration(6, create_tables),  # when decided requests are removed, and what is left of them
    Migration(7, create_tables),  # when people are reminded
    Migration(8, create_tables),  # what requests are compared by
    Migration(9, create_tables),  # what requests take of budgets
)


def prepare(
    engine: Engine, product: Product, clock: Clock, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Apply the migrations that the database lacks. Raises `store_unavailable` when its schema is newer than these."""
    with engine.connect() as connection:
        if not _missing(connection, migrations):
            return
        with time_limit(clock, MIGRATION_SECONDS):
            connection.detach()  # its settings are not for the pool
            _migrate(connection, product, clock, migrations)


def check(engine: Engine, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Raise `store_unavailable` when the database has another schema than these. Changes nothing."""
    with engine.connect() as connection:
        if missing := _missing(connection, migrations):
            version = migrations[-1].version
            raise ApprovalError(
                ErrorCode.STORE_UNAVAILABLE,
                f"the database has schema version {version - len(missing)}, and {version} is read here; nothing is "
                "changed by looking: let the plugin of this version use the database once",
            )


def _migrate(connection: Connection, product: Product, clock: Clock, migrations: Sequence[Migration]) -> None:
    for statement in product.patient:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(product.begin_migration)
    if connection.exec_driver_sql(product.take_lock).scalar() != 1:
        raise ApprovalError(
            ErrorCode.STORE_UNAVAILABLE,
            f"another process has been changing the tables for {SCHEMA_LOCK_SECONDS} s; try again later",
        )
    JOURNAL_METADATA.create_all(connection)
    for migration in _missing(connection, migrations):
        migration.apply(connection)
        applied_at = rfc3339(clock.now())
        connection.execute(insert(SCHEMA_JOURNAL).values(version=migration.version, applied_at=applied_at))
    connection.commit()
    connection.exec_driver_sql(product.free_lock)


def _missing(connection: Connection, migrations: Sequence[Migration]) -> Sequence[Migration]:
    """The migrations that were not applied yet."""
    version = schema_version(connection)
    if version > migrations[-1].version:
        raise ApprovalError(
            ErrorCode.STORE_UNAVAILABLE,
            f"the database has schema version {version}; this plugin knows versions up to "
            f"{migrations[-1].version}: install the newer plugin",
        )
    if version == 0:
        return migrations
    return [migration for migration in migrations if migration.version > version]


def schema_version(connection: Connection) -> int:
    """The version of the last migration that was applied; 0 for an empty database."""
    if not inspect(connection).has_table(SCHEMA_JOURNAL.name):
        return 0
    return connection.execute(select(func.max(SCHEMA_JOURNAL.c.version))).scalar() or 0
