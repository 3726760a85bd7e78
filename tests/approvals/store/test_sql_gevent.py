# SPDX-License-Identifier: Apache-2.0
"""Under gevent, as Dify's SDK patches the plugin, a greenlet that waits for a database lets the others run."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import Kind, shared_url

COUNTING = """
from gevent import monkey
monkey.patch_all(sys=True)
import sys, time, gevent

ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        gevent.sleep(0.01)
gevent.spawn(tick)
gevent.sleep(0)
"""

WAITING = """
from approvals.store.sql.engine import open_engine
engine, _ = open_engine(sys.argv[1])
with engine.connect() as connection:
    before = ticks
    connection.exec_driver_sql(sys.argv[2])
    print(ticks - before)
"""

KILLED = """
from approvals.clock import SystemClock
from approvals.store.sql.database import SqlDatabase
from approvals.store.sql.engine import open_engine
database = SqlDatabase(*open_engine(sys.argv[1]), SystemClock())
database.read(lambda connection: None)
slow = [
    gevent.spawn(database.write, lambda connection: connection.exec_driver_sql(sys.argv[2])) for _ in range(25)
]
gevent.sleep(0.2)
gevent.killall(slow)
answers = [gevent.spawn(database.read, lambda c: c.exec_driver_sql("SELECT 1").scalar()) for _ in range(25)]
gevent.joinall(answers, raise_error=True)
print(sum(answer.value for answer in answers))
"""

CREATING = """
from approvals.clock import SystemClock
from approvals.store.protocol import DeadLetter
from approvals.store.sql.factory import open_sql_store
store = open_sql_store(sys.argv[1], SystemClock())
letter = DeadLetter(request_id="r-1", code="model_unavailable", message="", buried_at=SystemClock().now())
store.dead_letters(1)
print("ready", flush=True)
sys.stdin.readline()
before = ticks
store.put_dead_letter(letter)
print(ticks - before)
"""


@pytest.mark.parametrize(
    ("kind", "statement"), [(Kind.POSTGRES, "SELECT pg_sleep(0.5)"), (Kind.MARIADB, "SELECT sleep(0.5)")]
)
def test_a_query_that_takes_long_stops_nobody_else(kind: Kind, statement: str) -> None:
    program = [sys.executable, "-c", COUNTING + WAITING, shared_url(kind), statement]
    done = subprocess.run(program, capture_output=True, text=True, check=True)

    assert int(done.stdout) > 8  # 50, had the machine nothing else to do; 0 if the query stopped the others


@pytest.mark.parametrize(
    ("kind", "statement"), [(Kind.POSTGRES, "SELECT pg_sleep(2)"), (Kind.MARIADB, "SELECT sleep(2)")]
)
def test_greenlets_that_are_killed_in_a_query_leave_the_pool_sound(kind: Kind, statement: str) -> None:
    program = [sys.executable, "-c", COUNTING + KILLED, shared_url(kind), statement]
    done = subprocess.run(program, capture_output=True, text=True, check=True)

    assert done.stdout == "25\n"


def test_a_locked_sqlite_file_stops_the_others_for_short_times_only(tmp_path: Path) -> None:
    file = tmp_path / "approvals.db"
    with subprocess.Popen(
        [sys.executable, "-c", COUNTING + CREATING, f"sqlite:///{file}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writer.stdin.write("go\n")
        writer.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(0.6)
        other.execute("COMMIT")
        other.close()
        ticks = int(writer.stdout.readline())

    assert ticks > 6  # a writer that waited inside SQLite would leave none
