# SPDX-License-Identifier: Apache-2.0
"""The process may die at any operation on Dify's storage, before or after it took place: nothing gets lost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from approvals.domain.retention import tombstone_of
from approvals.domain.terms import State
from approvals.errors import ApprovalError
from approvals.store.dify.store import DifyStore
from approvals.store.protocol import DeadLetter, Query
from tests.approvals.store.contract import T0, a_record, after, closed, found, in_review
from tests.approvals.store.dify_case import DifyCase
from tests.approvals.store.memory_storage import Crash, CrashingStorage, MemoryStorage
from tests.approvals.store.stored_lists import litter, orphans
from tests.approvals.store.test_contract_refusals import a_refusal

HOUR = timedelta(hours=1)
R1 = a_record("r-1")
REVIEWED = in_review(R1, T0 + HOUR)
ESCALATED = after(REVIEWED, state=State.ESCALATED, deadline_at=T0 + 2 * HOUR)
LETTER = DeadLetter(request_id="r-1", code="model_unavailable", message="no answer", buried_at=T0)
LETTER_AGAIN = LETTER.model_copy(update={"buried_at": T0 + HOUR, "attempts": 2})


@dataclass(frozen=True)
class Step:
    """Something that is done to a store, what must have been done before, and how to see that it is done."""

    before: tuple[Callable[[DifyStore], object], ...]
    act: Callable[[DifyStore], object]
    done: Callable[[DifyStore], bool]
    warm: bool
    """Whether the process that dies did what was done before, so that it knows all that can be known."""


def version(store: DifyStore) -> int:
    try:
        return store.load("r-1").version
    except ApprovalError:
        return 0


def removed(store: DifyStore) -> bool:
    """Whether nothing of the request is found any more."""
    listed = [*found(store), *(one.request_id for one in store.removable(T0 + 9_999 * HOUR, 9).records)]
    return version(store) == 0 and "r-1" not in listed and not letters(store) and not store.refusals("r-1")


def letters(store: DifyStore) -> list[DeadLetter]:
    return list(store.dead_letters(9))


CREATED = (lambda store: store.create(a_record("other")), lambda store: store.create(R1))
IN_REVIEW = (*CREATED, lambda store: store.save(REVIEWED, 1))
ENDED = closed(REVIEWED).model_copy(update={"remove_at": T0 + HOUR, "idempotency_key": "k"})
DECIDED = (
    *IN_REVIEW,
    lambda store: store.claim("k", "r-1"),
    lambda store: store.note_refusal("r-1", a_refusal()),
    lambda store: store.put_dead_letter(LETTER),
    lambda store: store.save(ENDED, 2),
)
BURIED = (lambda store: store.put_dead_letter(LETTER),)

STEPS = {
    "create": Step((), lambda s: s.create(R1), lambda s: version(s) == 1, warm=True),
    "create, one more": Step(
        CREATED[:1], lambda s: s.create(R1, fresh=True), lambda s: version(s) == 1, warm=True
    ),
    "save in place": Step(CREATED, lambda s: s.save(after(R1), 1), lambda s: version(s) == 2, warm=True),
    "submit": Step(CREATED, lambda s: s.save(REVIEWED, 1), lambda s: version(s) == 2, warm=True),
    "submit, cold": Step(CREATED, lambda s: s.save(REVIEWED, 1), lambda s: version(s) == 2, warm=False),
    "escalate": Step(IN_REVIEW, lambda s: s.save(ESCALATED, 2), lambda s: version(s) == 3, warm=True),
    "close": Step(IN_REVIEW, lambda s: s.save(closed(REVIEWED), 2), lambda s: version(s) == 3, warm=True),
    "close, cold": Step(
        IN_REVIEW, lambda s: s.save(closed(REVIEWED), 2), lambda s: version(s) == 3, warm=False
    ),
    "put_dead_letter": Step(
        (), lambda s: s.put_dead_letter(LETTER), lambda s: letters(s) == [LETTER], warm=True
    ),
    "put_dead_letter again": Step(
        BURIED, lambda s: s.put_dead_letter(LETTER_AGAIN), lambda s: letters(s) == [LETTER_AGAIN], warm=True
    ),
    "remove": Step(DECIDED, lambda s: s.remove(ENDED, tombstone_of(ENDED, T0)), removed, warm=True),
    "remove, cold": Step(DECIDED, lambda s: s.remove(ENDED, tombstone_of(ENDED, T0)), removed, warm=False),
    "remove_dead_letter": Step(
        BURIED, lambda s: s.remove_dead_letter("r-1"), lambda s: letters(s) == [], warm=False
    ),
    "claim": Step((), lambda s: s.claim("k", "r-1"), lambda s: s.claim("k", "r-1") == "r-1", warm=True),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("after_it_happened", [False, True])
@pytest.mark.parametrize("process_dies", [True, False], ids=["the process dies", "the call dies"])
def test_a_step_that_is_cut_off_anywhere_can_be_done_again(
    name: str, after_it_happened: bool, process_dies: bool
) -> None:
    step = STEPS[name]
    cuts = 0
    while True:
        case = prepared(step)
        completed = died_at(case, cuts + 1, after_it_happened, step)
        assert not orphans(values_of(case))
        if completed:
            break
        cuts += 1

        store = case.restart() if process_dies else case.open()
        try:
            step.act(store)
        except ApprovalError as error:
            # What was cut off had been done: the next call is told so.
            assert error.code in {"already_exists", "version_conflict", "not_found"}  # noqa: PT017
        assert step.done(store)
        assert not orphans(values_of(case))
        assert sorted(set(found(store))) == sorted(found(store)), "each record is found once"
        assert step.done(case.restart()), "it is done for those who come later, too"
        assert not litter(values_of(cleaned(case)))
    assert cuts >= 1


def test_a_walk_that_cleans_up_may_be_cut_off_anywhere() -> None:
    cuts = 0
    while True:
        case = prepared(
            Step((*IN_REVIEW, lambda s: s.save(closed(REVIEWED), 2)), act=found, done=bool, warm=False)
        )
        case.clock.sleep(3 * 3600)
        completed = died_at(case, cuts + 1, False, Step((), found_everywhere, bool, warm=False))
        assert not orphans(values_of(case))
        assert found(case.restart()) == ["r-1", "other"]
        assert not litter(values_of(cleaned(case)))
        if completed:
            break
        cuts += 1
    assert cuts > 10


def prepared(step: Step) -> DifyCase:
    """A process that did all that comes before the step, or another that took over from it."""
    case = DifyCase(lambda _: MemoryStorage())
    for act in step.before:
        act(case.open())
    if not step.warm:
        case.restart()
    return case


def died_at(case: DifyCase, operation: int, after_it_happened: bool, step: Step) -> bool:
    """Does the step until the process dies at that operation. True when it did not get that far."""
    state = case.workspaces.state_for(case.storage)
    dying = CrashingStorage(values_of(case), operation, after=after_it_happened)
    try:
        step.act(DifyStore(dying, state, case.clock))
    except Crash:
        return False
    return True


def found_everywhere(store: DifyStore) -> None:
    """Walks over all that is listed."""
    found(store)
    for state in State:
        found(store, Query(state=state))
    store.due(T0 + 100_000 * HOUR, 100)
    store.removable(T0 + 100_000 * HOUR, 100)
    store.dead_letters(100)


def cleaned(case: DifyCase) -> DifyCase:
    """The same storage, hours later, after every list was walked by a new process."""
    for _ in range(2):
        case.clock.sleep(3 * 3600)
        found_everywhere(case.restart())
    return case


def values_of(case: DifyCase) -> dict[str, bytes]:
    assert isinstance(case.storage, MemoryStorage)
    return case.storage.values
