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
from approvals.service.policies import Policies
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
        self._policies = Policies(store)

    def find(self, order: FindOrder) -> FindResult:
        """The records with the asked ids, in that order, or a page of those that match, newest first.

        Raises `not_found` when one id was asked for and stands for nothing, `bad_parameter` for a cursor that is not
        ours.
        """
        if order.request_ids:
            return self._by_id(order)
        page, approver = self._page(order)
        found = self._seen(page.records, verify=order.verify_ledger)
        return FindResult(found, page.next_cursor, unreadable=page.unreadable, approver=approver)

    def _page(self, order: FindOrder) -> tuple[Page, str]:
        """The records that match, and the name of the approver whom the order asks about.

        Those that wait for one person are looked for on a few pages, then it is enough: such a page may hold fewer
        than asked for, and still have one after it.
        """
        overdue_at = self._clock.now() if order.overdue else None
        query = Query(order.state, order.closed, order.level, order.requester, overdue_at)
        if not order.approver:
            return self._store.search(query, order.cursor, order.limit), ""
        cursor, unreadable, names = order.cursor, list[str](), list[str]()
        for _ in range(_PAGES_LOOKED_THROUGH):
            page = self._store.search(query, cursor, order.limit)
            unreadable += page.unreadable
            cursor = page.next_cursor
            names += [self._name_in(record, order.approver) for record in page.records]
            found = [record for record in page.records if self._waits_for(record, order.approver)]
            if found or not cursor:
                break
        known = next(filter(None, names), order.approver if found or not names else "")
        return Page(found, cursor, unreadable), known

    def _name_in(self, record: ApprovalRecord, approver: str) -> str:
        """The approver as this request's policy names them; "" where it does not list them."""
        policy = self._policies.readable(record)
        if policy is None or not policy.people:
            return approver
        person = policy.directory.find(approver)
        return person.name if person else ""

    def _by_id(self, order: FindOrder) -> FindResult:
        request_ids, verify = order.request_ids, order.verify_ledger
        if len(request_ids) == 1:
            record = self._store.load(request_ids[0])
            ((whole, _),) = self._policies.whole([record], afresh=verify)
            (one,) = self._seen([whole], verify=verify)
            refusals = self._store.refusals(record.request_id)
            may = self._permission(record, order.approver) if order.approver else None
            return FindResult([replace(one, refusals=refusals, permission=may)])
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
        found = self._seen(records, verify=verify)
        return FindResult(found, missing=missing, unreadable=unreadable)

    def _permission(self, record: ApprovalRecord, approver: str) -> Permission:
        try:
            policy = self._policies.of(record)
        except ApprovalError as error:  # changed by hand: nobody may decide under it
            if error.code is not ErrorCode.BAD_POLICY:
                raise
            return Permission(approver, None, (), error.message)
        return permission(record, policy, approver, self._clock.now())

    def _waits_for(self, record: ApprovalRecord, approver: str) -> bool:
        """True when this person may decide on a request now."""
        try:
            return may_decide(record, self._policies.of(record), approver, self._clock.now())
        except ApprovalError as error:
            if error.code is not ErrorCode.BAD_POLICY:
                raise
            return False

    def _seen(self, records: Sequence[ApprovalRecord], *, verify: bool) -> Sequence[Found]:
        now = self._clock.now()
        verified = self._verified(records) if verify else [None] * len(records)
        return [
            Found(
                record=record,
                overdue=record.deadline_at is not None and record.deadline_at <= now,
                verified=found,
                policy=self._policies.readable(record),
                at=now,
            )
            for record, found in zip(records, verified, strict=True)
        ]

    def _verified(self, records: Sequence[ApprovalRecord]) -> Sequence[Verified | None]:
        """What recomputing each ledger shows, and where the store keeps something else beside the record.

        A policy that is missing is a fault of every record that names it.
        """
        return [
            Verified(
                [
                    *record_faults(whole, self._keys),
                    *([missing] if missing else []),
                    *self._store.stored_faults(whole.request_id),
                ],
                missing_keys(whole.ledger, self._keys),
                keyed=bool(whole.history and whole.history[-1].entry.key_id),
            )
            for whole, missing in self._policies.whole(records, afresh=True)
        ]
