# SPDX-License-Identifier: Apache-2.0
"""`analyze_approval` as a use case, on a clock that stands still between calls."""

import json

import pytest

from approvals.analysis.analyst import Analyst
from approvals.domain.records import ApprovalRequest
from approvals.errors import ErrorCode
from approvals.llm import ChatReply, ChatRequest, Deadline, FailureKind, LlmError, Spend
from approvals.service.analyzing import Analyzing
from approvals.service.answers import AnalyzeAnswer, AnalyzeOrder, Status
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import WorkspaceState
from tests.approvals.analysis.worlds import SPEND, StillClock, reply
from tests.approvals.domain.worlds import DEFAULT, request
from tests.approvals.store.memory_storage import MemoryStorage

MODEL_SECONDS, LIMIT_SECONDS = 2.0, 0.25


class World:
    """A model that takes two seconds, behind a limit that takes 0.25; making an id takes 0.02."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.overheads: list[float] = []
        self.failing: FailureKind | None = None
        store = DifyStore(MemoryStorage(), WorkspaceState("w" * 32, self.clock), self.clock)
        self.analyzing = Analyzing(
            store,
            Analyst(self, self.clock, model="first", second_model="second"),
            self.clock,
            default_model="first",
            deadline_seconds=60,
            new_id=self._new_id,
            observe_overhead=self.overheads.append,
        )

    def _new_id(self) -> str:
        self.clock.sleep(0.02)
        return "made"

    def complete(self, asked: ChatRequest, deadline: Deadline) -> ChatReply:
        self.clock.sleep(LIMIT_SECONDS + MODEL_SECONDS)
        times = {"model_seconds": MODEL_SECONDS, "waited_seconds": LIMIT_SECONDS}
        if self.failing is not None:
            spend = Spend.free_attempt().timed(**times)
            raise LlmError(self.failing, ErrorCode.MODEL_UNAVAILABLE, "scripted", spend)
        return ChatReply(json.dumps(reply("made")), asked.model, SPEND.timed(**times), 0)

    def analyze(self, asked: ApprovalRequest | None = None, received: float | None = None) -> AnalyzeAnswer:
        return self.analyzing.analyze(
            AnalyzeOrder(asked or request(request_id=""), DEFAULT, received=received)
        )


def test_overhead_is_the_whole_call_less_the_wait_for_the_model() -> None:
    world = World()
    world.clock.sleep(0.5)  # the parameters were read meanwhile
    answer = world.analyze(received=0.0)

    assert (answer.status, answer.analysis.latency_ms, answer.overhead_ms) == (Status.OK, 2_250, 520)
    assert world.overheads == [pytest.approx(0.52)]


@pytest.mark.parametrize("failing", [FailureKind.TIMEOUT, FailureKind.AUTH])
def test_a_failed_analysis_has_its_overhead_too(failing: FailureKind) -> None:
    world = World()
    world.failing = failing
    answer = world.analyze()

    assert (answer.status, answer.overhead_ms) == (Status.MANUAL_REVIEW, 20)


def test_of_a_repeated_call_all_is_overhead() -> None:
    world = World()
    world.analyze()
    again = world.analyze(request(request_id="made"), received=world.clock.monotonic() - 0.1)

    assert (again.replayed, again.overhead_ms) == (True, 100)


def test_what_only_the_admin_can_mend_is_not_stored_so_that_the_same_call_reads_the_request_again() -> None:
    world = World()
    world.failing = FailureKind.AUTH
    refused = world.analyze()
    world.failing = None
    mended = world.analyze(request(request_id="made"))

    assert (refused.status, refused.record.analysis) == (Status.MANUAL_REVIEW, None)
    assert (mended.status, mended.replayed) == (Status.OK, False)
