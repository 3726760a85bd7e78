# SPDX-License-Identifier: Apache-2.0
"""Every store answers as plain dictionaries would, whatever is done in whatever order, restarts included."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Level, State
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.protocol import DeadLetter, Query
from approvals.store.query_filter import is_due, matches
from tests.approvals.store.contract import T0, CaseFactory, a_record, after, found

ids = st.sampled_from(["a", "b", "c", "A", "d-1", "e:2"])
times = st.builds(
    lambda hours: T0 + timedelta(hours=hours), st.sampled_from([-2000, -49, -3, -2, -1, 0, 1, 2, 30, 900])
)
states = st.sampled_from(State)
queries = st.builds(
    Query,
    state=st.none() | states,
    closed=st.none() | st.booleans(),
    level=st.none() | st.just(Level.VP),
    requester=st.sampled_from(["", "Ann"]),
)


class Model(RuleBasedStateMachine):
    """The store, and what it should hold."""

    make_case: CaseFactory

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.case = self.stack.enter_context(self.make_case())
        self.store = self.case.open()
        self.records: dict[str, ApprovalRecord] = {}
        self.letters: dict[str, DeadLetter] = {}
        self.claims: dict[str, str] = {}

    def teardown(self) -> None:
        self.stack.close()

    @rule(request_id=ids, created_at=times, requester=st.sampled_from(["Ann", "Bo"]), fresh=st.booleans())
    def create(self, request_id: str, created_at: datetime, requester: str, fresh: bool) -> None:
        record = a_record(request_id, created_at=created_at, requester=requester)
        if request_id not in self.records:
            self.store.create(record, fresh=fresh)
            self.records[request_id] = record
        else:
            assert self.code(lambda: self.store.create(record)) is ErrorCode.ALREADY_EXISTS

    @rule(request_id=ids, state=states, deadline=times, level=st.sampled_from([Level.MANAGER, Level.VP]))
    def save(self, request_id: str, state: State, deadline: datetime, level: Level) -> None:
        record = self.records.get(request_id)
        if record is None:
            missing = after(a_record(request_id))
            assert self.code(lambda: self.store.save(missing, 1)) is ErrorCode.NOT_FOUND
            return
        waits = (
            {"stages": (level,), "deadline_at": deadline}
            if state.in_review
            else {"stages": (), "deadline_at": None}
        )
        new = after(record, state=state, updated_at=deadline, **waits)
        self.store.save(new, record.version)
        self.records[request_id] = new
        assert self.code(lambda: self.store.save(new, record.version)) is ErrorCode.VERSION_CONFLICT

    @rule(request_id=ids)
    def load(self, request_id: str) -> None:
        if request_id in self.records:
            assert self.store.load(request_id) == self.records[request_id]
        else:
            assert self.code(lambda: self.store.load(request_id)) is ErrorCode.NOT_FOUND

    @rule(query=queries, limit=st.integers(1, 4))
    def search(self, query: Query, limit: int) -> None:
        expected = [record for record in self.records.values() if matches(query, record)]
        expected.sort(key=lambda record: (record.created_at, record.request_id), reverse=True)
        assert found(self.store, query, limit) == [record.request_id for record in expected]

    @rule(now=times, limit=st.integers(1, 4))
    def due(self, now: datetime, limit: int) -> None:
        expected = [record for record in self.records.values() if is_due(record, now)]
        expected.sort(key=lambda record: (record.deadline_at, record.request_id))
        assert list(self.store.due(now, limit).records) == expected[:limit]

    @rule(request_id=ids, buried_at=times, attempts=st.integers(1, 3))
    def put_dead_letter(self, request_id: str, buried_at: datetime, attempts: int) -> None:
        letter = DeadLetter(
            request_id=request_id, code="x", message="y", buried_at=buried_at, attempts=attempts
        )
        self.store.put_dead_letter(letter)
        self.letters[request_id] = letter

    @rule(request_id=ids)
    def remove_dead_letter(self, request_id: str) -> None:
        self.store.remove_dead_letter(request_id)
        self.letters.pop(request_id, None)

    @rule(limit=st.integers(1, 4))
    def dead_letters(self, limit: int) -> None:
        expected = sorted(self.letters.values(), key=lambda letter: (letter.buried_at, letter.request_id))
        assert list(self.store.dead_letters(limit)) == expected[:limit]

    @rule(key=st.sampled_from(["k", "K", "l"]), request_id=ids)
    def claim(self, key: str, request_id: str) -> None:
        assert self.store.claim(key, request_id) == self.claims.setdefault(key, request_id)

    @rule()
    def another_call(self) -> None:
        self.store = self.case.open()

    @rule()
    def restart(self) -> None:
        self.store = self.case.restart()

    @rule(seconds=st.sampled_from([1, 400, 4000, 40_000]))
    def time_passes(self, seconds: int) -> None:
        clock = getattr(self.case, "clock", None)  # a store without a clock of its own has nothing to notice
        if clock is not None:
            clock.sleep(seconds)

    @invariant()
    def nothing_is_lost(self) -> None:
        for request_id, record in self.records.items():
            assert self.store.load(request_id).version == record.version

    def code(self, act: Callable[[], object]) -> ErrorCode | None:
        try:
            act()
        except ApprovalError as error:
            return error.code
        return None


def check_against_dictionaries(make_case: CaseFactory, examples: int) -> None:
    """Runs the model on one store."""
    machine = type("ModelOfStore", (Model,), {"make_case": staticmethod(make_case)})
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    chosen = settings(
        max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=slow
    )
    run_state_machine_as_test(machine, settings=chosen)


def test_a_store_answers_as_dictionaries_would(make_case: CaseFactory) -> None:
    check_against_dictionaries(make_case, examples=10)
