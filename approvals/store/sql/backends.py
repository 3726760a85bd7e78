# SPDX-License-Identifier: Apache-2.0
"""What differs between the three kinds of database, as data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from approvals.errors import ApprovalError, ErrorCode, shown

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
LOCK_SECONDS = 3
SCHEMA_LOCK_SECONDS = 8
_SCHEMA_LOCK = 7_305_804_402_429_358_963  # any constant; every process of this plugin must use the same


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of database. Statements are SQL text; `options` are the URL's options that are passed on.

    Every connection is in autocommit; `begin` opens a write by hand, so that a read costs one round trip.
    `patient` are the settings of the connection that changes the schema, `take_lock` makes it the only one
    (its first value is 1 when the lock was had), `free_lock` gives way again.
    """

    name: str
    driver: str
    schemes: frozenset[str]
    begin: str
    session: Callable[[Any], Sequence[str]]
    patient: Sequence[str]
    take_lock: str
    free_lock: str
    options: frozenset[str]
    arguments: Callable[[Mapping[str, str]], dict[str, Any]]
    attempts: int = 10

    @property
    def is_file(self) -> bool:
        """True for a database that is a file of this machine."""
        return self.name == "SQLite"


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


def _postgresql_arguments(options: Mapping[str, str]) -> dict[str, Any]:
    # Keep-alives and the TCP timeout end a connection whose other end is gone without a word.
    patience = {
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }
    return {"connect_timeout": CONNECT_SECONDS, "application_name": "approvals", **patience, **options}


def _mysql_arguments(options: Mapping[str, str]) -> dict[str, Any]:
    """A CA file asks for a verified certificate and host name, unless the URL says otherwise."""
    checks = dict.fromkeys(("ssl_verify_cert", "ssl_verify_identity"), True) if "ssl_ca" in options else {}
    asked = {name: _flag(name, text) for name, text in options.items() if name.startswith("ssl_verify_")}
    return {
        "charset": "utf8mb4",
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": STATEMENT_SECONDS + 5,
        "write_timeout": STATEMENT_SECONDS,
        **options,
        **checks,
        **asked,
    }


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
        # Strict, so that a value that does not fit is an error and never cut in silence.
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
        f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}, lock_wait_timeout = {STATEMENT_SECONDS}",
        f"SET SESSION {longest} * {STATEMENT_SECONDS}",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    )


_POSTGRESQL = Product(
    name="PostgreSQL",
    driver="postgresql+psycopg",
    schemes=frozenset({"postgres", "postgresql", "postgresql+psycopg"}),
    begin="BEGIN ISOLATION LEVEL READ COMMITTED",
    # Set by statement, because connection poolers refuse the start-up option.
    session=lambda _: (
        f"SET statement_timeout = '{STATEMENT_SECONDS}s'",
        f"SET lock_timeout = '{LOCK_SECONDS}s'",
        f"SET idle_in_transaction_session_timeout = '{STATEMENT_SECONDS}s'",
    ),
    patient=("SET statement_timeout = 0", f"SET lock_timeout = '{SCHEMA_LOCK_SECONDS}s'"),
    take_lock=f"SELECT 1 FROM (SELECT pg_advisory_lock({_SCHEMA_LOCK})) AS taken",  # noqa: S608 - a constant
    free_lock=f"SELECT pg_advisory_unlock({_SCHEMA_LOCK})",
    options=_words(
        "sslmode sslrootcert sslcert sslkey sslcrl channel_binding gssencmode target_session_attrs",
        "host port application_name options connect_timeout",
    ),
    arguments=_postgresql_arguments,
)

_MYSQL = Product(
    name="MySQL or MariaDB",
    driver="mysql+pymysql",
    schemes=frozenset({"mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"}),
    begin="START TRANSACTION",
    session=_mysql_session,
    patient=(
        "SET SESSION lock_wait_timeout = 60 /*M! , max_statement_time = 0 */",
    ),  # the latter for MariaDB
    take_lock=f"SELECT GET_LOCK(CONCAT('approvals:', MD5(DATABASE())), {SCHEMA_LOCK_SECONDS})",
    free_lock="SELECT RELEASE_LOCK(CONCAT('approvals:', MD5(DATABASE())))",
    options=frozenset(
        {"ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity", "unix_socket"}
    ),
    arguments=_mysql_arguments,
)

_SQLITE = Product(
    name="SQLite",
    driver="sqlite+pysqlite",
    schemes=frozenset({"sqlite", "sqlite+pysqlite"}),
    begin="BEGIN IMMEDIATE",
    # SQLite waits inside C and stops every greenlet meanwhile: it waits next to nothing, and the attempts do.
    session=lambda _: ("PRAGMA busy_timeout = 20", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"),
    patient=(f"PRAGMA busy_timeout = {SCHEMA_LOCK_SECONDS}000",),
    take_lock="SELECT 1",  # `begin` locks the file
    free_lock="SELECT 1",
    options=frozenset(),
    arguments=lambda _: {"timeout": 0.02},
    attempts=200,
)

PRODUCTS: Sequence[Product] = (_POSTGRESQL, _MYSQL, _SQLITE)
BY_SCHEME: Mapping[str, Product] = MappingProxyType(
    {scheme: product for product in PRODUCTS for scheme in product.schemes}
)
