# SPDX-License-Identifier: Apache-2.0
"""The hash chain: each entry holds the hash of the one before, so that a changed past shows.

Without a key the hash is a plain sha256, and whoever can write the store can compute it anew. Under a `ledger_key` it
is an HMAC, which only the key's holder can compute.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal, NamedTuple

from approvals.domain.canonical import canonical, digest, rfc3339, text_digest
from approvals.domain.ledger_keys import UNKEYED, LedgerKey, LedgerKeys
from approvals.domain.records import ApprovalRecord, LedgerEntry, RouteAnswer, Step, revision_digest
from approvals.domain.terms import Event, HowKnown, Level, State
from approvals.errors import ApprovalError, ErrorCode

GENESIS = "0" * 64


class LedgerError(ApprovalError):
    """Nothing can be added to one request's ledger; others take entries."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.STORE_UNAVAILABLE, message)


class LedgerKeyMissingError(LedgerError):
    """It was written under a key, and the settings hold none: an entry without a key would break it."""

    def __init__(self, request_id: str, key_id: str) -> None:
        super().__init__(
            f"the ledger of request {request_id!r} was written under key {key_id!r}, and the plugin's settings hold no "
            "ledger_key; nothing was changed. An administrator must put the key back into ledger_key",
        )


class LedgerBrokenError(LedgerError):
    """It does not verify: an entry on top of it would sign what somebody forged."""

    def __init__(self, request_id: str, fault: str, key_id: str) -> None:
        super().__init__(
            f"the ledger of request {request_id!r} does not verify ({fault}), so that nothing was written: somebody "
            f"changed the stored request, or ledger_key holds another secret under {key_id!r} than before. "
            "find_approvals with verify_ledger tells more",
        )


def entry_hash(entry: LedgerEntry, key: LedgerKey | None = None) -> str:
    """Over the RFC 8785 bytes of every field but the hash itself: the HMAC-SHA256 under `key`, the sha256 without one.

    Left out where they are empty, as in older entries: `revision`, `acting_for`, `how_known`, `correlation_id`,
    `key_id`, `standing_digest`.
    """
    unsigned = {"hash"} if entry.how_known else {"hash", "how_known"}
    content = entry.model_dump(mode="json", exclude=unsigned)
    return key.sign(canonical(content)) if key else digest(content)


def standing_digest(answer: RouteAnswer) -> str:
    """The digest of what an event led to: whose signatures are missing, until when, under which rule and version."""
    return digest(
        {
            "stages": [level.value for level in answer.stages_left],
            "deadline_at": answer.deadline_at,
            "policy_rule": answer.policy_rule,
            "version": answer.version,
        }
    )


class SignedStep(NamedTuple):
    """What the ledger signs of a step itself: who did what, for whom, at which level, and why."""

    event: Event
    actor: str
    how_known: HowKnown | Literal[""]
    level: str
    comment: str
    acting_for: str = ""
    correlation_id: str = ""


def next_entry(
    record: ApprovalRecord,
    *,
    signed: SignedStep,
    after: RouteAnswer,
    policy_digest: str,
    at: datetime,
    keys: LedgerKeys = UNKEYED,
) -> LedgerEntry:
    """The entry that follows the record's last one, under the newest key if there is one.

    `after` says where the event leads to. Raises `LedgerKeyMissingError` where the entries before it have a key, and
    `keys` is empty.
    """
    ledger, key = record.ledger, keys.newest
    if key is None and ledger and ledger[-1].key_id:
        raise LedgerKeyMissingError(record.request_id, ledger[-1].key_id)
    unsigned = LedgerEntry(
        previous_hash=ledger[-1].hash if ledger else GENESIS,
        request_id=record.request_id,
        sequence=len(ledger) + 1,
        revision=record.revision,
        at=rfc3339(at),
        event=signed.event,
        actor=signed.actor,
        acting_for=signed.acting_for,
        correlation_id=signed.correlation_id,
        how_known=signed.how_known,
        level=signed.level,
        from_state=record.state,
        to_state=after.state,
        policy_digest=policy_digest,
        analysis_digest=record.analysis_digest,
        comment_digest=text_digest(signed.comment),
        key_id=key.key_id if key else "",
        standing_digest=standing_digest(after) if key else "",
        hash="",
    )
    return unsigned.model_copy(update={"hash": entry_hash(unsigned, key)})


def chain_faults(entries: Sequence[LedgerEntry], keys: LedgerKeys = UNKEYED) -> list[str]:
    """What is wrong with a chain on its own, each fault naming its entry; empty when it holds.

    What cannot be verified, for want of its key, is not told here: see `missing_keys`.
    """
    faults: list[str] = []
    previous, keyed_before, last_day = GENESIS, False, keys.unkeyed_until
    for position, entry in enumerate(entries, start=1):
        name = f"entry {position} ({entry.event})"
        key = keys.find(entry.key_id)
        if entry.sequence != position:
            faults.append(f"{name} has sequence {entry.sequence}: an entry was removed, added or moved")
        if entry.previous_hash != previous:
            faults.append(f"{name} does not follow the entry before it")
        if (key or not entry.key_id) and entry.hash != entry_hash(entry, key):
            faults.append(f"{name} was changed: its hash does not match its content")
        if not entry.key_id and keyed_before:
            faults.append(
                f"{name} has no key, and an entry before it has one: it was not written under ledger_key"
            )
        elif not entry.key_id and last_day and entry.at[:10] > last_day.isoformat():
            faults.append(
                f"{name} of {entry.at[:10]} has no key, and by the oldest in ledger_key all have one after {last_day}"
            )
        previous, keyed_before = entry.hash, keyed_before or bool(entry.key_id)
    return faults


def missing_keys(entries: Sequence[LedgerEntry], keys: LedgerKeys) -> list[str]:
    """The ids of the keys without which a chain cannot be verified, in the order of its entries."""
    named = dict.fromkeys(entry.key_id for entry in entries if entry.key_id)
    return [key_id for key_id in named if keys.find(key_id) is None]


def record_faults(record: ApprovalRecord, keys: LedgerKeys = UNKEYED) -> list[str]:
    """What is wrong with a record's chain, and where the record does not say what its chain says.

    What cannot be verified, for want of its key, is not told here: see `missing_keys`.
    """
    faults = [*chain_faults(record.ledger, keys), *_history_faults(record)]
    faults += [*_changes_between(record.history), *_revision_faults(record)]
    if record.history:
        faults += _standing_faults(record, record.history[-1])
    elif record.state is not State.PENDING:
        faults.append(f"the record says '{record.state}', but its ledger is empty")
    if record.policy is not None and record.policy_digest != digest(dict(record.policy)):
        faults.append("the policy kept with the record does not match its digest")
    return faults


def require_sound(record: ApprovalRecord, keys: LedgerKeys) -> None:
    """Raises `LedgerBrokenError` where a record is not what its newest entry has signed under one of `keys`.

    So nobody decides on a request that was changed in the store meanwhile. Without a key it could not be told.
    """
    last = record.history[-1] if record.history else None
    key = keys.find(last.entry.key_id) if last else None
    if last is None or key is None:
        return
    fault = next(_signed_faults(record, last, key), "")
    if fault:
        raise LedgerBrokenError(record.request_id, fault, key.key_id)


def _signed_faults(record: ApprovalRecord, last: Step, key: LedgerKey) -> Iterator[str]:
    """Where a record is not what its newest entry has signed."""
    if last.entry.hash != entry_hash(last.entry, key):
        yield "its newest entry was changed: the hash does not match the content"
    if last.entry.standing_digest != standing_digest(last.answer):
        yield "the stages, deadline, rule or version kept with its newest entry were changed"
    yield from _standing_faults(record, last)


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
        if entry.standing_digest not in {"", standing_digest(step.answer)}:
            yield f"the stages, deadline, rule or version kept with {name} were changed"
        state = entry.to_state


def _changes_between(history: Sequence[Step]) -> Iterator[str]:
    """Where something was changed after one step and before the next, which then signed it as it was."""
    for position, (before, step) in enumerate(pairwise(history), start=2):
        name = f"before entry {position} ({step.entry.event})"
        same_content = (step.entry.revision or 1) == (before.entry.revision or 1)
        if same_content and step.entry.analysis_digest != before.entry.analysis_digest:
            yield f"the request or its analysis was changed {name}"
        if step.entry.policy_digest != before.entry.policy_digest:
            yield f"the policy was changed {name}"
        if same_content and not _follows(step, before.answer.stages_left):
            yield f"the missing signatures were changed {name}"


def _follows(step: Step, missing: Sequence[Level]) -> bool:
    """True where a step is one that a request with these missing signatures can have had."""
    left, entry = step.answer.stages_left, step.entry
    if entry.event is Event.APPROVE:
        high_enough = bool(missing) and entry.level in Level and Level(entry.level).rank >= missing[0].rank
        return high_enough and left == tuple(missing[1:])
    if entry.event in {Event.RETURN, Event.RESUBMIT}:
        return left == tuple(missing)
    return entry.to_state is not State.ESCALATED or len(left) == len(missing)


def _revision_faults(record: ApprovalRecord) -> Iterator[str]:
    """Where the contents that the record keeps are not those that its entries are about."""
    about = {entry.revision or 1: entry.analysis_digest for entry in record.ledger}
    if about and [*about] != [*range(1, record.revision + 1)]:
        yield f"the record is at revision {record.revision}, but its ledger is about {', '.join(map(str, about))}"
    if len(record.past_revisions) != record.revision - 1:
        yield f"the record is at revision {record.revision}, but keeps {len(record.past_revisions)} earlier ones"
    for number, past in enumerate(record.past_revisions, start=1):
        if about.get(number) != revision_digest(past.request, past.analysis):
            yield f"revision {number} of the request, or its analysis, was changed"


def _standing_faults(record: ApprovalRecord, last: Step) -> Iterator[str]:
    """Where the record does not stand as its last step left it."""
    entry, answer = last.entry, last.answer
    if record.state != entry.to_state:
        yield f"the record says '{record.state}', its ledger says '{entry.to_state}'"
    deadline = rfc3339(record.deadline_at) if record.deadline_at else ""
    drafted = record.next_revision is not None and answer.version < record.version
    version = answer.version if drafted else record.version - record.reminded
    if (answer.version, answer.stages_left, answer.deadline_at) != (version, record.stages, deadline):
        yield "the record does not stand where its last step left it (version, stages or deadline)"
    if entry.analysis_digest != record.analysis_digest:
        yield "the request or its analysis was changed after the last entry"
    if entry.policy_digest != record.policy_digest:
        yield "the policy was changed after the last entry"
