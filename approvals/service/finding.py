# SPDX-License-Identifier: Apache-2.0
"""Finds records and, when asked, recomputes their ledgers."""

from collections.abc import Sequence
from dataclasses import replace

from approvals.clock import Clock
from approvals.domain.ledger import missing_keys, record_faults
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys
from approvals.domain.permissions import Permission, may_decide, permission
from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError, ErrorCode
from approvals.service.answers import FindOrder, FindResult, Found, Verified
from approvals.service.policies import policy_of, readable_policy
from approvals.store.envelope import UnreadableError
from approvals.store.protocol import ApprovalStore, Page, Query

_PAGES_LOOKED_THROUGH = 20
"""For requests that wait for one person."""


class Finding:
    """The use case behind `find_approvals`."""

    def __init__(self, store: ApprovalStore, clock: Clock, keys: LedgerKeys = UNKEYED) -> None:
        """`keys` verify the ledgers that were written under one."""
        self._store = store
        self._clock = clock
        self._keys = keys

    def find(self, order: FindOrder) -> FindResult:
        """The records with the asked ids, in that order, or a page of those that match, newest first.

        Raises `not_found` when one id was asked for and stands for nothing, `bad_parameter` for a cursor that is not
        ours.
        """
        if order.request_ids:
            return self._by_id(order)
        page = self._page(order)
        found = self._seen(page.records, verify=order.verify_ledger)
        return FindResult(found, page.next_cursor, unreadable=page.unreadable)

    def _page(self, order: FindOrder) -> Page:
        """The records that match. Those that wait for one person are looked for on a few pages, then it is enough.

        Such a page may hold fewer than asked for, and still have one after it.
        """
        overdue_at = self._clock.now() if order.overdue else None
        query = Query(order.state, order.closed, order.level, order.requester, overdue_at)
        if not order.approver:
            return self._store.search(query, order.cursor, order.limit)
        cursor, unreadable = order.cursor, list[str]()
        for _ in range(_PAGES_LOOKED_THROUGH):
            page = self._store.search(query, cursor, order.limit)
            unreadable += page.unreadable
            cursor = page.next_cursor
            found = [record for record in page.records if _waits_for(record, order.approver)]
            if found or not cursor:
                return Page(found, cursor, unreadable)
        return Page([], cursor, unreadable)

    def _by_id(self, order: FindOrder) -> FindResult:
        request_ids, verify = order.request_ids, order.verify_ledger
        if len(request_ids) == 1:
            (one,) = self._seen([self._store.load(request_ids[0])], verify=verify)
            refusals = self._store.refusals(one.record.request_id)
            may = self._permission(one.record, order.approver) if order.approver else None
            policy = readable_policy(one.record)
            return FindResult([replace(one, refusals=refusals, policy=policy, permission=may)])
        records: list[ApprovalRecord] = []
        missing: list[str] = []
        unreadable: list[str] = []
        for request_id in request_ids:
            try:
                records.append(self._store.load(request_id))
            except UnreadableError:
                unreadable.append(request_id)
            except ApprovalError as error:
                if error.code is not ErrorCode.NOT_FOUND:
                    raise
                missing.append(request_id)
        found = [
            replace(one, policy=readable_policy(one.record)) for one in self._seen(records, verify=verify)
        ]
        return FindResult(found, missing=missing, unreadable=unreadable)

    def _permission(self, record: ApprovalRecord, approver: str) -> Permission:
        try:
            policy = policy_of(record)
        except ApprovalError as error:  # changed by hand: nobody may decide under it
            return Permission(approver, None, (), error.message)
        return permission(record, policy, approver, self._clock.now())

    def _seen(self, records: Sequence[ApprovalRecord], *, verify: bool) -> Sequence[Found]:
        now = self._clock.now()
        return [
            Found(
                record=record,
                overdue=record.deadline_at is not None and record.deadline_at <= now,
                verified=self._verified(record) if verify else None,
            )
            for record in records
        ]

    def _verified(self, record: ApprovalRecord) -> Verified:
        """What recomputing a ledger shows, and where the store keeps something else beside the record."""
        faults = [*record_faults(record, self._keys), *self._store.stored_faults(record.request_id)]
        keyed = bool(record.history and record.history[-1].entry.key_id)
        return Verified(faults, missing_keys(record.ledger, self._keys), keyed=keyed)


def _waits_for(record: ApprovalRecord, approver: str) -> bool:
    """True when this person may decide on a request now."""
    try:
        policy = policy_of(record)
    except ApprovalError:
        return False
    return may_decide(record, policy, approver)
