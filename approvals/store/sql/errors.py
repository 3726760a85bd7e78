# SPDX-License-Identifier: Apache-2.0
"""Maps errors of databases to `store_unavailable`, with a remedy and without passwords or values of records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote, quote_plus

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.store.sql.backends import STATEMENT_SECONDS, Product
from approvals.store.sql.engine import POOL_SECONDS, POOL_SIZE, place
from approvals.store.sql.time_limit import TimeLimit
from approvals.store.turnstile import CrowdedError

# After these the whole transaction is undone and may be tried again: PostgreSQL's SQLSTATE, MySQL's error
# number (1020 is MariaDB's "record has changed since last read"), SQLite's error name.
TRANSIENT = frozenset(
    {"40001", "40P01", "1020", "1213", "SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED"}
)

_LOCKED = "could not give a lock in time, because another transaction holds it; try again"
_SLOW = f"needed more than {STATEMENT_SECONDS} s for a statement; try again, and look at the server's load"
_SILENT = (
    "did not answer within {seconds:g} s; try again in a moment, and look at the server and the network to it"
)
_STOPPING = "is shutting down or restarting; try again in a moment"
_CROWDED = "has no connection free; raise its connection limit or use fewer plugin processes"
_FULL = "has no disk space left; free some"
_RIGHTS = "does not let this user do that; grant it the rights on the approvals tables"
_LOGIN = "refuses the user or the password; check store_url"
_NO_DATABASE = "has no database of that name; create it or correct store_url"
_AWAY = (
    "cannot be reached or refuses the connection; check the host, user, password and TLS options in store_url"
)
_BUSY = "is locked by other writers; use PostgreSQL or MySQL for several processes"
_NO_FILE = "cannot be opened or written; check the path, its folder and their permissions"
_BROKEN = "is damaged or is not a database file; restore it from a backup"
_TABLES = "lacks a table or column that this plugin needs; restore the approvals tables"
_FORGED = (
    "has a ledger entry already where this one belongs: the tables were changed by hand; verify the ledger"
)

_MEANING: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("55P03", "1205"), _LOCKED),
        **dict.fromkeys(("57014", "1969", "3024"), _SLOW),
        **dict.fromkeys(("57P01", "57P02", "57P03", "1053", "1927"), _STOPPING),
        **dict.fromkeys(("53300", "1040", "1203"), _CROWDED),
        **dict.fromkeys(("53100", "1021", "1114", "SQLITE_FULL"), _FULL),
        **dict.fromkeys(("42501", "1142", "1227"), _RIGHTS),
        **dict.fromkeys(("28000", "28P01", "1044", "1045", "1698"), _LOGIN),
        **dict.fromkeys(("3D000", "1049"), _NO_DATABASE),
        **dict.fromkeys(("42P01", "42703", "1146", "1054"), _TABLES),
        **dict.fromkeys(("23505", "1062", "SQLITE_CONSTRAINT_PRIMARYKEY"), _FORGED),
        **dict.fromkeys(("2002", "2003", "2006", "2013"), _AWAY),
        **dict.fromkeys(("SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED"), _BUSY),
        **dict.fromkeys(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM"), _NO_FILE),
        **dict.fromkeys(("SQLITE_CORRUPT", "SQLITE_NOTADB"), _BROKEN),
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A database error without secrets. `transient`: the same transaction may succeed when it runs again."""

    error: ApprovalError
    transient: bool


def fault_of(error: Exception, product: Product, url: URL, limit: TimeLimit) -> Fault:
    """The fault behind an error of SQLAlchemy, a driver or the operating system, in a call with this time limit."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = _code(cause)
    if isinstance(error, PoolTimeoutError | CrowdedError):
        meaning = f"has kept all {POOL_SIZE} connections of this process busy for {POOL_SECONDS} s; try again"
    else:
        meaning = _MEANING.get(code) or _undescribed(error)
        if limit.over and meaning == _AWAY:
            meaning = _SILENT.format(seconds=limit.seconds)
    said = ""
    if isinstance(error, OSError | RuntimeError) or (
        isinstance(error, DBAPIError) and error.statement is None
    ):
        # No statement was under way, so the driver's words hold no value of a record.
        said = f": {_scrubbed(cause, url)}"
    kind = " ".join(part for part in (type(cause).__name__, code) if part)
    message = f"{product.name} at {shown(place(url), 120)} {meaning} ({kind}{said})"
    return Fault(ApprovalError(ErrorCode.STORE_UNAVAILABLE, message), transient=code in TRANSIENT)


def _undescribed(error: Exception) -> str:
    lost = isinstance(error, OSError | RuntimeError) or (
        isinstance(error, DBAPIError) and (error.connection_invalidated or error.statement is None)
    )
    return _AWAY if lost else "refused a statement; look at the server's log for this time"


def _code(cause: object) -> str:
    """PostgreSQL's SQLSTATE, MySQL's error number or SQLite's error name; empty when there is none."""
    first = next(iter(getattr(cause, "args", ())), None)
    if isinstance(first, int) and not isinstance(cause, OSError):
        return str(first)
    return getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or ""


def _scrubbed(cause: BaseException | None, url: URL) -> str:
    """The first line of a driver's message, without the password in any spelling."""
    words = str(cause.args[-1]) if cause and cause.args else ""
    line = words.strip().partition("\n")[0]
    for secret in _spellings(url.password):
        line = line.replace(secret, "***")
    return shown(line, 200)


def _spellings(password: str | None) -> Iterable[str]:
    return {password, quote(password, safe=""), quote_plus(password)} if password else ()
