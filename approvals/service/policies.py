# SPDX-License-Identifier: Apache-2.0
"""The policy of a stored request: the one it was analysed under, for good."""

from collections.abc import Mapping, Sequence
from typing import Any

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import PolicyDocument, known_policy, stored_policy
from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.envelope import UnreadableError
from approvals.store.protocol import ApprovalStore


class Policies:
    """The policies that a store keeps, each read once per process: a digest never changes its meaning."""

    def __init__(self, store: ApprovalStore) -> None:
        self._store = store

    def keep(self, policy: PolicyDocument) -> None:
        """Store a policy before a record names it. Raises `store_unavailable`."""
        self._store.put_policy(policy.digest, policy.document)

    def of(self, record: ApprovalRecord) -> PolicyDocument:
        """The policy that rules a request.

        Raises `bad_policy` when it is missing, was tampered with, or is no longer valid, and `store_unavailable`.
        """
        if record.policy is not None:
            return stored_policy(record.policy, record.policy_digest)
        known = known_policy(record.policy_digest)
        return known or stored_policy(self._document(record), record.policy_digest)

    def readable(self, record: ApprovalRecord) -> Policy | None:
        """The policy that rules a request; None when it cannot be read, and then it says nothing.

        Raises `store_unavailable`.
        """
        try:
            return self.of(record).policy
        except ApprovalError as error:
            if error.code is not ErrorCode.BAD_POLICY:
                raise
            return None

    def whole(
        self, records: Sequence[ApprovalRecord], *, afresh: bool = False
    ) -> Sequence[tuple[ApprovalRecord, str]]:
        """Each record with its policy in it, so that it stands alone; beside it, why it has none, "" when it has.

        `afresh`: the policy as the store has it now, read once for all records. Raises `store_unavailable`.
        """
        found: dict[str, tuple[Mapping[str, Any] | None, str]] = {}
        whole: list[tuple[ApprovalRecord, str]] = []
        for record in records:
            if record.policy is not None:
                whole.append((record, ""))
                continue
            if record.policy_digest not in found:
                known = None if afresh else known_policy(record.policy_digest)
                found[record.policy_digest] = (known.document, "") if known else self._read(record)
            policy, why = found[record.policy_digest]
            whole.append((record.model_copy(update={"policy": policy}), why))
        return whole

    def _read(self, record: ApprovalRecord) -> tuple[Mapping[str, Any] | None, str]:
        try:
            return self._document(record), ""
        except ApprovalError as error:
            if error.code is not ErrorCode.BAD_POLICY:
                raise
            return None, error.message

    def _document(self, record: ApprovalRecord) -> Mapping[str, Any]:
        try:
            document = self._store.policy(record.policy_digest)
        except UnreadableError as error:
            raise ApprovalError(ErrorCode.BAD_POLICY, error.message) from None
        if document is None:
            raise ApprovalError(
                ErrorCode.BAD_POLICY,
                f"the policy that rules the request, {record.policy_digest}, is not in the store any more: restore it "
                "from a backup",
            )
        return document
