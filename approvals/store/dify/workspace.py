# SPDX-License-Identifier: Apache-2.0
"""What the calls of one workspace share inside this process.

One process serves every workspace, and the platform does not say which one calls. So each workspace's
storage keeps an id that was drawn at random on first use, and everything shared hangs on that id. Nothing
shared keeps a storage: a call only ever uses its own.
"""

import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from threading import Lock
from types import TracebackType
from weakref import WeakValueDictionary

from approvals.clock import Clock
from approvals.store.dify.budget_book import BudgetBook
from approvals.store.dify.directory import KnownListings
from approvals.store.dify.keyed_locks import NamedLocks
from approvals.store.dify.record_cache import RecordCache
from approvals.store.dify.shards import OwnShards
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.trace_list import TraceList
from approvals.store.dify.usage import GRANTED_BYTES, StorageUsage
from approvals.store.faults import unavailable
from approvals.store.ttl_cache import REMEMBER_SECONDS, Recent

ID_KEY = "meta/workspace"
MAX_WORKSPACES = 128
MAX_APPS = 10_000
# Short, because the id changes when a workspace's storage is emptied, as by installing the plugin anew.
APP_SECONDS = 60.0
MAX_CLAIMS = 20_000
MAX_LETTERS = 5_000
MAX_REFUSAL_BYTES = 4_000_000
MAX_TRACE_BYTES = 4_000_000
MAX_TRACES = 5_000
"""Of the lists that are kept ready to use: some 10 MB."""
MAX_DOUBTS = 50_000
MAX_POLICIES = 1_000
POLICY_SECONDS = 86_400.0

_ID = re.compile(rb"[0-9a-f]{32}")


@dataclass(slots=True)
class DaySpend:
    """What this process knows of an account's spending on one day, in billionths of a dollar.

    The storage holds `mark`, which is at least `total`.
    """

    day: date
    total: int
    mark: int


class WorkspaceState:
    """Locks, and what was lately written and read. Losing it costs reads, never a record."""

    def __init__(self, workspace_id: str, clock: Clock, granted_bytes: int = GRANTED_BYTES) -> None:
        self.workspace_id = workspace_id
        self.locks = NamedLocks()
        self.usage = StorageUsage(clock, granted_bytes)
        self.records = RecordCache(clock)
        self.shards = OwnShards()
        self.listings = KnownListings(clock)
        self.claims: Recent[str, str] = Recent(clock, capacity=MAX_CLAIMS, seconds=REMEMBER_SECONDS)
        self.policies: Recent[str, bool] = Recent(clock, capacity=MAX_POLICIES, seconds=POLICY_SECONDS)
        """The digests of policies that the storage is known to have."""
        self.spend: dict[str, DaySpend] = {}
        """By account."""
        self.being_written: set[str] = set()
        self.doubts: Recent[str, str] = Recent(clock, capacity=MAX_DOUBTS, seconds=REMEMBER_SECONDS)
        self.letters: Recent[str, bytes] = Recent(clock, capacity=MAX_LETTERS, seconds=REMEMBER_SECONDS)
        self.traces: Recent[str, bytes] = Recent(
            clock, capacity=MAX_TRACE_BYTES, seconds=REMEMBER_SECONDS, weigh=len
        )
        """By series, as they are stored."""
        self.trace_lists: WeakValueDictionary[str, TraceList] = WeakValueDictionary()
        """By series, while calls work on them, and as long as `lately_traced` holds them."""
        self.lately_traced: Recent[str, tuple[TraceList, int]] = Recent(
            clock, capacity=MAX_TRACES, seconds=REMEMBER_SECONDS, weigh=lambda held: held[1]
        )
        """The lists written last, with their lengths: to read one anew takes ten times as long as to add to it."""
        self.budget_books: WeakValueDictionary[str, BudgetBook] = WeakValueDictionary()
        """What requests take of budgets, while calls work on it, and as long as `lately_budgeted` holds it."""
        self.lately_budgeted: Recent[str, BudgetBook] = Recent(clock, capacity=1, seconds=REMEMBER_SECONDS)
        self.notices: Recent[str, bytes] = Recent(clock, capacity=MAX_LETTERS, seconds=REMEMBER_SECONDS)
        self.refusals: Recent[str, bytes] = Recent(
            clock, capacity=MAX_REFUSAL_BYTES, seconds=REMEMBER_SECONDS, weigh=len
        )

    def writing(self, lock: str) -> "_Writing":
        """Around a write of what `lock` guards. When it fails, nobody knows for a while what the storage holds."""
        return _Writing(self, lock)

    def in_doubt(self, lock: str) -> bool:
        """True while what `lock` guards is being written, and after a failed write until the platform must know."""
        return lock in self.being_written or self.doubts.get(lock) is not None

    def __repr__(self) -> str:
        return f"WorkspaceState({self.workspace_id[:8]}…, {self.records!r}, {self.shards!r}, {self.locks!r})"


class _Writing:
    """One write, in doubt from its beginning until it has gone well."""

    __slots__ = ("_lock", "_state")

    def __init__(self, state: WorkspaceState, lock: str) -> None:
        self._state = state
        self._lock = lock

    def __enter__(self) -> None:
        self._state.being_written.add(self._lock)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state, lock = self._state, self._lock
        if kind is not None:
            state.doubts.put(lock, "written")
        elif state.doubts:
            state.doubts.drop(lock)
        state.being_written.discard(lock)


class Workspaces:
    """The states of the workspaces that called lately. One that a call still holds is never replaced."""

    def __init__(
        self, clock: Clock, capacity: int = MAX_WORKSPACES, granted_bytes: int = GRANTED_BYTES
    ) -> None:
        """`granted_bytes`: what the platform grants each workspace."""
        self._clock = clock
        self._capacity = capacity
        self._granted_bytes = granted_bytes
        self._guard = Lock()
        self._first_use = NamedLocks()
        self._states: WeakValueDictionary[str, WorkspaceState] = WeakValueDictionary()
        self._lately: OrderedDict[str, WorkspaceState] = OrderedDict()
        self._ids_by_app: Recent[str, str] = Recent(clock, capacity=MAX_APPS, seconds=APP_SECONDS)

    def state_for(self, storage: KeyValue, app_id: str = "") -> WorkspaceState:
        """The state of the workspace that `storage` belongs to.

        `app_id` is the id that Dify gives the calling app, which belongs to one workspace only; with it, the
        workspace's id is read once a minute, without it on every call. Raises `store_unavailable`.
        """
        workspace_id = self._ids_by_app.get(app_id) if app_id else None
        if workspace_id is None:
            workspace_id = self._id_in(storage)
            if app_id:
                self._ids_by_app.put(app_id, workspace_id)
        return self._state(workspace_id)

    def _id_in(self, storage: KeyValue) -> str:
        raw = storage.get(ID_KEY)
        if raw is None:
            # Who calls first cannot be told apart yet, so that first calls of all workspaces take turns.
            with self._first_use.hold("a new workspace"):
                raw = storage.get(ID_KEY)
                if raw is None:
                    raw = secrets.token_hex(16).encode()
                    storage.set(ID_KEY, raw)
        if not _ID.fullmatch(raw):
            raise unavailable(f"read {ID_KEY}", "it was damaged", "remove the plugin's storage or restore it")
        return raw.decode()

    def _state(self, workspace_id: str) -> WorkspaceState:
        with self._guard:
            state = self._states.get(workspace_id)
            if state is None:
                state = self._states[workspace_id] = WorkspaceState(
                    workspace_id, self._clock, self._granted_bytes
                )
            self._lately[workspace_id] = state
            self._lately.move_to_end(workspace_id)
            while len(self._lately) > self._capacity:
                self._lately.popitem(last=False)
            return state

    def __repr__(self) -> str:
        return f"Workspaces({len(self._states)} in memory)"
