# SPDX-License-Identifier: Apache-2.0
"""Dify's storage without its round trips."""


class MemoryStorage:
    """Dify's storage in memory, with a count of the round trips."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.reads = self.writes = 0

    def get(self, key: str) -> bytes | None:
        """The value, or None when there is none."""
        self.reads += 1
        return self.values.get(key)

    def set(self, key: str, value: bytes) -> None:
        """Keep a value."""
        self.writes += 1
        self.values[key] = value

    def delete(self, key: str) -> None:
        """Remove a value."""
        self.values.pop(key, None)

    def exists(self, key: str) -> bool:
        """True when there is a value."""
        return key in self.values
