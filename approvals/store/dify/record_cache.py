# SPDX-License-Identifier: Apache-2.0
"""What this process knows of the records it wrote and read, because the platform may answer with older ones."""

from threading import Lock
from typing import NamedTuple

from approvals.clock import Clock
from approvals.domain.records import ApprovalRecord
from approvals.domain.retention import Tombstone
from approvals.store.dify.index_keys import Place
from approvals.store.ttl_cache import REMEMBER_SECONDS, Recent

# A save looks at the storage first unless this process has seen the record as lately as this: so the result of
# an ordinary analysis is one write, and after a slow one, when an impatient caller may have turned to another
# process, the look finds what that one did.
TRUST_SECONDS = 10.0
MAX_VERSIONS = 50_000
MAX_BYTES = 8_000_000


class Seen(NamedTuple):
    """The highest version of a record that this process knows to be stored, and where that version is listed."""

    version: int
    places: frozenset[Place]
    confirmed_at: float


class RecordCache:
    """The last records seen, by request id. What is forgotten here costs a read, or an answer that says to retry."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guard = Lock()
        self._seen: Recent[str, Seen] = Recent(clock, capacity=MAX_VERSIONS, seconds=REMEMBER_SECONDS)
        self._bytes: Recent[str, bytes] = Recent(
            clock, capacity=MAX_BYTES, seconds=REMEMBER_SECONDS, weigh=len
        )

    def saw(self, record: ApprovalRecord | Tombstone, raw: bytes, places: frozenset[Place]) -> None:
        """The storage holds this version, or did a moment ago. An older one than is known changes nothing."""
        request_id = record.request_id
        with self._guard:
            known = self._seen.get(request_id)
            if known is None or known.version <= record.version:
                self._seen.put(request_id, Seen(record.version, places, self._clock.monotonic()))
                self._bytes.put(request_id, raw)

    def back_to(self, request_id: str, seen: Seen, raw: bytes) -> None:
        """What was written over this version is not stored after all."""
        with self._guard:
            self._seen.put(request_id, seen)
            self._bytes.put(request_id, raw)

    def seen(self, request_id: str) -> Seen | None:
        """What is known; None when nothing is."""
        return self._seen.get(request_id)

    def trusted(self, request_id: str, version: int) -> Seen | None:
        """What is known, when it is this version and fresh enough to write on without a look."""
        known = self._seen.get(request_id)
        if known is None or known.version != version:
            return None
        return known if known.confirmed_at + TRUST_SECONDS >= self._clock.monotonic() else None

    def raw(self, request_id: str) -> bytes | None:
        """The bytes of the version that is known; None when there was no room to keep them."""
        return self._bytes.get(request_id)

    def __repr__(self) -> str:
        return f"RecordCache({len(self._seen)} records)"
