# SPDX-License-Identifier: Apache-2.0
"""Documents in Dify's storage that are found by a list and not with a request: dead letters, and notices to deliver."""

import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

from pydantic import BaseModel

from approvals.domain.notices import Notice
from approvals.store.dify.entry_resolver import Look
from approvals.store.dify.index import Buckets
from approvals.store.dify.index_keys import Place, place_of, place_of_notice
from approvals.store.dify.storage import KeyValue
from approvals.store.dify.workspace import WorkspaceState
from approvals.store.envelope import read_stored
from approvals.store.protocol import DeadLetter
from approvals.store.ttl_cache import Recent

_NONE: Final = b""


class Kind[M: BaseModel](NamedTuple):
    """One kind of document: its name in messages, the prefix of its keys, its id, its list, what was written lately."""

    name: str
    prefix: str
    model: type[M]
    id_of: Callable[[M], str]
    place_of: Callable[[M], Place]
    lately: Callable[[WorkspaceState], Recent[str, bytes]]

    def key(self, name: str) -> str:
        """Where the document with this id is stored."""
        return f"{self.prefix}/{hashlib.sha256(name.encode()).hexdigest()}"


DEAD_LETTERS: Final = Kind(
    "dead letter", "dlq", DeadLetter, lambda letter: letter.request_id, place_of, lambda state: state.letters
)
NOTICES: Final = Kind(
    "notice", "out", Notice, lambda notice: notice.notice_id, place_of_notice, lambda state: state.notices
)


class ListedDocuments[M: BaseModel]:
    """The documents of one kind in one workspace, through one call's storage. What this process wrote lately stands."""

    def __init__(self, kind: Kind[M], storage: KeyValue, state: WorkspaceState, buckets: Buckets) -> None:
        self._kind = kind
        self._storage = storage
        self._state = state
        self._buckets = buckets
        self._lately = kind.lately(state)

    def put(self, document: M) -> None:
        """Keep a document, in place of an older one with its id: its listing first, as for a record."""
        raw, name = document.model_dump_json(exclude_defaults=True).encode(), self._kind.id_of(document)
        with self._state.locks.hold(self._lock(name)), self._state.writing(self._lock(name)):
            self._buckets.add(self._kind.place_of(document), name)
            self._storage.set(self._kind.key(name), raw)
            self._lately.put(name, raw)

    def remove(self, name: str) -> None:
        """Forget the document with this id, if there is one. Its listing goes with the next walk."""
        with self._state.locks.hold(self._lock(name)), self._state.writing(self._lock(name)):
            self._storage.delete(self._kind.key(name))
            self._lately.put(name, _NONE)

    def find(self, name: str) -> M | None:
        """The document with this id; None when there is none."""
        raw = self._lately.get(name)
        if raw is None or self._state.in_doubt(self._lock(name)):
            raw = self._storage.get(self._kind.key(name))
        return read_stored(self._kind.model, raw, f"the {self._kind.name} {name!r}") if raw else None

    def look(self) -> Look[M]:
        """What follows hints to documents."""
        return Look(
            find=self.find,
            places=lambda document: [self._kind.place_of(document)],
            in_doubt=lambda name: self._state.in_doubt(self._lock(name)),
            moved_lately=lambda _: False,
        )

    def _lock(self, name: str) -> str:
        return f"{self._kind.name} of {name}"
