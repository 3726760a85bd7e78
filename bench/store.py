# SPDX-License-Identifier: Apache-2.0
"""The SQL store's speed: `python -m bench.store --store postgres|mariadb|sqlite`.

A fresh database with 100,000 open requests of which 100 are due: how long `due` and `search` take, and how many
decisions (load, decide, save with the ledger) a second go through, the server on the same machine.
"""

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from approvals.clock import SystemClock
from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord, ApprovalRequest
from approvals.domain.terms import Event, Level, State
from approvals.domain.transitions import apply
from approvals.store.protocol import Query
from approvals.store.sql.comparison import row_of
from approvals.store.sql.engine import open_engine
from approvals.store.sql.factory import open_sql_store
from approvals.store.sql.store import SqlStore
from approvals.store.sql.tables import APPROVALS
from bench.history import database
from devkit.history.play import POLICY
from devkit.history.run import create_requests

ROOT = Path(__file__).resolve().parents[1]
BATCH = 1_000
REQUESTERS = 500
STEPS = 4  # decisions on one request, as bench.store_worker makes them


def open_records(count: int, overdue: int, now: datetime) -> Iterator[ApprovalRecord]:
    """Requests in review, one a minute up to now; the deadlines of `overdue` of them have passed."""
    for number in range(count):
        made = now - timedelta(minutes=count - number)
        request = ApprovalRequest(
            request_id=f"open-{number:06}",
            content="Six chairs for the second floor; the old ones are broken. " * 8,
            requester=f"requester {number % REQUESTERS}",
        )
        record = ApprovalRecord(
            request=request,
            policy_digest=POLICY.digest,
            created_at=made,
            updated_at=made,
        )
        submitted = apply(record, Decision(Event.SUBMIT), made, POLICY)
        late = number % (count // overdue) == 0
        deadline = now + timedelta(minutes=-1 - number % 60 if late else 1 + number % 3000)
        yield submitted.model_copy(update={"deadline_at": deadline})


def fill(url: str, records: Iterator[ApprovalRecord]) -> None:
    """Put the records straight into the table."""
    engine, product = open_engine(url)
    with engine.connect() as connection:
        for batch in itertools.batched(records, BATCH):
            connection.exec_driver_sql(product.begin)
            connection.execute(
                insert(APPROVALS), [{"request_id": one.request_id, **row_of(one)} for one in batch]
            )
            connection.commit()
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE approvals")  # the server does this by itself within a minute
    engine.dispose()


def timed(call: Callable[[], object], runs: int) -> dict[str, float]:
    """Milliseconds: of the first call, which no cache helps, and of the others."""
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return {"first": round(taken[0], 1), **percentiles(taken[1:])}


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """The median and the 95th percentile."""
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1)}


def look_ups(store: SqlStore, now: datetime, overdue: int, runs: int) -> dict[str, dict[str, float]]:
    """How long each way of looking takes."""
    if len(store.due(now, overdue + 1).records) != overdue:
        raise RuntimeError("the database was not filled as asked")
    middle = store.search(Query(), "", BATCH).next_cursor
    pages = {
        "search, first page of 50": Query(),
        "search by state": Query(state=State.UNDER_REVIEW),
        "search by level": Query(level=Level.MANAGER),
        "search by requester": Query(requester="requester 7"),
        "search of the overdue": Query(overdue_at=now),
        "search by state and requester": Query(state=State.UNDER_REVIEW, requester="requester 7"),
        "search by state that nothing has": Query(state=State.REJECTED),
        "search by state and level, nothing there": Query(state=State.ESCALATED, level=Level.MANAGER),
        "search by level and overdue": Query(level=Level.MANAGER, overdue_at=now),
    }
    found = {f"due, {overdue} of all": timed(lambda: store.due(now, overdue), runs)}
    for name, query in pages.items():
        found[name] = timed(lambda query=query: store.search(query, "", 50), runs)  # type: ignore[misc]
    found["search, page 21"] = timed(lambda: store.search(Query(), middle, 50), runs)
    return found


def decisions(url: str, store: SqlStore, processes: int, greenlets: int, requests: int) -> dict[str, object]:
    """How many decisions a second go through, and how long one takes."""
    ids = create_requests(store, requests, f"b{time.time_ns():x}")
    workers = []
    for number in range(processes):
        command = [sys.executable, "-m", "bench.store_worker", url, str(greenlets), *ids[number::processes]]
        workers.append(
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
    for worker in workers:
        if worker.stdout is None or worker.stdout.readline() != "ready\n":
            raise RuntimeError("a worker did not start")
    began = time.monotonic()
    with ThreadPoolExecutor(processes) as pool:
        answers = list(pool.map(lambda worker: worker.communicate("go\n")[0], workers))
    seconds = time.monotonic() - began
    taken = [one * 1000 for answer in answers for one in json.loads(answer)]
    if len(taken) != requests * STEPS:
        raise RuntimeError(f"{len(taken)} decisions were made, not {requests * STEPS}")
    rate = round(len(taken) / seconds)
    return {"processes": processes, "greenlets": greenlets, "per second": rate, **percentiles(taken)}


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", choices=["postgres", "mariadb", "sqlite"], default="postgres")
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=100)
    parser.add_argument("--requests", type=int, default=500, help="on which decisions are made, four on each")
    parser.add_argument("--runs", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(asked.store, Path(folder)) as url:
        store = open_sql_store(url, SystemClock())
        now = SystemClock().now()
        store.dead_letters(1)
        fill(url, open_records(asked.open, asked.due, now))
        looks = look_ups(store, now, asked.due, asked.runs)
        rates = [decisions(url, store, *shape, asked.requests) for shape in ((1, 1), (1, 16), (2, 8))]
        store.close()
    print(f"| {asked.store}, {asked.open:,} open requests | first | p50 ms | p95 ms |\n|---|---|---|---|")
    for name, took in looks.items():
        print(f"| {name} | {took['first']} | {took['p50']} | {took['p95']} |")
    print("\n| decisions | per second | p50 ms | p95 ms |\n|---|---|---|---|")
    for rate in rates:
        shape = f"processes: {rate['processes']}, greenlets in each: {rate['greenlets']}"
        print(f"| {shape} | {rate['per second']} | {rate['p50']} | {rate['p95']} |")
    print(json.dumps({"store": asked.store, "open": asked.open, "look-ups": looks, "decisions": rates}))


if __name__ == "__main__":
    main()
