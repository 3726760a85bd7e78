# SPDX-License-Identifier: Apache-2.0
"""A store URL is understood or refused, and TLS is as strict as it says."""

import os
import socket
import subprocess
import sys

import certifi
import pytest

from approvals.clock import SystemClock
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.sql.engine import open_engine
from approvals.store.sql.factory import open_sql_store
from tests.servers import Kind, own_server, shared_url

PASSWORD = "s3cret-word"


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgres://u:p@db/name", "postgresql+psycopg"),
        ("postgresql://u:p@db:5433/name?sslmode=verify-full&sslrootcert=/ca.pem", "postgresql+psycopg"),
        ("mysql://u:p@db/name", "mysql+pymysql"),
        ("MariaDB://u:p@db/name?ssl_ca=/ca.pem", "mysql+pymysql"),
        ("sqlite:////data/approvals.db", "sqlite+pysqlite"),
    ],
)
def test_a_url_names_a_database(url: str, driver: str) -> None:
    engine, _ = open_engine(url)

    assert engine.url.drivername == driver
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"oracle://u:{PASSWORD}@db/name", "'oracle' is not known"),
        (f"postgresql+asyncpg://u:{PASSWORD}@db/name", r"'postgresql\+asyncpg' is not known"),
        (f"u:{PASSWORD}@db/name", "use postgresql://"),
        ("", "use postgresql://"),
        (f"postgresql://u:{PASSWORD}@db", "names no database"),
        (f"mysql://u:{PASSWORD}@db/", "names no database"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        (f"postgresql://u:{PASSWORD}@db:54x2/name", "not a URL of the form"),
        (
            f"postgresql://u:{PASSWORD}@db/name?sslmod=require",
            "'sslmod' is not known for PostgreSQL; known: .*sslmode",
        ),
        (
            f"mysql://u:{PASSWORD}@db/name?ssl_verify_cert=yes",
            "ssl_verify_cert is 'yes'; it must be true or false",
        ),
        ("sqlite:////a.db?mode=ro", "'mode' is not known for SQLite; known: none"),
    ],
)
def test_a_bad_url_is_refused_without_its_password(url: str, words: str) -> None:
    with pytest.raises(ApprovalError, match=f"^bad_parameter: store_url: .*{words}") as caught:
        open_sql_store(url, SystemClock())

    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_opening_connects_to_nothing_and_shows_no_password() -> None:
    store = open_sql_store(f"postgresql://user:{PASSWORD}@nowhere.invalid:5433/approvals", SystemClock())

    assert repr(store) == "<SqlStore on <SqlDatabase PostgreSQL at nowhere.invalid:5433/approvals>>"


@pytest.mark.parametrize("kind", [Kind.POSTGRES, Kind.MARIADB])
def test_a_connection_is_kept_alive_and_notices_a_lost_peer(kind: Kind) -> None:
    engine, _ = open_engine(shared_url(kind))
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        file = driver.fileno() if kind is Kind.POSTGRES else driver._sock.fileno()  # type: ignore[union-attr]
        with socket.socket(fileno=os.dup(file)) as copy:
            assert copy.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
            assert copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
    engine.dispose()


def test_nobody_pays_for_sqlalchemy_who_does_not_use_it() -> None:
    program = "import sys, approvals.store.sql.factory, approvals.store.protocol; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def refusal(url: str) -> str:
    """What a store says that cannot be reached; empty when it can."""
    store = open_sql_store(url, SystemClock())
    try:
        store.load("r-1")
    except ApprovalError as error:
        return "" if error.code is ErrorCode.NOT_FOUND else str(error)
    finally:
        store.close()
    raise AssertionError("the store holds a record that nobody put there")


def test_postgresql_is_verified_as_the_url_says() -> None:
    with own_server(Kind.POSTGRES, tls=True) as server:
        assert refusal(f"{server.url}?sslmode=verify-full&sslrootcert={server.certificate}") == ""
        assert refusal(f"{server.url}?sslmode=require") == ""
        assert "certificate" in refusal(f"{server.url}?sslmode=verify-full&sslrootcert={certifi.where()}")


def test_mariadb_is_verified_when_the_url_names_a_ca() -> None:
    with own_server(Kind.MARIADB, tls=True) as server:
        assert refusal(f"{server.url}?ssl_ca={server.certificate}") == ""
        wrong = refusal(f"{server.url}?ssl_ca={certifi.where()}")
        assert wrong.startswith("store_unavailable: ")
        assert "CERTIFICATE_VERIFY_FAILED" in wrong
        assert (
            refusal(f"{server.url}?ssl_ca={certifi.where()}&ssl_verify_cert=false&ssl_verify_identity=0")
            == ""
        )
