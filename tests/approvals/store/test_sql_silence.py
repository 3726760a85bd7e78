# SPDX-License-Identifier: Apache-2.0
"""A database that stops answering holds no call longer than its time limit, wherever the call waits."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Connection

from approvals.clock import SystemClock
from approvals.errors import ApprovalError
from approvals.store.sql.database import SqlDatabase
from approvals.store.sql.engine import open_engine
from approvals.store.sql.factory import open_sql_store
from approvals.store.sql.store import SqlStore
from devkit.faults.proxy import FaultProxy
from devkit.faults.toxics import Timeout
from tests.approvals.store import sql_case
from tests.approvals.store.contract import a_record, after
from tests.servers import Kind, shared_url

SERVERS = [Kind.POSTGRES, Kind.PGBOUNCER, Kind.MARIADB]
LIMIT = 0.5
SLACK = 1.5  # for a busy machine; every wait of the drivers themselves is longer

IN_A_GREENLET = """
from gevent import monkey
monkey.patch_all(sys=True)
import sys, time, gevent
from approvals.clock import SystemClock
from approvals.errors import ApprovalError
from approvals.store.sql.factory import open_sql_store

ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        gevent.sleep(0.01)
gevent.spawn(tick)

store = open_sql_store(sys.argv[1], SystemClock(), call_seconds=0.5)
def load(number):
    try:
        store.load(f"r-{number}")
    except ApprovalError as error:
        return error.message
started = time.monotonic()
calls = [gevent.spawn(load, number) for number in range(5)]
gevent.joinall(calls, raise_error=True)
print(all("did not answer within 0.5 s" in call.value or "busy" in call.value for call in calls))
print(time.monotonic() - started)
print(ticks)
"""


@contextmanager
def ends_in_time(words: str = f"did not answer within {LIMIT} s") -> Iterator[None]:
    started = time.monotonic()
    with pytest.raises(ApprovalError, match=f"^store_unavailable: .*{words}"):
        yield
    assert time.monotonic() - started < LIMIT + SLACK


@contextmanager
def silent_listener() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(params=SERVERS, ids=lambda kind: kind.name.lower())
def proxied(request: pytest.FixtureRequest) -> Iterator[tuple[FaultProxy, str]]:
    """A proxy before a server, and the server's URL through it."""
    url = shared_url(request.param)
    sql_case.empty(url)
    place = urlsplit(url)
    with FaultProxy(("127.0.0.1", place.port or 0)) as proxy:
        yield proxy, url.replace(f"127.0.0.1:{place.port}", f"{proxy.host}:{proxy.port}")
    sql_case.empty(url)


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_never_says_a_word_is_given_up(scheme: str) -> None:
    with silent_listener() as port:
        store = open_sql_store(
            f"{scheme}://user:word@127.0.0.1:{port}/name", SystemClock(), call_seconds=LIMIT
        )
        with ends_in_time():
            store.load("r-1")
        store.close()


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_resolver_that_does_not_answer_is_given_up(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60))
    store = open_sql_store(f"{scheme}://user:word@db.example/name", SystemClock(), call_seconds=LIMIT)
    with ends_in_time("did not answer within 0.5 s.*'db.example' was not resolved"):
        store.load("r-1")
    over.set()


@pytest.mark.parametrize("kind", [Kind.POSTGRES, Kind.MARIADB])
def test_of_several_addresses_the_first_that_answers_is_taken(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def first_a_dead_one(host: str, port: int, *rest: object, **options: object) -> object:
        if host != "db.example":
            return resolve(host, port, *rest, **options)  # type: ignore[arg-type]
        stream = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*stream, ("127.0.0.2", port)), (*stream, ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", first_a_dead_one)
    store = open_sql_store(shared_url(kind).replace("127.0.0.1", "db.example"), SystemClock())
    assert list(store.dead_letters(1)) == []
    store.close()


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_under_gevent_it_stops_no_other_greenlet_meanwhile(scheme: str) -> None:
    with silent_listener() as port:
        url = f"{scheme}://user:word@127.0.0.1:{port}/name"
        done = subprocess.run(
            [sys.executable, "-c", IN_A_GREENLET, url], capture_output=True, text=True, check=True
        )

    told, seconds, ticks = done.stdout.split()
    assert told == "True"
    assert float(seconds) < LIMIT + SLACK
    assert int(ticks) > 8


class Hasty:
    """A store whose calls end soon, and another on the same connections whose calls have time."""

    def __init__(self, url: str) -> None:
        engine, product = open_engine(url)
        self.hasty_database = SqlDatabase(engine, product, SystemClock(), call_seconds=LIMIT)
        self.hasty = SqlStore(self.hasty_database, SystemClock())
        self.database = SqlDatabase(engine, product, SystemClock())
        self.store = SqlStore(self.database, SystemClock())
        for store in (self.store, self.hasty):
            store.dead_letters(1)  # so that both know that the tables are there


@pytest.fixture
def opened(proxied: tuple[FaultProxy, str]) -> Iterator[tuple[FaultProxy, Hasty]]:
    proxy, url = proxied
    made = Hasty(url)
    yield proxy, made
    made.store.close()


def test_a_server_that_falls_silent_between_two_calls_is_given_up_and_used_again_later(
    opened: tuple[FaultProxy, Hasty],
) -> None:
    proxy, stores = opened
    stores.store.create(a_record("r-1"))
    proxy.add(Timeout(), name="silence")

    with ends_in_time():
        stores.hasty.load("r-1")
    with ends_in_time():
        stores.hasty.save(after(a_record("r-1")), expected_version=1)
    proxy.remove("silence")

    assert stores.store.load("r-1").version == 1


@pytest.mark.parametrize("when", ["before the statement", "before the commit"])
def test_a_server_that_falls_silent_in_the_middle_of_a_write_is_given_up(
    opened: tuple[FaultProxy, Hasty], when: str
) -> None:
    proxy, stores = opened

    def unit(connection: Connection) -> None:
        if when == "before the commit":
            connection.exec_driver_sql("DELETE FROM approvals_claims")
        proxy.add(Timeout(), name="silence")
        if when == "before the statement":
            connection.exec_driver_sql("SELECT 1")

    with ends_in_time():
        stores.hasty_database.write(unit)
    proxy.remove("silence")

    stores.database.write(lambda connection: connection.exec_driver_sql("SELECT 1"))


def test_of_many_calls_at_once_each_ends_in_time(opened: tuple[FaultProxy, Hasty]) -> None:
    proxy, stores = opened
    stores.store.create(a_record("r-1"))
    proxy.add(Timeout(), name="silence")

    def load(_: int) -> None:
        with ends_in_time("(did not answer|has kept all 10 connections)"):
            stores.hasty.load("r-1")

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(load, range(30)))
    proxy.remove("silence")

    assert stores.store.load("r-1").version == 1
