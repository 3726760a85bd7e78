# SPDX-License-Identifier: Apache-2.0
"""How much of Dify's storage a workspace uses, and whether it is full.

The platform tells neither, so that the bytes are counted here as it counts them: what each write adds to a key. The
count is kept under `meta/usage`, a write for every hundred requests; after a crash it may be that much too low.
"""

import json
from collections.abc import Mapping
from threading import Lock
from typing import Final

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.dify.storage import KeyValue
from approvals.store.protocol import Usage
from approvals.store.ttl_cache import Recent
from approvals.telemetry import get_logger

_log = get_logger(__name__)

USAGE_KEY: Final = "meta/usage"
GRANTED_BYTES: Final = 104_857_600
"""What manifest.yaml asks for, and what the plugin daemon grants unless PERSISTENCE_STORAGE_MAX_SIZE says otherwise."""
FULL_SECONDS: Final = 60.0
"""After the platform refused a write for want of room, new requests are not even tried for so long."""
_DIGITS: Final = 16
_KEPT_EVERY_BYTES: Final = 262_144
_KEPT_EVERY_SECONDS: Final = 300.0
_SIZES: Final = 20_000
_SIZES_SECONDS: Final = 7_200.0
_WARN_EVERY_SECONDS: Final = 3_600.0


def granted_in(environment: Mapping[str, str]) -> int:
    """What the platform grants: the plugin daemon hands its own environment on to a plugin that it runs itself."""
    stated = environment.get("PERSISTENCE_STORAGE_MAX_SIZE", "").strip()
    lower = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < _DIGITS else 0
    return min(lower, GRANTED_BYTES) if lower > 0 else GRANTED_BYTES


class StorageUsage:
    """The bytes of one workspace, and when the platform last said that there is no room."""

    def __init__(self, clock: Clock, granted: int = GRANTED_BYTES) -> None:
        self._clock = clock
        self._granted = self._stated = granted
        self._guard = Lock()
        self._sizes: Recent[str, int] = Recent(clock, capacity=_SIZES, seconds=_SIZES_SECONDS)
        self._bytes: int | None = None
        self._uncounted = 0
        """What was added since the count was kept."""
        self._kept_at = float("-inf")
        self._full_until = float("-inf")
        self._warned_at = float("-inf")

    @property
    def full(self) -> bool:
        """True for a while after the platform refused a write for want of room."""
        return self._clock.monotonic() < self._full_until

    def usage(self) -> Usage | None:
        """Bytes used and granted; None until the count was read."""
        if self._bytes is None:
            return None
        return Usage(used=self._bytes, granted=self._granted, full=self.full)

    def size_of(self, key: str) -> int | None:
        """How long the value under a key is; None when this process has not seen it lately."""
        return self._sizes.get(key)

    def saw(self, key: str, size: int) -> None:
        """A value of this length is stored."""
        self._sizes.put(key, size)

    def wrote(self, key: str, size: int) -> None:
        """A value of this length was stored in place of what was there; 0 for a removed one."""
        with self._guard:
            added = size - (self._sizes.get(key) or 0)
            self._sizes.put(key, size)
            self._uncounted += added
            if self._bytes is not None:
                self._bytes = max(0, self._bytes + added)
                if self._bytes > self._granted:  # it was raised since it was found to be this low
                    self._granted = self._stated
        self._warn()

    def was_full(self, key: str, size: int) -> None:
        """The platform refused to count this value; it has overwritten the old one all the same."""
        self._sizes.put(key, size)
        self._full_until = self._clock.monotonic() + FULL_SECONDS
        if self._bytes is not None and self._bytes < self._granted:
            _log.warning("storage_full", counted=self._bytes, expected_room=self._granted)
            self._granted = max(self._bytes, 1)
        self._warn()

    def room_was_made(self) -> None:
        """New requests may be tried again at once."""
        self._full_until = float("-inf")

    def read(self, counted: int) -> None:
        """What was counted before this process began."""
        with self._guard:
            if self._bytes is None:
                self._bytes = max(0, counted + self._uncounted)

    @property
    def must_be_kept(self) -> bool:
        """True when enough has been added, or some of it long ago."""
        late = self._clock.monotonic() - self._kept_at >= _KEPT_EVERY_SECONDS
        return abs(self._uncounted) >= _KEPT_EVERY_BYTES or (late and self._uncounted != 0)

    def take_uncounted(self) -> int:
        """What was added since the last time, which the caller now keeps."""
        with self._guard:
            added, self._uncounted = self._uncounted, 0
            self._kept_at = self._clock.monotonic()
            return added

    def _warn(self) -> None:
        usage, now = self.usage(), self._clock.monotonic()
        if usage is not None and usage.nearly_full and now - self._warned_at >= _WARN_EVERY_SECONDS:
            self._warned_at = now
            _log.warning("storage_nearly_full", used_bytes=usage.used, granted_bytes=usage.granted)


class MeteredStorage:
    """A `KeyValue` that counts what it writes."""

    def __init__(self, storage: KeyValue, usage: StorageUsage) -> None:
        self._storage = storage
        self._usage = usage

    def get(self, key: str) -> bytes | None:
        value = self._storage.get(key)
        if value is not None and self._usage.size_of(key) is None:
            self._usage.saw(key, len(value))
        return value

    def set(self, key: str, value: bytes) -> None:
        if self._usage.usage() is None:
            self._usage.read(self._counted())
        try:
            self._storage.set(key, value)
        except ApprovalError as error:
            if error.code is ErrorCode.STORE_FULL:
                self._usage.was_full(key, len(value))
            raise
        self._usage.wrote(key, len(value))
        if self._usage.must_be_kept:
            self._keep()

    def delete(self, key: str) -> None:
        self._storage.delete(key)
        self._usage.wrote(key, 0)

    def exists(self, key: str) -> bool:
        return self._storage.exists(key)

    def _keep(self) -> None:
        """Adds to the count that is kept, which another process may have written meanwhile."""
        added = self._usage.take_uncounted()
        try:
            self._storage.set(USAGE_KEY, b"%d" % max(0, self._counted() + added))
        except ApprovalError as error:  # it is an estimate; the write that it belongs to has gone well
            _log.warning("usage_not_kept", error=error.message)

    def _counted(self) -> int:
        raw = self._storage.get(USAGE_KEY) or b"0"
        try:
            return int(json.loads(raw))
        except (ValueError, TypeError, RecursionError):
            _log.warning("usage_unreadable", consequence="the count begins anew")
            return 0
