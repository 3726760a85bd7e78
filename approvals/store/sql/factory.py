# SPDX-License-Identifier: Apache-2.0
"""Opens the SQL store. The first call imports SQLAlchemy and a driver, so that only users of a database pay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from approvals.errors import ApprovalError, ErrorCode
from approvals.store.sql.time_limit import CALL_SECONDS

if TYPE_CHECKING:
    from approvals.clock import Clock
    from approvals.store.sql.store import SqlStore


def open_sql_store(
    url: str, clock: Clock, *, call_seconds: float = CALL_SECONDS, read_only: bool = False
) -> SqlStore:
    """The store at `url`: `postgresql://`, `mysql://` (or `mariadb://`) or `sqlite:///path`.

    Nothing is connected yet: the first use connects and creates the tables. Each call of the store ends within
    `call_seconds`, whatever the server does. With `read_only` no table is created or changed, and a file that is not
    there is refused. Raises `bad_parameter` for a URL that names another kind of database,
    no database, or an option that is not passed on.
    """
    from approvals.store.sql.database import SqlDatabase  # noqa: PLC0415
    from approvals.store.sql.engine import open_engine  # noqa: PLC0415
    from approvals.store.sql.store import SqlStore  # noqa: PLC0415

    engine, product = open_engine(url)
    if read_only and product.is_file and not Path(engine.url.database or "").is_file():
        raise ApprovalError(ErrorCode.BAD_PARAMETER, f"store_url: there is no file {engine.url.database}")
    database = SqlDatabase(engine, product, clock, call_seconds=call_seconds, read_only=read_only)
    return SqlStore(database, clock)
