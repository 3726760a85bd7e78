# SPDX-License-Identifier: Apache-2.0
"""Storages in memory: one that behaves, and some that fail as the platform can."""

import random
import time
from collections.abc import Callable

from approvals.clock import Clock


class MemoryStorage:
    """One workspace's storage. `calls` lists what was asked, as `get rec/…`."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.calls: list[str] = []

    def get(self, key: str) -> bytes | None:
        self.asked("get", key)
        return self.values.get(key)

    def set(self, key: str, value: bytes) -> None:
        assert len(key) <= 256
        assert not any(bad in key for bad in ("..", "//", "\\"))
        self.asked("set", key)
        self.values[key] = bytes(value)

    def delete(self, key: str) -> None:
        self.asked("delete", key)
        self.values.pop(key, None)

    def exists(self, key: str) -> bool:
        self.asked("exists", key)
        return key in self.values

    def asked(self, operation: str, key: str) -> None:
        """Called with every operation, before it happens."""
        self.calls.append(f"{operation} {key}")


class YieldingStorage(MemoryStorage):
    """Lets other threads run before and after each operation, as a round trip does."""

    def asked(self, operation: str, key: str) -> None:
        time.sleep(0)

    def exists(self, key: str) -> bool:
        there = super().exists(key)
        time.sleep(0)
        return there

    def set(self, key: str, value: bytes) -> None:
        super().set(key, value)
        time.sleep(0)

    def get(self, key: str) -> bytes | None:
        value = super().get(key)
        time.sleep(0)
        return value


class InterruptedStorage(MemoryStorage):
    """Does something else once, before the first operation that begins so: `interrupt("set rec/", act)`."""

    def __init__(self) -> None:
        super().__init__()
        self._interruptions: dict[str, Callable[[], object]] = {}

    def interrupt(self, operation: str, act: Callable[[], object]) -> None:
        self._interruptions[operation] = act

    def asked(self, operation: str, key: str) -> None:
        for begin in [begin for begin in self._interruptions if f"{operation} {key}".startswith(begin)]:
            self._interruptions.pop(begin)()
        super().asked(operation, key)


class StaleStorage(MemoryStorage):
    """Answers one read in three with any value that the key had in the last five minutes, as the platform may.

    The platform keeps no note of a missing key, so that a read finds something whenever there was something.
    """

    def __init__(self, clock: Clock, seed: int = 7) -> None:
        super().__init__()
        self._clock = clock
        self._past: dict[str, list[tuple[float, bytes]]] = {}
        self._random = random.Random(seed)

    def get(self, key: str) -> bytes | None:
        value = super().get(key)
        since = self._clock.monotonic() - 300
        past = [old for until, old in self._past.get(key, ()) if until >= since]
        return self._random.choice(past) if past and self._random.random() < 1 / 3 else value

    def set(self, key: str, value: bytes) -> None:
        self._remember(key)
        super().set(key, value)

    def delete(self, key: str) -> None:
        self._remember(key)
        super().delete(key)

    def settle(self) -> None:
        """The cache forgets."""
        self._past.clear()

    def _remember(self, key: str) -> None:
        if key in self.values:
            self._past.setdefault(key, []).append((self._clock.monotonic(), self.values[key]))


class Crash(BaseException):
    """The process dies here."""


class CrashingStorage(MemoryStorage):
    """Dies at one operation, before or after it happened, and does nothing ever after."""

    def __init__(self, values: dict[str, bytes], dies_at: int, *, after: bool) -> None:
        super().__init__()
        self.values = values
        self._left = dies_at
        self._after = after

    def set(self, key: str, value: bytes) -> None:
        self._step()
        super().set(key, value)
        self._died()

    def get(self, key: str) -> bytes | None:
        self._step()
        value = super().get(key)
        self._died()
        return value

    def delete(self, key: str) -> None:
        self._step()
        super().delete(key)
        self._died()

    def exists(self, key: str) -> bool:
        self._step()
        there = super().exists(key)
        self._died()
        return there

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0 or (self._left == 0 and not self._after):
            raise Crash

    def _died(self) -> None:
        if self._left == 0:
            raise Crash


class FakePlatform:
    """`session.storage` as the SDK gives it: bare exceptions, the same for a missing key and a failed read."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.broken = ""

    def get(self, key: str) -> bytes:
        if self.broken or key not in self.values:
            raise Exception("load data failed, please check if the key is correct or you have not set it")  # noqa: TRY002
        return self.values[key]

    def set(self, key: str, val: bytes) -> None:
        self._fail("save data failed")
        self.values[key] = val

    def delete(self, key: str) -> None:
        self._fail("delete data failed")
        if key not in self.values:
            raise Exception("delete data failed: no such file")  # noqa: TRY002
        del self.values[key]

    def exist(self, key: str) -> bool:
        self._fail("exist data failed")
        return key in self.values

    def _fail(self, what: str) -> None:
        if self.broken:
            raise Exception(f"{what}: {self.broken}")  # noqa: TRY002
