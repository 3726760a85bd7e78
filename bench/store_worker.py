# SPDX-License-Identifier: Apache-2.0
"""One plugin process that decides as fast as it can; `bench.store` starts it.

`python -m bench.store_worker URL GREENLETS ID…` says when it is ready, waits for a line, takes every request
through submit and three approvals, and prints how many decisions that were and how long each took.
"""

# isort: off
from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator, Sequence  # noqa: E402

from approvals.clock import SystemClock  # noqa: E402
from approvals.domain.decisions import Decision  # noqa: E402
from approvals.domain.idempotency import repeated  # noqa: E402
from approvals.domain.terms import Event, Level  # noqa: E402
from approvals.domain.transitions import apply  # noqa: E402
from approvals.store.sql.factory import open_sql_store  # noqa: E402
from approvals.store.sql.store import SqlStore  # noqa: E402
from devkit.history.play import POLICY, signer_at  # noqa: E402

STEPS: Sequence[Decision] = (
    Decision(Event.SUBMIT),
    *(
        Decision(Event.APPROVE, actor=signer_at(level), comment="Within the budget.")
        for level in (Level.MANAGER, Level.DIRECTOR, Level.VP)
    ),
)


def decide_all(store: SqlStore, requests: Iterator[str], seconds: list[float]) -> None:
    """Every step of every request, as the service does it: load, decide, save."""
    clock = SystemClock()
    for request_id in requests:
        for decision in STEPS:
            began = time.perf_counter()
            record = store.load(request_id)
            if repeated(record, decision) is None:
                store.save(apply(record, decision, clock.now(), POLICY), record.version)
            seconds.append(time.perf_counter() - began)


def main() -> None:
    """Play one process's part."""
    url, greenlets, *requests = sys.argv[1:]
    store = open_sql_store(url, SystemClock())
    store.dead_letters(1)  # the tables have been looked at, one connection is open
    print("ready", flush=True)
    sys.stdin.readline()
    seconds: list[float] = []
    left = iter(requests)
    workers = [
        threading.Thread(target=decide_all, args=(store, left, seconds)) for _ in range(int(greenlets))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps(seconds))
    store.close()


if __name__ == "__main__":
    main()
