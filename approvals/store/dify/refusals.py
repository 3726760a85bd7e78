# SPDX-License-Identifier: Apache-2.0
"""Refused decisions in Dify's storage: one value for each request that has any."""

import hashlib
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from approvals.domain.records import Refusal
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.envelope import UnreadableError, read_stored
from approvals.store.protocol import REFUSALS_KEPT
from approvals.telemetry import get_logger

_log = get_logger(__name__)


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    refusals: tuple[Refusal, ...]


class DifyRefusals:
    """The refusals of one workspace, through one call's storage. What this process wrote lately stands."""

    def __init__(self, storage: KeyValue, state: WorkspaceState) -> None:
        self._storage = storage
        self._state = state

    def note(self, request_id: str, refusal: Refusal) -> None:
        """Adds a refusal and drops what is older than the last `REFUSALS_KEPT`."""
        lock = _lock(request_id)
        with self._state.locks.hold(lock), self._state.writing(lock):
            raw = self._raw(request_id)
            kept = (*self._read(request_id, raw), refusal)[-REFUSALS_KEPT:]
            raw = _Kept(refusals=kept).model_dump_json().encode()
            self._storage.set(refusals_key(request_id), raw)
            self._state.refusals.put(request_id, raw)

    def of(self, request_id: str) -> Sequence[Refusal]:
        """A request's refusals, oldest first. Raises `UnreadableError` for what was damaged."""
        raw = self._raw(request_id)
        return read_stored(_Kept, raw, f"the refusals of {request_id!r}").refusals if raw else ()

    def _read(self, request_id: str, raw: bytes | None) -> Sequence[Refusal]:
        """What is kept; a damaged value gives way to the new refusal, so that it stops no decision."""
        if not raw:
            return ()
        try:
            return read_stored(_Kept, raw, f"the refusals of {request_id!r}").refusals
        except UnreadableError as error:
            if not error.damaged:
                raise
            _log.error("refusals_unreadable", request_id=request_id, error=error.message)
            return ()

    def _raw(self, request_id: str) -> bytes | None:
        known = self._state.refusals.get(request_id)
        if known is not None:
            return known
        return self._storage.get(refusals_key(request_id))


def refusals_key(request_id: str) -> str:
    """Where the refusals of a request are stored."""
    return f"ref/{hashlib.sha256(request_id.encode()).hexdigest()}"


def _lock(request_id: str) -> str:
    return f"refusals of {request_id}"
