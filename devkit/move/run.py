# SPDX-License-Identifier: Apache-2.0
"""Moves a source into a database: policies, requests, what refers to requests; then every ledger is verified."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from approvals.domain.ledger_keys import UNKEYED, LedgerKeys
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.envelope import UnreadableError
from devkit.move.budgets import put_budgets
from devkit.move.source import Source, Unreadable
from devkit.move.target import Database, Outcome, Put


@dataclass(slots=True)
class Summary:
    """What a move has done, and what somebody has to look at."""

    policies: Counter[Outcome] = field(default_factory=Counter)
    requests: Counter[Outcome] = field(default_factory=Counter)
    tombstones: Counter[Outcome] = field(default_factory=Counter)
    dead_letters: Counter[Outcome] = field(default_factory=Counter)
    notices: Counter[Outcome] = field(default_factory=Counter)
    spends: Counter[Outcome] = field(default_factory=Counter)
    traces: Counter[Outcome] = field(default_factory=Counter)
    budgets: Counter[Outcome] = field(default_factory=Counter)
    """What each open request takes, and what was approved of each account."""
    claims: Counter[Outcome] = field(default_factory=Counter)
    refusals: int = 0
    verified: int = 0
    """Ledgers that verify in the database."""
    without_key: list[str] = field(default_factory=list)
    """The ids of requests whose ledgers cannot be verified for want of their key."""
    unreadable: list[Unreadable] = field(default_factory=list)
    different: list[tuple[str, str]] = field(default_factory=list)
    """What was left alone, and why; requests by their ids."""
    faulty: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    """The ids of requests whose ledgers do not verify in the database, and why."""

    @property
    def complete(self) -> bool:
        """True when everything was moved or was there, and no ledger has a fault."""
        return not (self.unreadable or self.different or self.faulty)


def move(source: Source, target: Database, keys: LedgerKeys = UNKEYED, *, verify: bool = True) -> Summary:
    """Copy everything, and verify the ledgers with `keys`.

    Raises `ApprovalError` when the database fails; run again, it goes on where it stopped.
    """
    summary = Summary()
    for policy in _readable(source.policies(), summary):
        _count(summary, summary.policies, target.put_policy(policy), f"policy {policy.digest}")
    newer, there = _move_requests(source, target, summary)
    for left in source.tombstones():
        _count(summary, summary.tombstones, target.put_tombstone(left), f"what is left of {left.request_id}")
    for letter in _readable(source.dead_letters(), summary):
        summary.dead_letters[target.put_letter(letter, newer=letter.request_id in newer)] += 1
    for notice in _readable(source.notices(), summary):
        summary.notices[target.put_notice(notice)] += 1
    for spent in _readable(source.spends(), summary):
        summary.spends[target.put_spent(spent)] += 1
    for trace in _readable(source.traces(), summary):
        summary.traces[target.put_trace(trace)] += 1
    for kept in _readable(source.budgets(), summary):
        summary.budgets.update(put_budgets(target, kept))
    for claim in _readable(source.claims(), summary):
        name = f"the idempotency key {claim.key_digest} of {claim.request_id}"
        _count(summary, summary.claims, target.put_claim(claim), name)
    summary.unreadable.extend(source.others())
    if verify:
        _verify(target, there, keys, summary)
    return summary


def _readable[T](found: Iterator[T | Unreadable], summary: Summary) -> Iterator[T]:
    """What can be read; the rest goes into the summary."""
    for one in found:
        if isinstance(one, Unreadable):
            summary.unreadable.append(one)
        else:
            yield one


def _count(summary: Summary, counter: Counter[Outcome], outcome: Outcome, name: str) -> None:
    counter[outcome] += 1
    if outcome is Outcome.DIFFERENT:
        summary.different.append((name, "the database has something else there"))


def _move_requests(source: Source, target: Database, summary: Summary) -> tuple[set[str], list[str]]:
    """The ids of requests that are newer in the database, and of all that are there."""
    newer: set[str] = set()
    there: list[str] = []
    for kept in _readable(source.requests(), summary):
        request_id = kept.record.request_id
        try:
            put = target.put(kept)
        except UnreadableError as error:
            put = Put(Outcome.DIFFERENT, why=error.message)
        except ApprovalError as error:
            if error.code is not ErrorCode.BAD_PARAMETER:
                raise
            summary.unreadable.append(Unreadable(request_id, error.message))
            continue
        summary.requests[put.outcome] += 1
        summary.refusals += put.refusals
        if put.outcome is Outcome.DIFFERENT:
            summary.different.append((request_id, put.why))
            continue
        if not put.gone:
            there.append(request_id)
        if put.outcome is Outcome.NEWER:
            newer.add(request_id)
    return newer, there


def _verify(target: Database, request_ids: Sequence[str], keys: LedgerKeys, summary: Summary) -> None:
    for request_id in request_ids:
        try:
            verdict = target.verdict(request_id, keys)
        except UnreadableError as error:
            summary.faulty.append((request_id, [error.message]))
            continue
        if verdict.faults:
            summary.faulty.append((request_id, verdict.faults))
        elif verdict.missing_keys:
            summary.without_key.append(request_id)
        else:
            summary.verified += 1
