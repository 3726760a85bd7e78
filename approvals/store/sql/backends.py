# SPDX-License-Identifier: Apache-2.0
"""The differences between PostgreSQL, MySQL with MariaDB, and SQLite, as data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.store.sql.time_limit import CALL_SECONDS

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 8
"""The server's own limit. It is shorter than the client's, so that a server that still speaks says what was slow."""
LOCK_SECONDS = 3
SCHEMA_LOCK_SECONDS = 8
MIGRATION_SECONDS = 120
"""For a change of the tables, which may have to write an index over many records."""
KEEPALIVE_IDLE_SECONDS = 10
KEEPALIVE_INTERVAL_SECONDS = 5
KEEPALIVE_PROBES = 3
UNACKNOWLEDGED_MILLISECONDS = 10_000
_SCHEMA_LOCK = 7_305_804_402_429_358_963  # any constant; every process of this plugin must use the same


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of database. Statements are SQL text; `options` are the URL's options that are passed on.

    Every connection is in autocommit; `begin` opens a write by hand, so that a read costs one round trip.
    `session` are the statements that a new connection begins with. A change of the schema has a connection of its
    own: `patient` prepares it, `begin_migration` opens the transaction, `take_lock` makes it the only one (its first
    value is 1 when it has the lock), `free_lock` gives the lock back after the commit. `connect` opens a connection
    whose waits keep to the call's time limit; None for the driver's own.
    """

    name: str
    driver: str
    schemes: frozenset[str]
    begin: str
    session: Callable[[Any], Sequence[str]]
    patient: Sequence[str]
    begin_migration: str
    take_lock: str
    free_lock: str
    options: frozenset[str]
    arguments: Callable[[Mapping[str, str]], dict[str, Any]]
    connect: Callable[..., Any] | None = None
    attempts: int = 10

    @property
    def is_file(self) -> bool:
        """True for a database that is a file of this machine."""
        return self.name == "SQLite"


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


def _postgresql_arguments(options: Mapping[str, str]) -> dict[str, Any]:
    keepalive = {
        "keepalives_idle": KEEPALIVE_IDLE_SECONDS,
        "keepalives_interval": KEEPALIVE_INTERVAL_SECONDS,
        "keepalives_count": KEEPALIVE_PROBES,
        "tcp_user_timeout": UNACKNOWLEDGED_MILLISECONDS,
    }
    return {"connect_timeout": CONNECT_SECONDS, "application_name": "approvals", **keepalive, **options}


def _connect_postgresql(**options: Any) -> Any:
    from approvals.store.sql.psycopg_connection import connect  # noqa: PLC0415 - loads what only it needs

    return connect(**options)


def _mysql_arguments(options: Mapping[str, str]) -> dict[str, Any]:
    """A CA file asks for a verified certificate and host name, unless the URL says otherwise."""
    checks = dict.fromkeys(("ssl_verify_cert", "ssl_verify_identity"), True) if "ssl_ca" in options else {}
    asked = {name: _flag(name, text) for name, text in options.items() if name.startswith("ssl_verify_")}
    return {
        "charset": "utf8mb4",
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": CALL_SECONDS,
        "write_timeout": CALL_SECONDS,
        **options,
        **checks,
        **asked,
    }


def _connect_mysql(**options: Any) -> Any:
    from approvals.store.sql.pymysql_connection import LimitedConnection  # noqa: PLC0415 - loads what only it needs

    return LimitedConnection(**options)


def _flag(name: str, text: str) -> bool:
    if text.lower() not in {"true", "false", "1", "0"}:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER, f"store_url: {name} is {shown(text)}; it must be true or false"
        )
    return text.lower() in {"true", "1"}


def _mysql_session(connection: Any) -> Sequence[str]:
    mariadb = "mariadb" in str(connection.get_server_info()).lower()
    longest = "max_statement_time = 1" if mariadb else "max_execution_time = 1000"
    return (
        # Strict, so that a value that does not fit is an error and never cut.
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
        f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}, lock_wait_timeout = {STATEMENT_SECONDS}",
        f"SET SESSION {longest} * {STATEMENT_SECONDS}",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    )


_POSTGRESQL = Product(
    name="PostgreSQL",
    driver="postgresql+psycopg",
    schemes=frozenset({"postgres", "postgresql", "postgresql+psycopg"}),
    # Nothing is set for the session: PgBouncer in transaction mode gives each transaction another one.
    session=lambda _: (),
    begin="BEGIN ISOLATION LEVEL READ COMMITTED"
    f"; SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"
    f"; SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"
    f"; SET LOCAL idle_in_transaction_session_timeout = '{CALL_SECONDS:.0f}s'",
    patient=(),
    begin_migration="BEGIN ISOLATION LEVEL READ COMMITTED"
    f"; SET LOCAL statement_timeout = '{MIGRATION_SECONDS}s'"
    f"; SET LOCAL lock_timeout = '{SCHEMA_LOCK_SECONDS}s'",
    take_lock=f"SELECT 1 FROM (SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})) AS taken",  # noqa: S608 - a constant
    free_lock="SELECT 1",  # the commit frees it
    options=_words(
        "sslmode sslrootcert sslcert sslkey sslcrl channel_binding gssencmode target_session_attrs",
        "host port application_name options connect_timeout",
    ),
    arguments=_postgresql_arguments,
    connect=_connect_postgresql,
)

_MYSQL = Product(
    name="MySQL or MariaDB",
    driver="mysql+pymysql",
    schemes=frozenset({"mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"}),
    begin="START TRANSACTION",
    session=_mysql_session,
    # The comment is read by MariaDB alone.
    patient=(f"SET SESSION lock_wait_timeout = 60 /*M! , max_statement_time = {MIGRATION_SECONDS} */",),
    begin_migration="START TRANSACTION",
    take_lock=f"SELECT GET_LOCK(CONCAT('approvals:', MD5(DATABASE())), {SCHEMA_LOCK_SECONDS})",
    free_lock="SELECT RELEASE_LOCK(CONCAT('approvals:', MD5(DATABASE())))",
    options=frozenset(
        {"ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity", "unix_socket"}
    ),
    arguments=_mysql_arguments,
    connect=_connect_mysql,
)

_SQLITE = Product(
    name="SQLite",
    driver="sqlite+pysqlite",
    schemes=frozenset({"sqlite", "sqlite+pysqlite"}),
    begin="BEGIN IMMEDIATE",
    # SQLite waits inside C and stops every greenlet meanwhile: so it hardly waits, and the call tries again instead.
    session=lambda _: ("PRAGMA busy_timeout = 20", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"),
    patient=(f"PRAGMA busy_timeout = {SCHEMA_LOCK_SECONDS}000",),
    begin_migration="BEGIN IMMEDIATE",
    take_lock="SELECT 1",  # `begin_migration` locks the file
    free_lock="SELECT 1",
    options=frozenset(),
    arguments=lambda _: {"timeout": 0.02},
    attempts=200,
)

PRODUCTS: Sequence[Product] = (_POSTGRESQL, _MYSQL, _SQLITE)
BY_SCHEME: Mapping[str, Product] = MappingProxyType(
    {scheme: product for product in PRODUCTS for scheme in product.schemes}
)
