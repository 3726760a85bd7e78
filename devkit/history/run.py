# SPDX-License-Identifier: Apache-2.0
"""A whole history: requests are made, worker processes play and are killed, the rest is closed, all is checked."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from approvals.clock import SystemClock
from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord, ApprovalRequest
from approvals.domain.terms import Event
from approvals.service.policies import Policies
from approvals.store.protocol import ApprovalStore
from approvals.store.sql.factory import open_sql_store
from devkit.history.checker import History, check
from devkit.history.journal import Journal, Operation, Outcome, read_journals
from devkit.history.play import POLICY, REQUESTER, Player
from devkit.history.task import Task

POLL_SECONDS = 0.02
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is played. `kills` processes are killed without warning, spread over the run."""

    requests: int = 200
    events: int = 20_000
    processes: int = 8
    greenlets: int = 4
    kills: int = 16
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run. `seconds` is the time that the workers played."""

    faults: Sequence[str]
    operations: Sequence[Operation]
    kills: int
    seconds: float

    @property
    def counts(self) -> dict[str, int]:
        """How often each outcome was met; refusals by their code."""
        names = Counter(
            one.code or ("replayed" if one.replayed else one.outcome.value) for one in self.operations
        )
        return dict(names.most_common())

    @property
    def decisions(self) -> int:
        """The steps that were carried out and acknowledged."""
        return sum(1 for one in self.operations if one.outcome is Outcome.OK and not one.replayed)


class _Worker:
    """A worker process, and who takes over when it is killed."""

    def __init__(self, task: Task, folder: Path, number: int) -> None:
        self._folder = folder
        self._number = number
        self._life = 0
        self._read = 0
        self._lines = 0
        self._task = task
        self._process = self._begin()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def failed(self) -> bool:
        return bool(self._process.returncode)

    def played(self) -> int:
        """The events played so far, in all lives: each makes two lines, a killed one may make one."""
        with Path(self._task.journal).open("rb") as file:
            file.seek(self._read)
            news = file.read()
        self._read += len(news)
        self._lines += news.count(b"\n")
        return self._lines // 2

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def replace(self) -> None:
        """Kill the process; another one repeats what it left unanswered, and goes on."""
        self.kill()
        self._task = replace(self._task, done=self.played(), died=self._task.journal)
        self._process = self._begin()

    def _begin(self) -> subprocess.Popen[bytes]:
        self._life += 1
        self._read = 0
        journal = self._folder / f"w{self._number}-{self._life}.jsonl"
        journal.touch()
        self._task = replace(self._task, journal=str(journal), seed=f"{self._task.seed}-{self._life}")
        command = [sys.executable, "-m", "devkit.history.worker", self._task.as_text()]
        return subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - ourselves


def run(url: str, size: Size, folder: Path, during: Callable[[float], None] = lambda _: None) -> Report:
    """Play against the SQL store at `url`, with the workers' journals in `folder`.

    `during` is called again and again with the share of the events that is done.
    """
    store = open_sql_store(url, SystemClock())
    requests = create_requests(store, size.requests, f"h{time.time_ns():x}")
    started = time.monotonic()
    workers = [_start(url, size, folder, requests, number) for number in range(size.processes)]
    kills = _watch(workers, size, during)
    seconds = time.monotonic() - started
    close_requests(store, requests, folder / "closer.jsonl")
    operations = read_journals(sorted(folder.glob("*.jsonl")))
    records = whole_records(store, requests)
    ledgers = {request_id: store.ledger(request_id) for request_id in requests}
    store.close()
    return Report(check(History(operations, records, ledgers)), operations, kills, seconds)


def create_requests(store: ApprovalStore, count: int, prefix: str) -> list[str]:
    """Pending requests for a run, by ids that no other run has."""
    now = SystemClock().now()
    ids = [f"{prefix}-{number}" for number in range(count)]
    store.put_policy(POLICY.digest, POLICY.document)
    for request_id in ids:
        request = ApprovalRequest(request_id=request_id, content="Six chairs", requester=REQUESTER)
        record = ApprovalRecord(
            request=request,
            policy_digest=POLICY.digest,
            created_at=now,
            updated_at=now,
        )
        store.create(record)
    return ids


def whole_records(store: ApprovalStore, requests: Sequence[str]) -> dict[str, ApprovalRecord]:
    """The requests as the store has them, each with its policy."""
    loaded = [store.load(request_id) for request_id in requests]
    return {record.request_id: record for record, _ in Policies(store).whole(loaded, afresh=True)}


def close_requests(store: ApprovalStore, requests: Sequence[str], path: Path) -> None:
    """Withdraw what is still open, so that every request has come to its end."""
    journal = Journal(path)
    player = Player(store, requests, journal, SystemClock(), "")
    for request_id in requests:
        if not store.load(request_id).state.final:
            player.attempt(request_id, Decision(Event.WITHDRAW, actor=REQUESTER))
    journal.close()


def _start(url: str, size: Size, folder: Path, requests: list[str], number: int) -> _Worker:
    events = size.events // size.processes + (number < size.events % size.processes)
    task = Task(
        url=url, requests=requests, events=events, greenlets=size.greenlets, seed=f"{size.seed}-{number}"
    )
    return _Worker(task, folder, number)


def _watch(workers: Sequence[_Worker], size: Size, during: Callable[[float], None]) -> int:
    """Wait for the workers, killing and replacing some on the way. Gives the number of kills."""
    choose = random.Random(size.seed)  # noqa: S311 - a seed repeats the choices
    moments = sorted(choose.uniform(0.02, 0.9) for _ in range(size.kills))
    kills = 0
    try:
        while alive := [worker for worker in workers if worker.alive]:
            done = sum(worker.played() for worker in workers) / size.events
            during(done)
            if kills < len(moments) and done >= moments[kills]:
                choose.choice(alive).replace()
                kills += 1
            time.sleep(POLL_SECONDS)
    finally:
        for worker in workers:
            worker.kill()
    failed = sum(worker.failed for worker in workers)
    if failed:
        raise RuntimeError(f"{failed} worker processes ended with an error")
    return kills
