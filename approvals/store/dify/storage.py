# SPDX-License-Identifier: Apache-2.0
"""Dify's storage for plugins, as a plain key-value store whose failures say what to do.

The platform answers a read of a missing key and a read that failed with the same exception, so that a
failed read is always followed by the question whether the key exists.
"""

from typing import Protocol

from approvals.errors import ApprovalError, shown
from approvals.store.faults import store_full, unavailable

_FULL = "allocated size is greater"
_REMEDY = "try again in a moment; if it stays so, look at the log of Dify's plugin daemon"


class KeyValue(Protocol):
    """One workspace's storage. Keys hold at most 256 characters. Each call is a round trip.

    A read may answer with a value that is minutes old. Every method raises `store_unavailable`, and `set` raises
    `store_full`: the value has then been overwritten all the same.
    """

    def get(self, key: str) -> bytes | None:
        """The value, or None when there is none."""
        ...

    def set(self, key: str, value: bytes) -> None:
        """Keep a value. When it raises, the value may have been kept all the same."""
        ...

    def delete(self, key: str) -> None:
        """Remove a value; nothing happens when there is none."""
        ...

    def exists(self, key: str) -> bool:
        """True when there is a value. Cheaper than a read that finds nothing."""
        ...


class PlatformStorage(Protocol):
    """What the SDK hands a plugin as `session.storage`."""

    def get(self, key: str) -> bytes:
        """The value. Raises a bare Exception when there is none, and when anything fails."""
        ...

    def set(self, key: str, val: bytes) -> None:
        """Keep a value."""
        ...

    def delete(self, key: str) -> None:
        """Remove a value. Raises when there is none."""
        ...

    def exist(self, key: str) -> bool:
        """True when there is a value."""
        ...


class DifyStorage:
    """`session.storage` as a `KeyValue`. Belongs to one call, and so to one workspace."""

    def __init__(self, platform: PlatformStorage) -> None:
        self._platform = platform

    def get(self, key: str) -> bytes | None:
        try:
            return self._platform.get(key)
        except Exception:  # noqa: BLE001 - the platform raises nothing narrower
            return self._get_if_there(key)

    def set(self, key: str, value: bytes) -> None:
        try:
            self._platform.set(key, value)
        except Exception as error:  # noqa: BLE001
            raise _failed("write", key, error) from None

    def delete(self, key: str) -> None:
        try:
            self._platform.delete(key)
        except Exception as error:  # noqa: BLE001
            if self.exists(key):
                raise _failed("delete", key, error) from None

    def exists(self, key: str) -> bool:
        try:
            return bool(self._platform.exist(key))
        except Exception as error:  # noqa: BLE001
            raise _failed("look for", key, error) from None

    def _get_if_there(self, key: str) -> bytes | None:
        if not self.exists(key):
            return None
        try:
            return self._platform.get(key)
        except Exception as error:  # noqa: BLE001
            raise _failed("read", key, error) from None


def _failed(doing: str, key: str, error: Exception) -> ApprovalError:
    why = str(error)
    if _FULL in why:
        return store_full()
    return unavailable(f"{doing} {key} in Dify's storage", shown(why, 200), _REMEDY)
