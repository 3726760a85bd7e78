# SPDX-License-Identifier: Apache-2.0
"""Reads a history as Jepsen does: what the workers were told must be what the store holds, and could have happened.

What was acknowledged is there, once. What was refused is not. What is unknown may be either.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import combinations, pairwise

from approvals.domain.decisions import SYSTEM
from approvals.domain.ledger import record_faults
from approvals.domain.lifecycle import TABLE
from approvals.domain.people import same_person
from approvals.domain.policy_reader import policy_from_document
from approvals.domain.records import ApprovalRecord, LedgerEntry, Step
from approvals.domain.routing import route
from approvals.domain.terms import Event, IfRefused, Level, State
from approvals.errors import ErrorCode
from approvals.text.names import name_key
from devkit.history.journal import Operation, Outcome


@dataclass(frozen=True)
class History:
    """What was asked and told, and what the store held in the end.

    The records stand alone, each with its policy.
    `ledgers` are the entries as the store keeps them beside the records; empty for a store that keeps none.
    """

    operations: Sequence[Operation]
    records: Mapping[str, ApprovalRecord]
    ledgers: Mapping[str, Sequence[LedgerEntry]]

    def acknowledged(self) -> Iterator[Operation]:
        """The operations that made a new version, as their workers were told."""
        return (one for one in self.operations if one.outcome is Outcome.OK and not one.replayed)

    def steps(self, request_id: str) -> Sequence[Step]:
        """What happened to a request, as the store says."""
        return self.records[request_id].history

    def asked(self, step: Step) -> str:
        """The name of what was asked for when a step was made. One that took a refused one's place says the reason."""
        return self._names.get(step.fingerprint, step.comment)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {one.decision.fingerprint: one.step for one in self.operations}


def check(history: History) -> list[str]:
    """Everything that is wrong, each fault naming its request and operation; empty for a sound history."""
    return [fault for rule in RULES for fault in rule(history)]


def every_version_is_given_once(history: History) -> Iterator[str]:
    """No two workers were told that they made the same version of a request."""
    writers: dict[tuple[str, int], list[str]] = defaultdict(list)
    for operation in history.acknowledged():
        writers[operation.request_id, operation.version].append(operation.name)
    for (request_id, version), names in writers.items():
        if len(names) > 1:
            yield f"{request_id}: version {version} was given to {' and '.join(names)}"


def every_version_has_its_step(history: History) -> Iterator[str]:
    """The steps of a record made the versions 2, 3, 4 … up to its own, but for new content of a returned one."""
    for request_id, record in history.records.items():
        made = [step.answer.version for step in record.history]
        after_return = [False, *(step.entry.to_state is State.RETURNED for step in record.history)]
        gaps = [later - earlier for earlier, later in pairwise([1, *made, record.version + 1])]
        if any(gap < 1 or (gap > 1 and not asked) for gap, asked in zip(gaps, after_return, strict=True)):
            yield f"{request_id}: at version {record.version}, but its steps made the versions {made}"


def what_was_acknowledged_is_there_once(history: History) -> Iterator[str]:
    """Every acknowledged step is in the ledger once, as its worker was told; every replay names such a step."""
    for operation in history.operations:
        if operation.outcome is not Outcome.OK:
            continue
        steps = history.steps(operation.request_id)
        found = [step for step in steps if step.entry.hash == operation.entry_hash]
        if len(found) != 1 or found[0].answer.version != operation.version:
            yield _told(operation, f"is in the ledger {len(found)} times")
        elif not operation.replayed and history.asked(found[0]) != operation.step:
            yield _told(operation, f"stands in the ledger as step {history.asked(found[0])}")


def what_was_refused_is_not_there(history: History) -> Iterator[str]:
    """A step whose every attempt was refused is not in the ledger."""
    outcomes: dict[str, set[Outcome]] = defaultdict(set)
    for operation in history.operations:
        outcomes[operation.step].add(operation.outcome)
    for request_id in history.records:
        for step in history.steps(request_id):
            if outcomes[history.asked(step)] == {Outcome.FAIL}:
                yield f"{request_id}: step {history.asked(step)} was refused and is in the ledger"


def nothing_comes_from_nowhere(history: History) -> Iterator[str]:
    """Every step in the ledger was asked for, with this event by this actor, as often as it is there.

    A step with an idempotency key happens once. Without one a repeat is a new step when others came between.
    """
    asked = {(one.request_id, one.step): one for one in history.operations}
    attempts: Counter[str] = Counter()
    for one in history.operations:
        happened = one.outcome is Outcome.UNKNOWN or (one.outcome is Outcome.OK and not one.replayed)
        attempts[one.step] = 1 if one.idempotency_key else attempts[one.step] + happened
    for request_id in history.records:
        seen = Counter(history.asked(step) for step in history.steps(request_id))
        for name, count in seen.items():
            if count > attempts[name] > 0:
                yield f"{request_id}: step {name} happened {count} times and was asked for {attempts[name]} times"
        for step in history.steps(request_id):
            operation = asked.get((request_id, history.asked(step)))
            if operation is None:
                yield f"{request_id}: nobody asked for step {history.asked(step)}"
            elif (step.entry.event, step.entry.actor) not in _may_become(operation):
                yield f"{request_id}: step {operation.step} was not {step.entry.event} by {step.entry.actor}"


def _may_become(operation: Operation) -> Iterator[tuple[Event, str]]:
    """What an operation may stand in the ledger as: itself, or the escalation in place of a refused one."""
    yield operation.event, operation.decision.signed
    if operation.if_refused is IfRefused.ESCALATE:
        yield Event.ESCALATE, SYSTEM


def one_final_event_ends_it(history: History) -> Iterator[str]:
    """Every request has exactly one step into a final state, and it is the last."""
    for request_id in history.records:
        states = [step.entry.to_state for step in history.steps(request_id)]
        finals = [state for state in states if state.final]
        if len(finals) != 1:
            yield f"{request_id}: {len(finals)} final events: {', '.join(finals)}"
        elif not states[-1].final:
            yield f"{request_id}: something happened after '{finals[0]}'"


def every_approval_has_its_signatures(history: History) -> Iterator[str]:
    """Every approved request was signed by as many people as its policy asked for when it was submitted.

    Each of them stands high enough, is listed, is not the requester, and signed once, however the name was typed.
    """
    for request_id, record in history.records.items():
        if record.state is State.APPROVED:
            yield from (f"{request_id}: {fault}" for fault in _signature_faults(record))


def _signature_faults(record: ApprovalRecord) -> Iterator[str]:
    if record.policy is None:
        yield "its policy is not in the store"
        return
    policy = policy_from_document(dict(record.policy)).policy
    asked = route(policy, record.request, record.analysis, revised=record.revision > 1).stages
    signed = [
        entry
        for entry in record.ledger
        if entry.event is Event.APPROVE and entry.revision == record.revision  # earlier ones are void
    ]
    if len(signed) < len(asked):
        yield f"approved by {len(signed)} signatures, and the policy asks for {len(asked)}"
    for stage, entry in zip(asked, signed, strict=False):
        if entry.level not in set(Level) or Level(entry.level).rank < stage.rank:
            yield f"{entry.actor} signed as '{entry.level}' for '{stage}'"
    if policy.people and not all(policy.directory.find(entry.acting_for or entry.actor) for entry in signed):
        yield "signed by somebody whom the policy does not list"
    for entry in signed:
        people = [person.name for person in policy.principals(entry.actor, datetime.fromisoformat(entry.at))]
        if entry.acting_for and entry.acting_for not in people:
            yield f"signed by {entry.actor} for {entry.acting_for}, whose deputy that is not"
    who = [[name for name in (entry.actor, entry.acting_for) if name] for entry in signed]
    if policy.separation_of_duties and any(
        same_person(policy.directory, name, record.request.requester) for names in who for name in names
    ):
        yield "signed by the requester"
    if policy.distinct_approvers and any(
        same_person(policy.directory, one, other)
        for names, others in combinations(who, 2)
        for one in names
        for other in others
    ):
        yield "signed twice by the same person"


def only_the_requester_brings_it_back(history: History) -> Iterator[str]:
    """A returned request came back by its requester, or not at all; nobody decided while it was away."""
    for request_id, record in history.records.items():
        for entry in record.ledger:
            if entry.event is Event.RESUBMIT and name_key(entry.actor) != name_key(record.request.requester):
                yield f"{request_id}: {entry.actor} brought it back, and {record.request.requester} asked for it"
            if entry.from_state is State.RETURNED and entry.event not in TABLE[State.RETURNED]:
                yield f"{request_id}: '{entry.event}' happened while its requester was asked"


def every_ledger_verifies(history: History) -> Iterator[str]:
    """Every hash chain holds, and what the store keeps beside the record is the same chain."""
    for request_id, record in history.records.items():
        yield from (f"{request_id}: {fault}" for fault in record_faults(record))
        beside = history.ledgers.get(request_id)
        if beside is not None and list(beside) != list(record.ledger):
            yield f"{request_id}: the ledger beside the record is another than the one in it"


def time_runs_forward(history: History) -> Iterator[str]:
    """What was asked for after an answer was given has a later version than the answer."""
    by_request: dict[str, list[Operation]] = defaultdict(list)
    for operation in history.acknowledged():
        by_request[operation.request_id].append(operation)
    for operations in by_request.values():
        last_asked: Operation | None = None
        for operation in sorted(operations, key=lambda one: one.version):
            if last_asked and (operation.answered_at or 0) < last_asked.invoked_at:
                yield _told(
                    operation, f"was answered before {last_asked.name}, an earlier version, was asked for"
                )
            if last_asked is None or operation.invoked_at > last_asked.invoked_at:
                last_asked = operation


def nobody_reads_the_past(history: History) -> Iterator[str]:
    """Whoever loads a record sees at least every version that was acknowledged before he asked."""
    newest: dict[str, int] = defaultdict(int)
    answers = sorted(history.acknowledged(), key=lambda one: one.answered_at or 0, reverse=True)
    for operation in sorted(history.operations, key=lambda one: one.invoked_at):
        while answers and (answers[-1].answered_at or 0) < operation.invoked_at:
            answered = answers.pop()
            newest[answered.request_id] = max(newest[answered.request_id], answered.version)
        if operation.seen_version and operation.seen_version < newest[operation.request_id]:
            yield _told(
                operation, f"saw version {operation.seen_version} after {newest[operation.request_id]}"
            )


def every_refusal_has_its_code(history: History) -> Iterator[str]:
    """No worker met an error that is not in the list of codes."""
    for operation in history.operations:
        if operation.code and operation.code not in set(ErrorCode):
            yield _told(operation, f"ended with {operation.code}")


def _told(operation: Operation, what: str) -> str:
    return f"{operation.request_id}: {operation.name} ({operation.event}, version {operation.version}) {what}"


RULES: Sequence[Callable[[History], Iterator[str]]] = (
    every_version_is_given_once,
    every_version_has_its_step,
    what_was_acknowledged_is_there_once,
    what_was_refused_is_not_there,
    nothing_comes_from_nowhere,
    one_final_event_ends_it,
    every_approval_has_its_signatures,
    only_the_requester_brings_it_back,
    every_ledger_verifies,
    time_runs_forward,
    nobody_reads_the_past,
    every_refusal_has_its_code,
)
