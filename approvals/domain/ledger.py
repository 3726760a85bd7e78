# SPDX-License-Identifier: Apache-2.0
"""The hash chain: each entry holds the hash of the one before, so that a changed past shows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from approvals.domain.canonical import digest, rfc3339, text_digest
from approvals.domain.records import ApprovalRecord, LedgerEntry, Step
from approvals.domain.terms import Event, HowKnown, State

GENESIS = "0" * 64


def entry_hash(entry: LedgerEntry) -> str:
    """The sha256 over the RFC 8785 bytes of every field but the hash itself, and `how_known` where it is empty."""
    unsigned = {"hash"} if entry.how_known else {"hash", "how_known"}
    return digest(entry.model_dump(mode="json", exclude=unsigned))


class SignedStep(NamedTuple):
    """What the ledger signs of a step itself: who did what, at which level, and why."""

    event: Event
    actor: str
    how_known: HowKnown | Literal[""]
    level: str
    comment: str


def next_entry(
    record: ApprovalRecord,
    *,
    signed: SignedStep,
    to_state: State,
    policy_digest: str,
    at: datetime,
) -> LedgerEntry:
    """The entry that follows the record's last one."""
    ledger = record.ledger
    unsigned = LedgerEntry(
        previous_hash=ledger[-1].hash if ledger else GENESIS,
        request_id=record.request_id,
        sequence=len(ledger) + 1,
        at=rfc3339(at),
        event=signed.event,
        actor=signed.actor,
        how_known=signed.how_known,
        level=signed.level,
        from_state=record.state,
        to_state=to_state,
        policy_digest=policy_digest,
        analysis_digest=record.analysis_digest,
        comment_digest=text_digest(signed.comment),
        hash="",
    )
    return unsigned.model_copy(update={"hash": entry_hash(unsigned)})


def chain_faults(entries: Sequence[LedgerEntry]) -> list[str]:
    """What is wrong with a chain on its own, each fault naming its entry; empty when it holds."""
    faults: list[str] = []
    previous = GENESIS
    for position, entry in enumerate(entries, start=1):
        name = f"entry {position} ({entry.event})"
        if entry.sequence != position:
            faults.append(f"{name} has sequence {entry.sequence}: an entry was removed, added or moved")
        if entry.previous_hash != previous:
            faults.append(f"{name} does not follow the entry before it")
        if entry.hash != entry_hash(entry):
            faults.append(f"{name} was changed: its hash does not match its content")
        previous = entry.hash
    return faults


def record_faults(record: ApprovalRecord) -> list[str]:
    """What is wrong with a record's chain, and where the record does not say what its chain says."""
    faults = [*chain_faults(record.ledger), *_history_faults(record)]
    if record.history:
        faults += _standing_faults(record, record.history[-1])
    elif record.state is not State.PENDING:
        faults.append(f"the record says '{record.state}', but its ledger is empty")
    if record.policy_digest != digest(dict(record.policy)):
        faults.append("the policy kept with the record does not match its digest")
    return faults


def _history_faults(record: ApprovalRecord) -> Iterator[str]:
    """Where a step does not fit the request, the step before it, its comment or the answer kept with it."""
    state = State.PENDING
    for position, step in enumerate(record.history, start=1):
        entry, name = step.entry, f"entry {position} ({step.entry.event})"
        if entry.request_id != record.request_id:
            yield f"{name} belongs to request {entry.request_id!r}"
        if entry.from_state != state:
            yield f"{name} starts in '{entry.from_state}', but the request was in '{state}'"
        if entry.comment_digest != text_digest(step.comment):
            yield f"the comment of {name} was changed"
        if (step.answer.entry_hash, step.answer.state) != (entry.hash, entry.to_state):
            yield f"the answer kept with {name} was changed"
        state = entry.to_state


def _standing_faults(record: ApprovalRecord, last: Step) -> Iterator[str]:
    """Where the record does not stand as its last step left it."""
    entry, answer = last.entry, last.answer
    if record.state != entry.to_state:
        yield f"the record says '{record.state}', its ledger says '{entry.to_state}'"
    deadline = rfc3339(record.deadline_at) if record.deadline_at else ""
    if (answer.version, answer.stages_left, answer.deadline_at) != (record.version, record.stages, deadline):
        yield "the record does not stand where its last step left it (version, stages or deadline)"
    if entry.analysis_digest != record.analysis_digest:
        yield "the request or its analysis was changed after the last entry"
    if entry.policy_digest != record.policy_digest:
        yield "the policy was changed after the last entry"
