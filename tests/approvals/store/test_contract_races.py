# SPDX-License-Identifier: Apache-2.0
"""Every store lets exactly one of many writers win."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from approvals.domain.terms import State
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.protocol import Query
from tests.approvals.store.contract import T0, StoreCase, a_record, after, closed, found, in_review


def at_once[T](count: int, act: Callable[[int], T]) -> Sequence[T | ErrorCode]:
    """What `act(0)` … `act(count - 1)` answer when they start together, each in its thread."""
    ready = threading.Barrier(count)

    def run(number: int) -> T | ErrorCode:
        ready.wait(timeout=60)
        try:
            return act(number)
        except ApprovalError as error:
            return error.code

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_one_writer_wins_each_version(case: StoreCase) -> None:
    record = a_record()
    case.open().create(record)

    for version in range(1, 6):
        base = record

        def write(number: int, base: object = base, version: int = version) -> int:
            case.open().save(after(base, state=State.UNDER_REVIEW, policy={"writer": number}), version)  # type: ignore[arg-type]
            return number

        answers = at_once(case.threads, write)
        winners = [answer for answer in answers if isinstance(answer, int)]
        record = case.open().load("r-1")

        assert len(winners) == 1
        assert {answer for answer in answers if not isinstance(answer, int)} == {ErrorCode.VERSION_CONFLICT}
        assert (record.version, record.policy) == (version + 1, {"writer": winners[0]})
    assert case.restart().load("r-1") == record


def test_one_writer_takes_an_id(case: StoreCase) -> None:
    def create(number: int) -> int:
        case.open().create(a_record(content=f"writer {number}"))
        return number

    answers = at_once(case.threads, create)
    winners = [answer for answer in answers if isinstance(answer, int)]

    assert len(winners) == 1
    assert {answer for answer in answers if not isinstance(answer, int)} == {ErrorCode.ALREADY_EXISTS}
    assert case.restart().load("r-1").request.content == f"writer {winners[0]}"


def test_one_request_gets_an_idempotency_key(case: StoreCase) -> None:
    answers = at_once(case.threads, lambda number: case.open().claim("key", f"r-{number}"))

    assert len(set(answers)) == 1
    assert case.restart().claim("key", "late") == answers[0]


def test_nobody_is_lost_when_many_write_at_once(case: StoreCase) -> None:
    def live(number: int) -> str:
        request_id = f"r-{number}"
        record = a_record(request_id, created_at=T0 + timedelta(minutes=number))
        case.open().create(record, fresh=True)
        record = in_review(record, T0 + timedelta(hours=number % 3))
        case.open().save(record, 1)
        if number % 2:
            case.open().save(closed(record, State.REJECTED), 2)
        return request_id

    ids = at_once(case.threads, live)

    for store in (case.open(), case.restart()):
        assert sorted(found(store)) == sorted(map(str, ids))
        assert found(store, Query(state=State.REJECTED)) == [
            f"r-{n}" for n in reversed(range(case.threads)) if n % 2
        ]
        open_ids = [f"r-{number}" for number in range(0, case.threads, 2)]
        assert sorted(found(store, Query(state=State.UNDER_REVIEW))) == sorted(open_ids)
        due = store.due(T0 + timedelta(days=1), case.threads).records
        assert sorted(record.request_id for record in due) == sorted(open_ids)
        assert [record.deadline_at for record in due] == sorted(record.deadline_at for record in due)  # type: ignore[type-var]
