# SPDX-License-Identifier: Apache-2.0
"""A workspace's plugin storage, in memory, with the platform's rules and the faults that tests need.

The rules and the messages are those of the plugin daemon (0.5.7 and later): a key is bytes up to 256 long, without
`..`, `//` or a backslash; reading a missing key and deleting one are errors; a write over the quota is reported as an
error, has overwritten the old value all the same, and is not counted.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import RLock
from typing import Any

KEY_LIMIT = 256
"""Bytes in a key."""

QUOTA = 100 * 1024 * 1024
"""Bytes per workspace and plugin: the daemon's default PERSISTENCE_STORAGE_MAX_SIZE."""

HISTORY_KEPT = 100
"""Values remembered per key."""

_LOAD_FAILED = "load data failed, please check if the key is correct or you have not set it"
_CLIMBS = "invalid key: path traversal attempt detected"

StaleRead = Callable[[str, Sequence[bytes | None]], bytes | None]


class StorageOperation(StrEnum):
    """What a plugin can ask of its storage."""

    GET = "get"
    SET = "set"
    DELETE = "del"
    EXIST = "exist"


class Cut(StrEnum):
    """When the plugin process dies, seen from the operation it asked for."""

    BEFORE = "before"
    """The operation is not done."""
    AFTER = "after"
    """The operation is done, the plugin never hears of it."""


@dataclass(frozen=True, slots=True)
class StorageRequest:
    """One operation as the plugin asked for it. `number` counts from 1 over the storage's life."""

    number: int
    operation: StorageOperation
    key: str
    value: bytes


class StorageRefusedError(Exception):
    """The platform answers this operation with an error; the text is what the plugin sees."""


class StorageCutError(Exception):
    """The plugin process has to die now, without an answer."""


class HostStorage:
    """Keys and values of one workspace. Outlives plugin processes; safe to use from several threads.

    `on_operation` is called before each operation and may raise `StorageRefusedError` to refuse it.
    """

    def __init__(
        self,
        values: Mapping[str, bytes] | None = None,
        *,
        quota: int = QUOTA,
        on_operation: Callable[[StorageRequest], None] | None = None,
    ) -> None:
        self.counters: Counter[StorageOperation] = Counter()
        self.quota = quota
        self.on_operation = on_operation
        self._values: dict[str, bytes] = {}
        self._history: dict[str, deque[bytes | None]] = {}
        self._size = 0
        self._lock = RLock()
        self._stale_read: StaleRead | None = None
        self._fails_from: int | None = None
        self._failure = ""
        self._cut_at: int | None = None
        self._cut = Cut.BEFORE
        for key, value in (values or {}).items():
            self._write(key, value)

    def __repr__(self) -> str:
        return f"<HostStorage {len(self._values)} keys, {self.operations} operations>"

    @property
    def counted(self) -> int:
        """The bytes that count against the quota."""
        return self._size

    @property
    def operations(self) -> int:
        """How many operations plugins have asked for."""
        return self.counters.total()

    # Faults. `k` counts from 1, beginning with the next operation.

    def fail_after(self, k: int, message: str = "save data failed: storage is not available") -> None:
        """From the k-th operation on, every operation is answered with an error, until `heal`."""
        self._fails_from, self._failure = self.operations + k, message

    def cut_after(self, k: int, cut: Cut = Cut.AFTER) -> None:
        """Kill the plugin process at the k-th operation, once."""
        self._cut_at, self._cut = self.operations + k, cut

    def stale_reads(self, choose: StaleRead | None) -> None:
        """Let `choose(key, history)` say what a read returns: any value of the history, oldest first.

        None in the history is a time without the key; returning None is a missing key. The platform may
        read from a cache that is five minutes old. `exist` is not affected.
        """
        self._stale_read = choose

    def heal(self) -> None:
        """Take every fault away."""
        self._fails_from = self._cut_at = self._stale_read = None

    # What a test may look at or prepare, without counting as an operation.

    def snapshot(self) -> dict[str, bytes]:
        """All keys and values now; `HostStorage(snapshot)` is a copy."""
        with self._lock:
            return dict(self._values)

    def history(self, key: str) -> list[bytes | None]:
        """The key's last values, oldest first, None for a time without it. At most `HISTORY_KEPT`."""
        with self._lock:
            return list(self._history.get(key, []))

    def put(self, key: str, value: bytes | None) -> None:
        """Set a key, or remove it with None, as if another process had done it."""
        with self._lock:
            self._write(key, value)

    # What the plugin asks for.

    def answer(self, request: Mapping[str, Any], declared_quota: int | None = None) -> dict[str, Any]:
        """Do one operation and return the platform's answer.

        `request` is the plugin's `{opt, key, value}`, the value in hex. `declared_quota` is the size in the
        plugin's manifest. Raises `StorageRefusedError` and `StorageCutError`.
        """
        with self._lock:
            asked = self._read(request)
            if self._cut_at == asked.number and self._cut is Cut.BEFORE:
                raise StorageCutError(f"before {asked.operation} of {asked.key}")
            answer = self._do(asked, min(self.quota, declared_quota or self.quota))
            if self._cut_at == asked.number:
                raise StorageCutError(f"after {asked.operation} of {asked.key}")
            return answer

    def _read(self, request: Mapping[str, Any]) -> StorageRequest:
        try:
            operation = StorageOperation(request["opt"])
            key, value = str(request["key"]), bytes.fromhex(request.get("value") or "")
        except (KeyError, ValueError) as error:
            raise StorageRefusedError(f"unmarshal backwards invoke request failed: {error}") from None
        self.counters[operation] += 1
        asked = StorageRequest(self.operations, operation, key, value)
        if self.on_operation:
            self.on_operation(asked)
        return asked

    def _do(self, asked: StorageRequest, quota: int) -> dict[str, Any]:
        if self._fails_from is not None and asked.number >= self._fails_from:
            raise StorageRefusedError(self._failure)
        match asked.operation:
            case StorageOperation.GET:
                return {"data": self._get(asked.key).hex()}
            case StorageOperation.SET:
                self._set(asked.key, asked.value, quota)
                return {"data": "ok"}
            case StorageOperation.DELETE:
                self._delete(asked.key)
                return {"data": "ok", "deleted_num": 1}
            case StorageOperation.EXIST:
                return self._exist(asked.key)

    def _get(self, key: str) -> bytes:
        value = None if _climbs(key) else self._values.get(key)
        if self._stale_read:
            value = self._stale_read(key, self.history(key))
        if value is None:
            raise StorageRefusedError(_LOAD_FAILED)
        return value

    def _set(self, key: str, value: bytes, quota: int) -> None:
        if _climbs(key):
            raise StorageRefusedError(f"save data failed: {_CLIMBS}")
        if len(key.encode()) > KEY_LIMIT:
            raise StorageRefusedError("save data failed: key length must be less than 256 characters")
        counted = self._size
        self._write(key, value)
        if self._size > quota:
            self._size = counted
            raise StorageRefusedError("save data failed: allocated size is greater than max storage size")

    def _delete(self, key: str) -> None:
        if _climbs(key):
            raise StorageRefusedError(f"delete data failed: {_CLIMBS}")
        if key not in self._values:
            raise StorageRefusedError("delete data failed: key not found")
        self._write(key, None)

    def _exist(self, key: str) -> dict[str, Any]:
        if _climbs(key):
            raise StorageRefusedError(f"exist data failed: {_CLIMBS}")
        found = key in self._values
        return {"data": found, "exist_num": int(found)}

    def _write(self, key: str, value: bytes | None) -> None:
        before = self._values.pop(key, b"")
        self._size += len(value or b"") - len(before)
        if value is not None:
            self._values[key] = value
        if key not in self._history:
            self._history[key] = deque([None], maxlen=HISTORY_KEPT)
        self._history[key].append(value)


def _climbs(key: str) -> bool:
    return any(part in key for part in ("..", "//", "\\"))
