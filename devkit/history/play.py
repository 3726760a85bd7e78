# SPDX-License-Identifier: Apache-2.0
"""One worker: random events on the requests of the moment, each noted before and after."""

import random
import threading
from collections import deque
from collections.abc import Iterator, Sequence

from approvals.clock import Clock
from approvals.domain.decisions import Decision
from approvals.domain.idempotency import repeated
from approvals.domain.policy_reader import read_policy
from approvals.domain.terms import Event, Level
from approvals.domain.transitions import apply
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.protocol import ApprovalStore
from devkit.history.journal import Journal, Operation, Outcome

POLICY = read_policy(
    "{version: 1, currency: USD, on_timeout: escalate, rules: [], "
    "default: {stages: [manager, director, vp], deadline_hours: 24}}"
)
REQUESTER = "requester"
ACTORS = (REQUESTER, *(f"approver {number}" for number in range(12)))
REPLAY_SHARE = 0.2
KEY_SHARE = 0.7
EXPECTED_SHARE = 0.1
AT_ONCE = 4  # so many requests are worked on at a time, by everybody
REMEMBERED = 40
AWAY_SECONDS = 0.05

# Few final events, so that a request lives long enough to be fought over.
WEIGHTS = {
    Event.SUBMIT: 20,
    Event.APPROVE: 30,
    Event.REJECT: 2,
    Event.ESCALATE: 20,
    Event.TIMEOUT: 20,
    Event.WITHDRAW: 2,
}


class Player:
    """Plays a share of the events in any number of threads (or greenlets, where those are patched)."""

    def __init__(
        self, store: ApprovalStore, requests: Sequence[str], journal: Journal, clock: Clock, seed: str
    ) -> None:
        self._store = store
        self._requests = requests
        self._journal = journal
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - a seed repeats the choices
        self._recent: deque[tuple[str, Decision]] = deque(maxlen=REMEMBERED)

    def play(self, events: int, threads: int, done: int = 0) -> None:
        """Try `events` events less those `done`; errors are part of the history, not of the program."""
        positions = iter(range(done, events))
        workers = [threading.Thread(target=self._play_some, args=(positions, events)) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def replay(self, operations: Sequence[Operation]) -> None:
        """Repeat what a killed worker did not live to hear the answer of."""
        for operation in operations:
            self.attempt(operation.request_id, operation.decision)

    def attempt(self, request_id: str, decision: Decision) -> Operation:
        """Load, decide, save, as the desk does, and note what came of it."""
        operation = self._journal.invoke(request_id, decision)
        step = operation.decision
        self._recent.append((request_id, step))
        saving = False
        seen = 0
        try:
            record = self._store.load(request_id)
            seen = record.version
            before = repeated(record, step)
            if before:
                return self._journal.answer(
                    operation,
                    outcome=Outcome.OK,
                    seen_version=seen,
                    version=before.version,
                    entry_hash=before.entry_hash,
                    replayed=True,
                )
            _require_expected(step, seen)
            after = apply(record, step, self._clock.now(), POLICY)
            saving = True
            self._store.save(after, seen)
        except ApprovalError as error:
            lost = saving and error.code is ErrorCode.STORE_UNAVAILABLE
            outcome = Outcome.UNKNOWN if lost else Outcome.FAIL
            return self._journal.answer(operation, outcome=outcome, seen_version=seen, code=error.code.value)
        except Exception as error:  # noqa: BLE001 - whatever it is, the checker shall see it
            return self._journal.answer(operation, outcome=Outcome.UNKNOWN, code=type(error).__name__)
        return self._journal.answer(
            operation,
            outcome=Outcome.OK,
            seen_version=seen,
            version=after.version,
            entry_hash=after.ledger[-1].hash,
        )

    def _play_some(self, positions: Iterator[int], events: int) -> None:
        for position in positions:
            repeat = self._recent and self._random.random() < REPLAY_SHARE
            chosen = self._random.choice(self._recent) if repeat else None
            done = self.attempt(*(chosen or (self._request_at(position / events), self._decision())))
            # While the store is away the events must not be used up.
            self._clock.sleep(AWAY_SECONDS if done.code == ErrorCode.STORE_UNAVAILABLE else 0)

    def _request_at(self, done: float) -> str:
        """One of the requests of the moment: everybody moves through all of them at the same pace."""
        newest = int(done * len(self._requests))
        return self._requests[max(0, newest - self._random.randrange(AT_ONCE))]

    def _decision(self) -> Decision:
        choose = self._random
        event = choose.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        decides = event in {Event.APPROVE, Event.REJECT}
        return Decision(
            event=event,
            actor=choose.choice(ACTORS),
            actor_level=choose.choice(list(Level)) if decides else None,
            expected_version=choose.randint(1, 6) if choose.random() < EXPECTED_SHARE else None,
            idempotency_key=f"{choose.getrandbits(64):x}" if choose.random() < KEY_SHARE else "",
        )


def _require_expected(decision: Decision, version: int) -> None:
    if decision.expected_version not in {None, version}:
        raise ApprovalError(ErrorCode.VERSION_CONFLICT, f"expected version {decision.expected_version}")
