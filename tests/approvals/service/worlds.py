# SPDX-License-Identifier: Apache-2.0
"""A store with requests, a clock that moves when told, and the use cases over both."""

from datetime import timedelta
from typing import Any

from approvals.domain.canonical import digest
from approvals.domain.decisions import Decision
from approvals.domain.policy_reader import PolicyDocument
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event
from approvals.service.answers import RouteResult, SweepResult
from approvals.service.deciding import Deciding
from approvals.service.finding import Finding
from approvals.service.sweeping import Sweeping
from approvals.store.dify.records import record_key
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import WorkspaceState
from tests.approvals.domain.worlds import record, request, stages_policy
from tests.approvals.store.contract import SteppingClock
from tests.approvals.store.memory_storage import MemoryStorage

ONE_STAGE = stages_policy("manager")


class ServiceWorld:
    """One workspace, as its calls see it."""

    def __init__(self) -> None:
        self.clock = SteppingClock()
        self.storage = MemoryStorage()
        self._restart()

    def restart(self) -> None:
        """Go on as a process that just started."""
        self._restart()

    def _restart(self) -> None:
        state = WorkspaceState("w" * 32, self.clock)
        self.store = DifyStore(self.storage, state, self.clock)
        self.deciding = Deciding(self.store, self.clock)
        self.finding = Finding(self.store, self.clock)

    def pass_hours(self, hours: float) -> None:
        """Put the clock forward."""
        self.clock.sleep(timedelta(hours=hours).total_seconds())

    def analysed(self, request_id: str, policy: PolicyDocument = ONE_STAGE, **changes: Any) -> ApprovalRecord:
        """A stored request that waits to be submitted."""
        made = record(policy, request=request(request_id=request_id, **changes), created_at=self.clock.now())
        made = made.model_copy(update={"policy": None})
        self.store.put_policy(policy.digest, policy.document)
        self.store.create(made)
        return made

    def submitted(
        self, request_id: str, policy: PolicyDocument = ONE_STAGE, **changes: Any
    ) -> ApprovalRecord:
        """A stored request that waits for a signature."""
        self.analysed(request_id, policy, **changes)
        self.decide(request_id, Event.SUBMIT)
        return self.store.load(request_id)

    def decide(self, request_id: str, event: Event, actor: str = "", **more: Any) -> RouteResult:
        """One event on a request."""
        return self.deciding.decide(request_id, Decision(event, actor, **more))

    def sweep(self, limit: int = 100) -> SweepResult:
        """What a sweep does now."""
        return Sweeping(self.store, self.deciding, self.clock).sweep(limit)

    def damage(self, request_id: str) -> None:
        """Make a record unreadable, and forget what this process knows of it."""
        self.storage.values[record_key(request_id)] = b'{"schema":1,"record":{'
        self._restart()

    def with_policy(self, request_id: str, policy: dict[str, Any]) -> None:
        """Give a record a policy that this version does not take any more, as an earlier one may have."""
        stored = self.store.load(request_id)
        self.store.put_policy(digest(policy), policy)
        update = {"policy_digest": digest(policy), "version": stored.version + 1}
        changed = stored.model_copy(update=update)
        self.store.save(changed, stored.version)
        self._restart()
