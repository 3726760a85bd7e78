# SPDX-License-Identifier: Apache-2.0
"""Dead letters in Dify's storage."""

import hashlib

from approvals.store.dify.entry_resolver import Look
from approvals.store.dify.index import Buckets
from approvals.store.dify.index_keys import place_of
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.envelope import read_stored
from approvals.store.protocol import DeadLetter

_NONE = b""


class DifyLetters:
    """The dead letters of one workspace, through one call's storage. What this process wrote lately stands."""

    def __init__(self, storage: KeyValue, state: WorkspaceState, buckets: Buckets) -> None:
        self._storage = storage
        self._state = state
        self._buckets = buckets

    def bury(self, letter: DeadLetter) -> None:
        """Keeps a letter: its listing first, as for a record."""
        raw = letter.model_dump_json().encode()
        with self._state.locks.hold(_lock(letter.request_id)), self._state.writing(_lock(letter.request_id)):
            self._buckets.add(place_of(letter), letter.request_id)
            self._storage.set(letter_key(letter.request_id), raw)
            self._state.letters.put(letter.request_id, raw)

    def unbury(self, request_id: str) -> None:
        """Removes a letter. Its listing goes with the next walk."""
        with self._state.locks.hold(_lock(request_id)), self._state.writing(_lock(request_id)):
            self._storage.delete(letter_key(request_id))
            self._state.letters.put(request_id, _NONE)

    def find(self, request_id: str) -> DeadLetter | None:
        """A request's letter; None when there is none."""
        raw = self._state.letters.get(request_id)
        if raw is None or self._state.in_doubt(_lock(request_id)):
            raw = self._storage.get(letter_key(request_id))
        return read_stored(DeadLetter, raw, f"the dead letter of {request_id!r}") if raw else None

    def look(self) -> Look[DeadLetter]:
        """What follows hints to letters."""
        return Look(
            find=self.find,
            places=lambda letter: [place_of(letter)],
            in_doubt=lambda request_id: self._state.in_doubt(_lock(request_id)),
            moved_lately=lambda _: False,
        )


def letter_key(request_id: str) -> str:
    """Where the dead letter of a request is stored."""
    return f"dlq/{hashlib.sha256(request_id.encode()).hexdigest()}"


def _lock(request_id: str) -> str:
    return f"dead letter of {request_id}"
