# SPDX-License-Identifier: Apache-2.0
"""Run as a program: 64 greenlets decide on the same requests in one workspace, as inside the plugin.

Storage takes a moment for each operation, answers with old values, and now and then a call dies in the middle.
After each of some lives the process starts anew. Prints what came of it as JSON; ends with 1 when there is a fault.
"""

# isort: off
from gevent import monkey

monkey.patch_all(sys=True)

import json  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402

from approvals.clock import SystemClock  # noqa: E402
from approvals.store.dify.store import DifyStore  # noqa: E402
from approvals.store.dify.workspace import Workspaces  # noqa: E402
from devkit.history.checker import History, check  # noqa: E402
from devkit.history.journal import Journal, read_journals  # noqa: E402
from devkit.history.play import Player  # noqa: E402
from devkit.history.run import close_requests, create_requests, whole_records  # noqa: E402
from tests.approvals.store.contract import found  # noqa: E402
from tests.approvals.store.memory_storage import StaleStorage  # noqa: E402
from tests.approvals.store.stored_lists import orphans  # noqa: E402

GREENLETS = 64
LIVES = 4
DEATHS = 0.003


class Rough(StaleStorage):
    """Slow, forgetful of what is new, and deadly to some who call it, before or after it did what it was asked."""

    deadly = False

    def asked(self, operation: str, key: str) -> None:
        gevent.sleep(random.random() / 1000)
        self._perhaps_die()

    def set(self, key: str, value: bytes) -> None:
        super().set(key, value)
        self._perhaps_die()

    def _perhaps_die(self) -> None:
        if self.deadly and random.random() < DEATHS:
            raise SystemExit  # which a thread ends with in silence, as a greenlet does when it is killed


def main(folder: Path, events: int) -> int:
    """Play some lives of the process, close what is open, and check all that anybody was told: 1 for a fault."""
    clock = SystemClock()
    storage = Rough(clock)
    store = _started(storage, clock)
    requests = create_requests(store, max(30, events // 100), "r")
    for life in range(LIVES):
        store = _started(storage, clock)
        storage.deadly = True
        journal = Journal(folder / f"life-{life}.jsonl")
        Player(store, requests, journal, clock, f"seed {life}").play(events // LIVES, GREENLETS)
        storage.deadly = False
        left = [one for one in read_journals([folder / f"life-{life}.jsonl"]) if one.answered_at is None]
        Player(store, requests, journal, clock, "").replay(left)
        journal.close()
    close_requests(store, requests, folder / "closer.jsonl")

    operations = read_journals(sorted(folder.glob("*.jsonl")))
    records = whole_records(store, requests)
    report = {
        "faults": check(History(operations, records, {})),
        "events": len(operations),
        "deaths": sum(1 for one in operations if one.answered_at is None),
        "decisions": sum(len(record.history) for record in records.values()),
        "codes": sorted({one.code for one in operations}),
        "orphans": sorted(map(str, orphans(storage.values))),
        "lost to search": sorted(set(requests) ^ set(found(store))),
        "state": repr(store),
    }
    sys.stdout.write(json.dumps(report))
    return 1 if report["faults"] or report["orphans"] or report["lost to search"] else 0


def _started(storage: Rough, clock: SystemClock) -> DifyStore:
    """The store as a process has it that just began."""
    storage.settle()
    return DifyStore(storage, Workspaces(clock).state_for(storage), clock)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), events=int(sys.argv[2])))
