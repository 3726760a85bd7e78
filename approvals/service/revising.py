# SPDX-License-Identifier: Apache-2.0
"""Keeps new content of a returned request beside the old, and what the model says of it. No revision is lost unseen."""

from typing import NamedTuple

from approvals.clock import Clock
from approvals.domain.records import Analysis, ApprovalRecord, ApprovalRequest
from approvals.domain.revisions import revised, upcoming, with_revision, with_revision_analysis
from approvals.domain.terms import State
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.service.answers import AnalyzeOrder
from approvals.service.policies import Policies
from approvals.store.protocol import ApprovalStore

_SAVE_TRIES = 5


class KeptAnalysis(NamedTuple):
    """The record as its next content would have it, and the analysis that is kept of that."""

    record: ApprovalRecord
    analysis: Analysis
    replayed: bool


class Revising:
    """The part of `analyze_approval` that is about `revision_of`."""

    def __init__(self, store: ApprovalStore, clock: Clock) -> None:
        self._store = store
        self._policies = Policies(store)
        self._clock = clock

    def open(self, order: AnalyzeOrder) -> ApprovalRecord:
        """The record as the ordered content would have it, which is stored now unless it was before.

        Raises `not_found`, `bad_parameter`, `idempotency_mismatch`, `invalid_transition` unless the request is with
        its requester, and `version_conflict` while other content is being analysed.
        """
        self._claim(order)
        for _ in range(_SAVE_TRIES):
            record = self._store.load(order.revision_of)
            request = revised(record, order.request, self._policies.of(record).policy)
            _require_own_key(record, request, order.idempotency_key)
            if request.content_digest == record.request.content_digest:
                return record  # nothing new, or it was taken over before this call was repeated
            waiting = record.next_revision if record.state is State.RETURNED else None
            if waiting is not None and waiting.request.content_digest == request.content_digest:
                return upcoming(record)
            after = with_revision(record, request, self._clock.now(), order.idempotency_key)
            if self._saved(after, record.version):
                return upcoming(after)
        raise _busy(order.revision_of)

    def keep(self, record: ApprovalRecord, analysis: Analysis) -> KeptAnalysis:
        """Write the analysis of a next content, unless somebody else wrote one first or the request came back.

        Raises `version_conflict` where other content took its place, or the request is closed.
        """
        wanted = record.request.content_digest
        for _ in range(_SAVE_TRIES):
            stored = self._store.load(record.request_id)
            if stored.request.content_digest == wanted:  # resubmitted without us
                return KeptAnalysis(stored, analysis, replayed=False)
            waiting = stored.next_revision if stored.state is State.RETURNED else None
            if waiting is None or waiting.request.content_digest != wanted:
                raise ApprovalError(
                    ErrorCode.VERSION_CONFLICT,
                    f"while this revision of request {record.request_id!r} was analysed, "
                    + ("another one took its place" if waiting else f"the request became '{stored.state}'")
                    + "; look at the request and decide again",
                )
            if waiting.analysis is not None and waiting.analysis.usable:
                return KeptAnalysis(upcoming(stored), waiting.analysis, replayed=True)
            after = with_revision_analysis(stored, analysis, self._clock.now())
            if self._saved(after, stored.version):
                return KeptAnalysis(upcoming(after), analysis, replayed=False)
        raise _busy(record.request_id)

    def _saved(self, after: ApprovalRecord, expected_version: int) -> bool:
        """False where another write was first."""
        try:
            self._store.save(after, expected_version)
        except ApprovalError as error:
            if error.code is not ErrorCode.VERSION_CONFLICT:
                raise
            return False
        return True

    def _claim(self, order: AnalyzeOrder) -> None:
        """Raises `idempotency_mismatch` where the key belongs to another request."""
        key = order.idempotency_key
        holder = self._store.claim(key, order.revision_of) if key else order.revision_of
        if holder != order.revision_of:
            raise key_reused(key, holder)


def _require_own_key(record: ApprovalRecord, request: ApprovalRequest, key: str) -> None:
    """Raises `idempotency_mismatch` where the key stands for other content of this request."""
    if not key:
        return
    revisions = [*record.past_revisions, *([record.next_revision] if record.next_revision else [])]
    known = {one.idempotency_key: one.request for one in revisions}
    known[record.revision_key] = record.request
    known[record.idempotency_key] = (
        record.past_revisions[0].request if record.past_revisions else record.request
    )
    if key in known and known[key].content_digest != request.content_digest:
        raise key_reused(key, record.request_id)


def key_reused(key: str, holder: str) -> ApprovalError:
    """The error of an idempotency key that stands for other content."""
    return ApprovalError(
        ErrorCode.IDEMPOTENCY_MISMATCH,
        f"idempotency_key {shown(key)} was used for request {holder!r} with other content; use a new key",
    )


def _busy(request_id: str) -> ApprovalError:
    return ApprovalError(
        ErrorCode.STORE_UNAVAILABLE,
        f"request {request_id!r} kept changing while its revision was written; try again",
    )
