# SPDX-License-Identifier: Apache-2.0
"""One worker: random events on the requests of the moment, each noted before and after."""

import random
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime

from approvals.clock import Clock
from approvals.domain.authority import UnauthorizedError
from approvals.domain.decisions import Decision
from approvals.domain.idempotency import repeated
from approvals.domain.policy_reader import policy_from_document
from approvals.domain.records import ApprovalRecord
from approvals.domain.revisions import with_revision
from approvals.domain.terms import Event, IfRefused, Level, State
from approvals.domain.transitions import apply, passed_up
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.protocol import ApprovalStore
from devkit.history.journal import Journal, Operation, Outcome

REQUESTER = "requester@example.com"
LEVELS_OF = (*[Level.MANAGER] * 2, *[Level.DIRECTOR] * 3, *[Level.VP] * 3, *[Level.EXECUTIVE] * 4)
PEOPLE = [
    {"name": f"Approver {number}", "email": f"approver.{number}@example.com", "levels": [level.value]}
    for number, level in enumerate(LEVELS_OF)
]
POLICY = policy_from_document(
    {
        "version": 1,
        "people": PEOPLE,
        "deputies": [
            {
                "of": f"Approver {number}",
                "is": f"Deputy {number} <deputy.{number}@example.com>",
                "from": "2000-01-01",
                "until": "2999-12-31",
            }
            for number in (0, 2, 5)
        ],
        "default": {
            "stages": ["manager", {"level": "director", "signatures": 2}, "vp"],
            "deadline_hours": 24,
        },
    }
)
# The same few people, spelled as they might spell themselves, and some who may not decide.
ACTORS = (
    REQUESTER,
    f"mailto:{REQUESTER}",
    "stranger",
    *(str(person["name"]) for person in PEOPLE),
    *(f"approver.{number}+x@EXAMPLE.com" for number in range(len(PEOPLE))),
    *(f"Appr\u043ever\u200b {number}." for number in range(len(PEOPLE))),
    *(f"deputy.{number}@example.com" for number in (0, 2, 5)),
)


def signer_at(level: Level) -> str:
    """Somebody whom the policy lets sign at a level."""
    return next(person.name for person in POLICY.policy.people if level in person.levels)


REPLAY_SHARE = 0.2
KEY_SHARE = 0.7
EXPECTED_SHARE = 0.1
PASSED_UP_SHARE = 0.3
REQUESTER_SHARE = 0.6  # of those who bring a returned request back
AT_ONCE = 4  # so many requests are worked on at a time, by everybody
REMEMBERED = 40
MOST_REVISIONS = 5
AWAY_SECONDS = 0.05

# Few final events, so that a request lives long enough to be fought over.
WEIGHTS = {
    Event.SUBMIT: 15,
    Event.APPROVE: 60,
    Event.REJECT: 1,
    Event.ESCALATE: 8,
    Event.RETURN: 20,
    Event.RESUBMIT: 30,
    Event.TIMEOUT: 4,
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
        """Load, decide, save, as the service does, and note what came of it."""
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
            record = self._revised(record, step)
            after = self._applied(record, step)
            saving = True
            self._store.save(after, record.version)
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

    def _revised(self, record: ApprovalRecord, step: Decision) -> ApprovalRecord:
        """The record with new content, stored, where a step brings a returned request back with some: every other."""
        if (
            step.event is not Event.RESUBMIT
            or record.state is not State.RETURNED
            or record.next_revision is not None
            or len(record.past_revisions) >= MOST_REVISIONS
            or len(record.history) % 2
        ):
            return record
        request = record.request.model_copy(
            update={"content": f"Six chairs, after {record.version} versions"}
        )
        revised = with_revision(record, request, self._clock.now())
        self._store.save(revised, record.version)
        return revised

    def _applied(self, record: ApprovalRecord, step: Decision) -> ApprovalRecord:
        """The record after a step, or one level up where the step was refused and shall not stop the request."""
        at = self._moment(record, step)
        try:
            return apply(record, step, at, POLICY)
        except UnauthorizedError as refused:
            if step.if_refused is IfRefused.STOP or step.event in {Event.WITHDRAW, Event.RESUBMIT}:
                raise
            return passed_up(record, step, refused, at, POLICY)

    def _moment(self, record: ApprovalRecord, step: Decision) -> datetime:
        """Now, or when the deadline has passed for a step that waits for it: nobody here can wait a day."""
        now = self._clock.now()
        if step.event is Event.TIMEOUT and record.deadline_at is not None:
            return max(now, record.deadline_at)
        return now

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
        comes_back = event is Event.RESUBMIT and choose.random() < REQUESTER_SHARE
        return Decision(
            event=event,
            actor=REQUESTER if comes_back else choose.choice(ACTORS),
            actor_level=choose.choice([None, *Level]),  # the policy says which level counts
            expected_version=choose.randint(1, 6) if choose.random() < EXPECTED_SHARE else None,
            idempotency_key=f"{choose.getrandbits(64):x}" if choose.random() < KEY_SHARE else "",
            if_refused=IfRefused.ESCALATE if choose.random() < PASSED_UP_SHARE else IfRefused.STOP,
        )


def _require_expected(decision: Decision, version: int) -> None:
    if decision.expected_version not in {None, version}:
        raise ApprovalError(ErrorCode.VERSION_CONFLICT, f"expected version {decision.expected_version}")
