# SPDX-License-Identifier: Apache-2.0
"""Opens a SQLAlchemy engine for `store_url`, with a bounded pool and bounded waits."""

import re
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.store.sql.backends import BY_SCHEME, Product

POOL_SIZE = 10
POOL_SECONDS = 3
RECYCLE_SECONDS = 1800  # firewalls forget idle connections after an hour or so


def open_engine(text: str) -> tuple[Engine, Product]:
    """An engine for a store URL, and the kind of its database. Nothing is connected yet.

    Raises `bad_parameter`; the message never holds the password.
    """
    url, product = _parsed(text)
    options = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    engine = create_engine(
        url.set(query={}),
        connect_args=product.arguments(options),
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,  # a read needs none, and a write that fails rolls back by hand
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_recycle=RECYCLE_SECONDS,
        pool_use_lifo=True,
        hide_parameters=True,
    )

    open_connection = product.connect
    if open_connection is not None:

        @event.listens_for(engine, "do_connect")
        def connect(_: object, __: object, ___: object, options: Any) -> Any:
            return open_connection(**options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for statement in product.session(connection):
            cursor.execute(statement)
        cursor.close()

    return engine, product


def place(url: URL) -> str:
    """A database's host, port and name, or its file, for messages; never a user or a password."""
    port = f":{url.port}" if url.port else ""
    return f"{url.host}{port}/{url.database}" if url.host else f"{url.database}"


def _parsed(text: str) -> tuple[URL, Product]:
    scheme = text.partition(":")[0].strip().lower()
    product = BY_SCHEME.get(scheme)
    if product is None or "://" not in text:
        raise _bad(
            f"scheme {shown(scheme if '://' in text else '')} is not known; use "
            "postgresql://user:password@host/name, mysql://user:password@host/name or sqlite:////path/to/file.db"
        )
    try:
        url = make_url(_with_quoted_password(text.strip())).set(drivername=product.driver)
    except (ArgumentError, ValueError):
        url = None
    if url is None:
        raise _bad(
            f"this is not a URL of the form {scheme}://user:password@host:port/name; write special characters "
            "in the user name and the password as %XX"
        )
    if not url.database or url.database == ":memory:":
        raise _bad(
            f"{scheme}:// names no {'file' if product.is_file else 'database'}; add it after the last slash"
        )
    unknown = sorted(set(url.query) - product.options)
    if unknown:
        known = ", ".join(sorted(product.options)) or "none"
        raise _bad(f"option {shown(unknown[0])} is not known for {product.name}; known: {known}")
    return url, product


def _with_quoted_password(text: str) -> str:
    """The URL with the characters of the password that would end it early, such as @, as %XX."""
    scheme, _, rest = text.partition("://")
    before_options, _, _ = rest.partition("?")
    place = before_options.rfind("@") if "@" in before_options else rest.rfind("@")
    user, colon, password = rest[: max(place, 0)].partition(":")
    if not colon or not re.search(r"[@/?#]", password):
        return text
    quoted = "".join(
        quote(character, safe="") if character in "@/?#" else character for character in password
    )
    return f"{scheme}://{user}:{quoted}@{rest[place + 1 :]}"


def _bad(message: str) -> ApprovalError:
    return ApprovalError(ErrorCode.BAD_PARAMETER, f"store_url: {message}")
