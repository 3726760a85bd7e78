# SPDX-License-Identifier: Apache-2.0
"""Reads a workspace's plugin storage from files: one for each key, as Dify's plugin daemon keeps it.

The files are listed, and the plugin's own lists are not read: a record that no list names is moved, too.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from approvals.clock import Clock
from approvals.domain.canonical import digest
from approvals.domain.notices import Notice
from approvals.domain.records import Refusal
from approvals.domain.retention import Tombstone
from approvals.domain.traces import Trace
from approvals.errors import ApprovalError
from approvals.store.compression import decompressed
from approvals.store.dify.budget_book import KeptBudgets
from approvals.store.dify.budgets import budgets_in
from approvals.store.dify.records import record_key
from approvals.store.dify.refusals import DifyRefusals
from approvals.store.dify.traces import traces_in
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.envelope import UnreadableError, read_stored
from approvals.store.faults import unavailable
from approvals.store.protocol import DeadLetter
from approvals.store.record_codec import decode_kept, decode_policy
from devkit.move.source import Claim, Kept, KeptPolicy, MoveError, Spent, Unreadable

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LISTS = frozenset({"meta", "idx", "dir"})  # a database needs none of them
_MOVED = frozenset({"pol", "rec", "ref", "dlq", "idem", "out", "spend", "trace", "budget"})


class FolderStorage:
    """A `KeyValue` that reads files and writes none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read: set[str] = set()
        """The keys that were read."""

    def get(self, key: str) -> bytes | None:
        self.read.add(key)
        try:
            return (self.folder / key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MoveError(
                f"{self.folder / key} cannot be read ({error.strerror}); run the command as a user who may"
            ) from None

    def exists(self, key: str) -> bool:
        return (self.folder / key).is_file()

    def set(self, key: str, value: bytes) -> None:
        raise unavailable(f"write {key}", "this copy of Dify's storage is only read")

    def delete(self, key: str) -> None:
        raise unavailable(f"delete {key}", "this copy of Dify's storage is only read")

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys below a prefix, such as `rec`, in their order."""
        try:
            names = sorted(path.name for path in (self.folder / prefix).iterdir())
        except FileNotFoundError:
            return
        except OSError as error:
            raise MoveError(f"{self.folder / prefix} cannot be read ({error.strerror})") from None
        for name in names:
            yield f"{prefix}/{name}"


class PluginStorage:
    """A `Source`: one workspace's plugin storage."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._storage = FolderStorage(folder)
        self._tombstones: list[Tombstone] = []
        self._refusals = DifyRefusals(self._storage, WorkspaceState("move", clock))

    def policies(self) -> Iterator[KeptPolicy | Unreadable]:
        """Every policy; one under the wrong digest is unreadable."""
        for key in self._storage.keys("pol"):
            name = key.partition("/")[2]
            try:
                document = decode_policy(decompressed(self._storage.get(key) or b"", key), name)
            except UnreadableError as error:
                yield Unreadable(key, error.message)
                continue
            if digest(document) == name:
                yield KeptPolicy(name, document)
            else:
                yield Unreadable(key, f"it was changed: its digest is {digest(document)}")

    def requests(self) -> Iterator[Kept | Unreadable]:
        """Every request whose file can be read; a file under the wrong name is unreadable."""
        for key in self._storage.keys("rec"):
            raw = self._storage.get(key) or b""
            try:
                raw = decompressed(raw, "a record")
                record = decode_kept(raw)
            except UnreadableError as error:
                yield Unreadable(_id_in(raw) or key, error.message)
                continue
            if isinstance(record, Tombstone):
                self._tombstones.append(record)
                continue
            if record_key(record.request_id) != key:
                yield Unreadable(record.request_id, f"it is kept in the place of another request, {key}")
                continue
            refusals: list[Refusal] = []
            try:
                refusals.extend(self._refusals.of(record.request_id))
            except ApprovalError as error:
                yield Unreadable(f"the refusals of {record.request_id}", error.message)
            yield Kept(record, refusals)

    def tombstones(self) -> Iterator[Tombstone]:
        """What is left of requests that retention removed; `requests` came upon it."""
        yield from self._tombstones

    def dead_letters(self) -> Iterator[DeadLetter | Unreadable]:
        """Every dead letter."""
        return self._all("dlq", DeadLetter)

    def notices(self) -> Iterator[Notice | Unreadable]:
        """Every notice that was not delivered yet."""
        return self._all("out", Notice)

    def spends(self) -> Iterator[Spent | Unreadable]:
        """What each account spent on the last day that it was used; at most a hundredth of its budget too much."""
        for key in self._storage.keys("spend"):
            try:
                mark = json.loads(self._storage.get(key) or b"")
                yield Spent(account=key.partition("/")[2], day=mark["day"], spent=mark["spent"])
            except (ValueError, KeyError, TypeError, RecursionError):
                yield Unreadable(key, "it holds no day and amount")

    def traces(self) -> Iterator[Trace | Unreadable]:
        """What requests are compared by, from the lists of vendors and of requesters."""
        for key in self._storage.keys("trace"):
            try:
                yield from traces_in(self._storage.get(key) or b"", key)
            except UnreadableError as error:
                yield Unreadable(key, error.message)

    def budgets(self) -> Iterator[KeptBudgets | Unreadable]:
        """What requests take of budgets."""
        for key in self._storage.keys("budget"):
            try:
                yield budgets_in(self._storage.get(key) or b"")
            except UnreadableError as error:
                yield Unreadable(key, error.message)

    def claims(self) -> Iterator[Claim | Unreadable]:
        """Every idempotency key, by the digest that names its file."""
        for key in self._storage.keys("idem"):
            name = key.partition("/")[2]
            try:
                request_id = (self._storage.get(key) or b"").decode()
            except ValueError:
                request_id = ""
            if request_id and _DIGEST.fullmatch(name):
                yield Claim(name, request_id)
            else:
                yield Unreadable(key, "it holds no request's id")

    def _all[M: BaseModel](self, prefix: str, model: type[M]) -> Iterator[M | Unreadable]:
        for key in self._storage.keys(prefix):
            try:
                yield read_stored(model, self._storage.get(key) or b"", key)
            except UnreadableError as error:
                yield Unreadable(key, error.message)

    def others(self) -> Iterator[Unreadable]:
        """Refusals of requests that cannot be read, and what a newer version of the plugin has added."""
        for key in self._storage.keys("ref"):
            if key not in self._storage.read:
                yield Unreadable(key, "it holds refusals of a request that cannot be read or is gone")
        for path in sorted(self._storage.folder.iterdir()):
            if path.name not in _LISTS | _MOVED:
                yield Unreadable(path.name, "this version of the command does not know it; use the newest")


def _id_in(raw: bytes) -> str:
    """The request's id in a record that cannot be read; empty where even that cannot be found."""
    try:
        document: Any = json.loads(raw)
        found = document["record"]["request"]["request_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""
