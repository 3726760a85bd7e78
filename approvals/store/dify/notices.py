# SPDX-License-Identifier: Apache-2.0
"""Notices in Dify's storage that were not delivered yet."""

import hashlib

from approvals.domain.notices import Notice
from approvals.store.dify.entry_resolver import Look
from approvals.store.dify.index import Buckets
from approvals.store.dify.index_keys import place_of_notice
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.envelope import read_stored

_NONE = b""


class DifyNotices:
    """The notices of one workspace, through one call's storage. What this process wrote lately stands."""

    def __init__(self, storage: KeyValue, state: WorkspaceState, buckets: Buckets) -> None:
        self._storage = storage
        self._state = state
        self._buckets = buckets

    def put(self, notice: Notice) -> None:
        """Keep a notice: its listing first, as for a record."""
        raw, lock = notice.model_dump_json(exclude_defaults=True).encode(), _lock(notice.notice_id)
        with self._state.locks.hold(lock), self._state.writing(lock):
            self._buckets.add(place_of_notice(notice), notice.notice_id)
            self._storage.set(_key(notice.notice_id), raw)
            self._state.notices.put(notice.notice_id, raw)

    def remove(self, notice_id: str) -> None:
        """Forget a notice. Its listing goes with the next walk."""
        lock = _lock(notice_id)
        with self._state.locks.hold(lock), self._state.writing(lock):
            self._storage.delete(_key(notice_id))
            self._state.notices.put(notice_id, _NONE)

    def find(self, notice_id: str) -> Notice | None:
        """A notice; None when there is none."""
        raw = self._state.notices.get(notice_id)
        if raw is None or self._state.in_doubt(_lock(notice_id)):
            raw = self._storage.get(_key(notice_id))
        return read_stored(Notice, raw, f"the notice {notice_id!r}") if raw else None

    def look(self) -> Look[Notice]:
        """What follows hints to notices."""
        return Look(
            find=self.find,
            places=lambda notice: [place_of_notice(notice)],
            in_doubt=lambda notice_id: self._state.in_doubt(_lock(notice_id)),
            moved_lately=lambda _: False,
        )


def _key(notice_id: str) -> str:
    return f"out/{hashlib.sha256(notice_id.encode()).hexdigest()}"


def _lock(notice_id: str) -> str:
    return f"notice {notice_id}"
