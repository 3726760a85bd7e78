# SPDX-License-Identifier: Apache-2.0
"""Puts what is moved into a database, and never over something newer or different."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select, update

from approvals.clock import Clock
from approvals.domain.canonical import digest, rfc3339, text_digest
from approvals.domain.ledger_keys import LedgerKeys
from approvals.domain.notices import Notice
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.retention import Tombstone
from approvals.domain.traces import Trace
from approvals.errors import ApprovalError, ErrorCode
from approvals.service.policies import Policies
from approvals.store.envelope import UnreadableError
from approvals.store.protocol import REFUSALS_KEPT, DeadLetter
from approvals.store.sql import retention
from approvals.store.sql.database import SqlDatabase, inserted
from approvals.store.sql.engine import open_engine
from approvals.store.sql.store import SqlStore
from approvals.store.sql.tables import CLAIMS, DEAD_LETTERS, NOTICES, REFUSALS, SPEND, TRACES
from approvals.store.sql.traces import SqlTraces
from devkit.export.source import Exported
from devkit.export.verdict import Verdict, verdict_of
from devkit.move.source import Claim, Kept, KeptPolicy, MoveError, Spent


class Outcome(StrEnum):
    """What became of one thing. The words are printed."""

    MOVED = "moved"
    UPDATED = "brought up to date"
    UNCHANGED = "there already"
    NEWER = "newer in the database"
    DIFFERENT = "different in the database"


@dataclass(frozen=True, slots=True)
class Put:
    """What became of one request, and how many of its refused decisions were added.

    `gone`: retention has removed it from the database since.
    """

    outcome: Outcome
    refusals: int = 0
    why: str = ""
    gone: bool = False


class Database:
    """The database of `store_url`. With `dry_run` it is only read, except for tables that are missing.

    Every method raises `ApprovalError` (`store_unavailable`) when the database cannot be reached.
    """

    def __init__(self, store_url: str, clock: Clock, *, dry_run: bool = False) -> None:
        try:
            engine, product = open_engine(store_url)
        except ApprovalError as error:
            raise MoveError(error.message) from None
        self._database = SqlDatabase(engine, product, clock)
        self._store = SqlStore(self._database, clock)
        self._clock = clock
        self._dry_run = dry_run

    def put_policy(self, policy: KeptPolicy) -> Outcome:
        """Keep a policy, which never changes."""
        try:
            known = self._store.policy(policy.digest)
        except UnreadableError:
            return Outcome.DIFFERENT
        if known is not None:
            return Outcome.UNCHANGED if known == policy.document else Outcome.DIFFERENT
        if not self._dry_run:
            self._store.put_policy(policy.digest, policy.document)
        return Outcome.MOVED

    def put(self, kept: Kept) -> Put:
        """Keep a request with its ledger and its refusals. Never replaces a newer or another record.

        Raises `UnreadableError` when the database has something under its id that cannot be read.
        """
        put = self._put_record(self._with_policy_apart(kept.record))
        if put.outcome is Outcome.DIFFERENT or put.gone:
            return put
        return Put(put.outcome, self._put_refusals(kept.record.request_id, kept.refusals))

    def put_tombstone(self, left: Tombstone) -> Outcome:
        """Keep what is left of a request, in the place of a record that was moved before it was removed."""
        if self._tombstone(left.request_id) is not None:
            return Outcome.UNCHANGED
        try:
            known = self._known(left.request_id)
        except UnreadableError:
            return Outcome.DIFFERENT
        if known is not None and (known.created_at, known.version < left.version) != (left.created_at, True):
            return Outcome.DIFFERENT
        if not self._dry_run:
            self._database.write(lambda connection: retention.remove_all(connection, left))
        return Outcome.MOVED

    def put_letter(self, letter: DeadLetter, *, newer: bool) -> Outcome:
        """Keep a dead letter, once. `newer`: the database has a newer record of its request, which decides alone."""
        if self._was_moved(letter):
            return Outcome.UNCHANGED
        known = self._one(
            DeadLetter, select(DEAD_LETTERS.c.body), DEAD_LETTERS.c.request_id == letter.request_id
        )
        if newer or (known is not None and known.buried_at > letter.buried_at):
            return Outcome.NEWER
        if not self._dry_run:
            self._store.put_dead_letter(letter)
            self._note_move(letter)
        return Outcome.MOVED

    def put_notice(self, notice: Notice) -> Outcome:
        """Keep a notice, once: one that the database has delivered since is not sent again."""
        if self._was_moved(notice):
            return Outcome.UNCHANGED
        known = self._one(Notice, select(NOTICES.c.body), NOTICES.c.notice_id == notice.notice_id)
        if known is not None and known.attempts > notice.attempts:
            return Outcome.NEWER
        if not self._dry_run:
            self._store.put_notice(notice)
            self._note_move(notice)
        return Outcome.MOVED

    def put_spent(self, spent: Spent) -> Outcome:
        """Let the day's total of an account be no less than it was."""
        of_day = (SPEND.c.account == spent.account, SPEND.c.day == spent.day.isoformat())
        first = insert(SPEND).values(account=spent.account, day=spent.day.isoformat(), spent=spent.spent)
        raised = update(SPEND).where(*of_day, SPEND.c.spent < spent.spent).values(spent=spent.spent)

        def unit(connection: Connection) -> Outcome:
            known = connection.execute(select(SPEND.c.spent).where(*of_day)).scalar()
            if known is not None and known >= spent.spent:
                return Outcome.UNCHANGED if known == spent.spent else Outcome.NEWER
            if not self._dry_run:
                connection.execute(first if known is None else raised)
            return Outcome.MOVED if known is None else Outcome.UPDATED

        return self._database.write(unit)

    def put_trace(self, trace: Trace) -> Outcome:
        """Keep what a request is compared by, once: what the database has is of this request or a later content."""
        of_request = select(TRACES.c.body).where(TRACES.c.request_id == trace.request_id).limit(1)
        known = self._database.read(lambda connection: connection.execute(of_request).scalar())
        if known is not None:
            return Outcome.UNCHANGED
        if not self._dry_run:
            SqlTraces(self._database).put(trace)
        return Outcome.MOVED

    def put_claim(self, claim: Claim) -> Outcome:
        """Let a request hold an idempotency key, unless another one holds it in the database."""
        holder = select(CLAIMS.c.request_id).where(CLAIMS.c.key_digest == claim.key_digest)
        take = insert(CLAIMS).values(
            key_digest=claim.key_digest, request_id=claim.request_id, claimed_at=rfc3339(self._clock.now())
        )
        held_by = self._database.read(lambda connection: connection.execute(holder).scalar())
        if held_by is None and (
            self._dry_run or self._database.write(lambda connection: inserted(connection, take))
        ):
            return Outcome.MOVED
        held_by = held_by or self._database.read(lambda connection: connection.execute(holder).scalar())
        return Outcome.UNCHANGED if held_by == claim.request_id else Outcome.DIFFERENT

    @property
    def sql(self) -> SqlDatabase:
        """The database itself."""
        return self._database

    @property
    def dry_run(self) -> bool:
        """True where nothing may be written."""
        return self._dry_run

    @property
    def clock(self) -> Clock:
        """What tells the time."""
        return self._clock

    def is_closed(self, request_id: str) -> bool:
        """True for a request that is decided. Raises `UnreadableError`."""
        known = self._known(request_id)
        return known is not None and known.state.final

    def verdict(self, request_id: str, keys: LedgerKeys) -> Verdict:
        """Whether a request's ledger verifies in the database, with what is kept beside the record."""
        ((record, missing),) = Policies(self._store).whole([self._store.load(request_id)], afresh=True)
        faults = [*self._store.stored_faults(request_id), *([missing] if missing else [])]
        return verdict_of(Exported(record, stored_faults=faults), keys)

    def close(self) -> None:
        """Close the connections."""
        self._store.close()

    def _with_policy_apart(self, record: ApprovalRecord) -> ApprovalRecord:
        """The record without the policy in it, which is kept under its digest; one that does not match it stays."""
        if record.policy is None or digest(dict(record.policy)) != record.policy_digest:
            return record
        self.put_policy(KeptPolicy(record.policy_digest, record.policy))
        return record.model_copy(update={"policy": None})

    def _put_record(self, record: ApprovalRecord) -> Put:
        known = self._known(record.request_id)
        if known is None:
            if self._tombstone(record.request_id) is not None:
                return Put(Outcome.NEWER, gone=True)
            if not self._dry_run:
                self._store.create(record)
            return Put(Outcome.MOVED)
        if known.model_copy(update={"policy": record.policy}) == record:
            return Put(Outcome.UNCHANGED)
        if continues(known, record):
            return Put(Outcome.NEWER)
        if not continues(record, known):
            return Put(
                Outcome.DIFFERENT, why="the database has another request, or other events, under this id"
            )
        if not self._dry_run:
            self._store.save(record, known.version)
        return Put(Outcome.UPDATED)

    def _known(self, request_id: str) -> ApprovalRecord | None:
        """What the database has under an id. Raises `UnreadableError`."""
        try:
            return self._store.load(request_id)
        except UnreadableError:
            raise
        except ApprovalError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return None

    def _tombstone(self, request_id: str) -> Tombstone | None:
        return self._database.read(lambda connection: retention.tombstone_of(connection, request_id))

    def _one[M: BaseModel](self, model: type[M], bodies: Select[Any], same: ColumnElement[bool]) -> M | None:
        """What a row holds; None without a row, and for one that is damaged and gives way."""
        text = self._database.read(lambda connection: connection.execute(bodies.where(same)).scalar())
        try:
            return None if text is None else model.model_validate_json(text)
        except ValidationError:
            return None

    def _was_moved(self, thing: DeadLetter | Notice) -> bool:
        """True when exactly this was moved before; the database may have dealt with it since."""
        held = select(CLAIMS.c.request_id).where(CLAIMS.c.key_digest == _mark_of(thing))
        return self._database.read(lambda connection: connection.execute(held).scalar()) is not None

    def _note_move(self, thing: DeadLetter | Notice) -> None:
        self.put_claim(Claim(_mark_of(thing), thing.request_id))

    def _put_refusals(self, request_id: str, refusals: Sequence[Refusal]) -> int:
        """Add the refusals that the database lacks, in the order of their times. Gives how many they are."""
        known = self._store.refusals(request_id)
        added = [refusal for refusal in refusals if refusal not in known]
        if not added or self._dry_run:
            return len(added)
        all_of_them = sorted([*known, *added], key=lambda refusal: refusal.at)[-REFUSALS_KEPT:]
        of_request = REFUSALS.c.request_id == request_id
        rows = [{"request_id": request_id, "body": one.model_dump_json()} for one in all_of_them]

        def unit(connection: Connection) -> None:
            connection.execute(delete(REFUSALS).where(of_request))
            connection.execute(insert(REFUSALS), rows)

        self._database.write(unit)
        return len(added)


def _mark_of(thing: DeadLetter | Notice) -> str:
    """What stands for a thing among the idempotency keys, once it was moved."""
    return text_digest(f"moved {type(thing).__name__} {thing.model_dump_json()}")


def continues(later: ApprovalRecord, earlier: ApprovalRecord) -> bool:
    """True when `later` is what became of `earlier`."""
    same_content = later.request.content_digest == earlier.request.content_digest
    return (
        later.version > earlier.version
        and later.created_at == earlier.created_at
        and (same_content or later.revision > earlier.revision)
        and later.ledger[: len(earlier.ledger)] == earlier.ledger
    )
