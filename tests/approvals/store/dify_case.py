# SPDX-License-Identifier: Apache-2.0
"""How the contract suite reaches the store on Dify's storage."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from approvals.clock import Clock
from approvals.store.dify.records import record_key
from approvals.store.dify.storage import DifyStorage, KeyValue
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import Workspaces
from tests.approvals.store.contract import CaseFactory, SteppingClock, StoreCase
from tests.approvals.store.memory_storage import FakePlatform, StaleStorage, YieldingStorage


class DifyCase:
    """A storage, and the process that uses it."""

    threads = 64

    def __init__(self, make_storage: Callable[[Clock], KeyValue]) -> None:
        self.clock = SteppingClock()
        self.storage = make_storage(self.clock)
        self.workspaces = Workspaces(self.clock)

    def open(self) -> DifyStore:
        return DifyStore(self.storage, self.workspaces.state_for(self.storage), self.clock)

    def damage(self, request_id: str) -> None:
        self.storage.set(record_key(request_id), b'{"schema":1,"record":{')

    def restart(self) -> DifyStore:
        if isinstance(self.storage, StaleStorage):
            self.storage.settle()
        self.workspaces = Workspaces(self.clock)
        return self.open()


@contextmanager
def _on(make_storage: Callable[[Clock], KeyValue]) -> Iterator[StoreCase]:
    yield DifyCase(make_storage)


def _case(make_storage: Callable[[Clock], KeyValue]) -> CaseFactory:
    made: Callable[[], AbstractContextManager[StoreCase]] = partial(_on, make_storage)
    return made


FACTORIES: dict[str, CaseFactory] = {
    "dify": _case(lambda _: DifyStorage(FakePlatform())),
    "dify-stale": _case(StaleStorage),
    "dify-yielding": _case(lambda _: YieldingStorage()),
}
