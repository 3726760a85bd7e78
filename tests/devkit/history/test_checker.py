# SPDX-License-Identifier: Apache-2.0
"""Every rule of the checker finds the damage it is there for, and nothing in a sound history."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain.records import ApprovalRecord, Step
from approvals.domain.terms import Event, State
from devkit.history.checker import History, check
from devkit.history.journal import Operation, Outcome
from devkit.history.play import REQUESTER
from tests.devkit.history.memory import MemoryStore, history_of


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A history in which nothing is wrong."""
    return history_of(MemoryStore(), tmp_path_factory.mktemp("journals"))


def test_a_sound_history_has_no_faults(sound: History) -> None:
    assert check(sound) == []
    assert {one.outcome for one in sound.operations} == {Outcome.OK, Outcome.FAIL}
    assert any(one.replayed for one in sound.operations)
    assert any(map(came_back, sound.records.values()))
    assert any(record.revision > 1 for record in sound.records.values())
    assert any(entry.acting_for for record in sound.records.values() for entry in record.ledger)


def test_the_checker_convicts_a_store_without_the_version_check(tmp_path: Path) -> None:
    faults = check(history_of(MemoryStore(checks_version=False), tmp_path))

    assert any("was given to" in fault for fault in faults)
    assert any("is in the ledger 0 times" in fault for fault in faults)


def test_what_nobody_answered_may_have_happened_or_not(sound: History) -> None:
    def forget(operation: Operation) -> Operation:
        return replace(
            operation, outcome=Outcome.UNKNOWN, answered_at=None, version=0, entry_hash="", code=""
        )

    assert check(replace(sound, operations=[forget(one) for one in sound.operations])) == []


def chosen(history: History, *, replayed: bool = False) -> Operation:
    """An acknowledged operation of the middle of a request's life; one that was not repeated, if not a repeat."""
    return next(acknowledged(history, replayed=replayed))


def approval(history: History) -> Operation:
    """One of them that stands in the ledger as the approval that it was, not as an escalation in its place."""
    hashes = {
        step.entry.hash
        for request_id in history.records
        for step in history.steps(request_id)
        if step.entry.event is Event.APPROVE
    }
    return next(one for one in acknowledged(history) if one.entry_hash in hashes)


def acknowledged(history: History, *, replayed: bool = False) -> Iterator[Operation]:
    attempts = Counter(one.step for one in history.operations)
    made = [one for one in history.operations if one.outcome is Outcome.OK and one.replayed is replayed]
    alone = [one for one in made if replayed or attempts[one.step] == 1]
    for one in alone:
        if replayed or 2 < one.version < history.records[one.request_id].version:
            yield one


def with_operation(history: History, old: Operation, **changes: object) -> History:
    others = [one for one in history.operations if one is not old]
    return replace(history, operations=[*others, replace(old, **changes)])  # type: ignore[arg-type]


def with_record(history: History, change: Callable[[ApprovalRecord], ApprovalRecord]) -> History:
    """The history, and one record of it changed together with the ledger beside it."""
    request_id = chosen(history).request_id
    record = change(history.records[request_id])
    return replace(
        history,
        records={**history.records, request_id: record},
        ledgers={**history.ledgers, request_id: record.ledger},
    )


def twice(history: History) -> History:
    one = chosen(history)
    return replace(history, operations=[*history.operations, replace(one, name="other", step="other")])


def lost_step(history: History) -> History:
    return with_record(
        history,
        lambda record: record.model_copy(update={"history": (*record.history[:1], *record.history[2:])}),
    )


def repeated_step(history: History) -> History:
    return with_record(
        history, lambda record: record.model_copy(update={"history": (*record.history, record.history[-1])})
    )


def no_final_step(history: History) -> History:
    return with_record(history, lambda record: record.model_copy(update={"history": record.history[:-1]}))


def step_after_the_end(history: History) -> History:
    return with_record(
        history, lambda record: record.model_copy(update={"history": (*record.history, record.history[1])})
    )


def other_ledger(history: History) -> History:
    request_id = chosen(history).request_id
    return replace(history, ledgers={**history.ledgers, request_id: history.ledgers[request_id][:-1]})


def earlier_than_its_time(history: History) -> History:
    one = chosen(history)
    return with_operation(history, one, invoked_at=1, answered_at=2)


def old_news(history: History) -> History:
    last = max(history.operations, key=lambda one: one.invoked_at)
    return with_operation(history, last, seen_version=1)


def approved(history: History) -> ApprovalRecord:
    return next(record for record in history.records.values() if record.state is State.APPROVED)


def approvals(record: ApprovalRecord) -> list[Step]:
    return [
        step
        for step in record.history
        if step.entry.event is Event.APPROVE and step.entry.revision == record.revision
    ]


def signers(history: History) -> list[str]:
    return [step.entry.actor for step in approvals(approved(history))]


def with_approval(history: History, number: int, actor: str) -> History:
    """The history, with one signature of an approved request given by somebody else."""
    record = approved(history)
    forged = approvals(record)[number]
    entry = forged.entry.model_copy(update={"actor": actor})
    steps = tuple(
        step.model_copy(update={"entry": entry}) if step is forged else step for step in record.history
    )
    changed = record.model_copy(update={"history": steps})
    return replace(history, records={**history.records, record.request_id: changed})


def one_signature_less(history: History) -> History:
    record = approved(history)
    left_out = approvals(record)[0]
    steps = tuple(step for step in record.history if step is not left_out)
    changed = record.model_copy(update={"history": steps})
    return replace(history, records={**history.records, record.request_id: changed})


def brought_back_by_a_stranger(history: History) -> History:
    record = next(one for one in history.records.values() if came_back(one))
    steps = tuple(
        step.model_copy(update={"entry": step.entry.model_copy(update={"actor": "stranger"})})
        if step.entry.event is Event.RESUBMIT
        else step
        for step in record.history
    )
    changed = record.model_copy(update={"history": steps})
    return replace(history, records={**history.records, record.request_id: changed})


def came_back(record: ApprovalRecord) -> bool:
    return any(entry.event is Event.RESUBMIT for entry in record.ledger)


DAMAGES: dict[str, Callable[[History], History]] = {
    "was given to": twice,
    "its steps made the versions": lost_step,
    "is in the ledger 0 times": lambda history: with_operation(history, chosen(history), entry_hash="f" * 64),
    "is in the ledger 1 times": lambda history: with_operation(history, chosen(history, replayed=True), version=99),
    "stands in the ledger as step": lambda history: with_operation(history, chosen(history), step="another"),
    "was refused and is in the ledger": lambda history: with_operation(history, chosen(history), outcome=Outcome.FAIL),
    "happened 2 times": repeated_step,
    "nobody asked for step": lambda history: replace(history, operations=history.operations[:5]),
    "was not": lambda history: with_operation(history, approval(history), event=Event.REJECT),
    "approved by 3 signatures": one_signature_less,
    "signed by the requester": lambda history: with_approval(history, 0, REQUESTER),
    "signed twice by the same person": lambda history: with_approval(history, 1, signers(history)[0]),
    "signed by somebody whom the policy does not list": lambda history: with_approval(history, 0, "stranger"),
    "and requester@example.com asked for it": brought_back_by_a_stranger,
    "0 final events": no_final_step,
    "something happened after": step_after_the_end,
    "was changed": lambda history: with_record(history, lambda record: record.model_copy(update={"history": tuple(
        step.model_copy(update={"entry": step.entry.model_copy(update={"actor": "Eve"})}) for step in record.history
    )})),
    "the ledger beside the record is another": other_ledger,
    "was answered before": earlier_than_its_time,
    "saw version 1 after": old_news,
    "ended with ZeroDivisionError": lambda history: with_operation(history, chosen(history), code="ZeroDivisionError"),
}  # fmt: skip


@pytest.mark.parametrize("words", DAMAGES)
def test_a_damaged_history_is_found_out(sound: History, words: str) -> None:
    faults = check(DAMAGES[words](sound))

    assert any(words in fault for fault in faults), faults
