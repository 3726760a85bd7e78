# SPDX-License-Identifier: Apache-2.0
"""Policies in Dify's storage: each once, under its digest."""

from collections.abc import Mapping
from typing import Any

from approvals.store.compression import compressed, decompressed
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.faults import store_full
from approvals.store.record_codec import decode_policy, encode_policy


class DifyPolicies:
    """The policies of one workspace, through one call's storage. A policy never changes: none is written twice."""

    def __init__(self, storage: KeyValue, state: WorkspaceState) -> None:
        self._storage = storage
        self._state = state

    def put(self, digest: str, document: Mapping[str, Any]) -> None:
        """Keeps a policy: nothing where this process knows that it is there, else a look and at most one write."""
        if self._state.policies.get(digest):
            return
        key = policy_key(digest)
        if not self._storage.exists(key):
            if self._state.usage.full:
                raise store_full()
            self._storage.set(key, compressed(encode_policy(document)))
        self._state.policies.put(digest, value=True)

    def find(self, digest: str) -> Mapping[str, Any] | None:
        """The policy under a digest; None when there is none. Raises `UnreadableError` for what was damaged."""
        raw = self._storage.get(policy_key(digest))
        if raw is None:
            return None
        return decode_policy(decompressed(raw, f"policy {digest}"), digest)


def policy_key(digest: str) -> str:
    """Where a policy is stored."""
    return f"pol/{digest}"
