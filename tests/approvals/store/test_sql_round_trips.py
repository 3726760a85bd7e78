# SPDX-License-Identifier: Apache-2.0
"""How often each call goes to the server and back, which is what it costs over a network."""

from collections.abc import Callable, Iterator

import pytest

from approvals.clock import SystemClock
from approvals.domain.decisions import Decision
from approvals.domain.terms import Event
from approvals.store.protocol import Query
from approvals.store.sql.factory import open_sql_store
from approvals.store.sql.psycopg_connection import LimitedConnection as PostgresqlConnection
from approvals.store.sql.pymysql_connection import LimitedConnection as MysqlConnection
from approvals.store.sql.store import SqlStore
from tests.approvals.domain import worlds
from tests.approvals.store import sql_case
from tests.approvals.store.test_contract_traces import SINCE, a_trace
from tests.servers import Kind, shared_url

DRIVERS = {Kind.POSTGRES: (PostgresqlConnection, "wait"), Kind.MARIADB: (MysqlConnection, "_write_bytes")}
RECORD = worlds.record(worlds.stages_policy("manager")).model_copy(update={"policy": None})
POLICY = worlds.record(worlds.stages_policy("manager"))
SUBMITTED = worlds.carried_out(POLICY, Decision(Event.SUBMIT)).model_copy(update={"policy": None})


@pytest.fixture(params=DRIVERS, ids=lambda kind: kind.name.lower())
def counted(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[SqlStore, Callable[[Callable[[], object]], int]]]:
    """A store that is connected, and what counts the round trips of a call to it."""
    url = shared_url(request.param)
    sql_case.empty(url)
    store = open_sql_store(url, SystemClock())
    store.dead_letters(1)
    driver, method = DRIVERS[request.param]
    asked = getattr(driver, method)
    trips: list[int] = []

    def count(self: object, *arguments: object, **options: object) -> object:
        trips.append(1)
        return asked(self, *arguments, **options)

    monkeypatch.setattr(driver, method, count)

    def trips_of(call: Callable[[], object]) -> int:
        trips.clear()
        call()
        return len(trips)

    yield store, trips_of
    store.close()
    sql_case.empty(url)


def test_a_read_is_one_round_trip_and_a_write_is_one_for_each_of_its_parts(
    counted: tuple[SqlStore, Callable[[Callable[[], object]], int]],
) -> None:
    store, trips_of = counted

    # Begin, insert, commit; a save has a ledger entry, too.
    assert trips_of(lambda: store.create(RECORD, fresh=True)) == 3
    assert trips_of(lambda: store.load("r-1")) == 1
    assert trips_of(lambda: store.save(SUBMITTED, RECORD.version)) == 4
    assert trips_of(lambda: store.search(Query(), "", 10)) == 1
    assert trips_of(lambda: store.due(worlds.NOW, 10)) == 1
    assert trips_of(lambda: store.claim("k", "r-1")) == 3


def test_the_traces_of_a_call_take_as_many_round_trips_as_one_of_them(
    counted: tuple[SqlStore, Callable[[Callable[[], object]], int]],
) -> None:
    store, trips_of = counted
    owns = [a_trace(f"r-{number}") for number in range(9)]

    for_one = trips_of(lambda: store.trace(owns[:1], SINCE))
    for_eight = trips_of(lambda: store.trace(owns[1:], SINCE))

    assert for_eight == for_one
    # Begin, look, commit; a read of each of the two series.
    assert trips_of(lambda: store.trace(owns[1:], SINCE)) == 5
