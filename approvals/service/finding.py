# SPDX-License-Identifier: Apache-2.0
"""Finds records and, when asked, recomputes their ledgers."""

from collections.abc import Sequence
from dataclasses import replace

from approvals.clock import Clock
from approvals.domain.ledger import record_faults
from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError, ErrorCode
from approvals.service.answers import FindOrder, FindResult, Found
from approvals.service.policies import readable_policy
from approvals.store.protocol import ApprovalStore, Query


class Finding:
    """The use case behind `find_approvals`."""

    def __init__(self, store: ApprovalStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, order: FindOrder) -> FindResult:
        """The record with the asked id as a page of one, or a page of those that match, newest first.

        Raises `bad_parameter` for a cursor that is not ours.
        """
        if order.request_id:
            seen = self._seen(self._one(order.request_id), verify=order.verify_ledger)
            return FindResult([self._whole(one) for one in seen], "")
        overdue_at = self._clock.now() if order.overdue else None
        query = Query(order.state, order.level, order.requester, overdue_at)
        page = self._store.search(query, order.cursor, order.limit)
        return FindResult(self._seen(page.records, verify=order.verify_ledger), page.next_cursor)

    def _one(self, request_id: str) -> Sequence[ApprovalRecord]:
        try:
            return (self._store.load(request_id),)
        except ApprovalError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return ()

    def _whole(self, one: Found) -> Found:
        """The same with what only a search for one request looks up."""
        refusals = self._store.refusals(one.record.request_id)
        return replace(one, refusals=refusals, policy=readable_policy(one.record))

    def _seen(self, records: Sequence[ApprovalRecord], *, verify: bool) -> Sequence[Found]:
        now = self._clock.now()
        return [
            Found(
                record=record,
                overdue=record.deadline_at is not None and record.deadline_at <= now,
                faults=record_faults(record) if verify else None,
            )
            for record in records
        ]
