# SPDX-License-Identifier: Apache-2.0
"""`analyze_approval` with `revision_of`: the next content of a returned request, read and kept beside the old one."""

import json
from decimal import Decimal
from typing import Any

import pytest

from approvals.domain.decisions import Decision
from approvals.domain.ledger import record_faults
from approvals.domain.ledger_keys import parse_ledger_keys
from approvals.domain.records import ApprovalRecord
from approvals.domain.revisions import BEING_ANALYSED
from approvals.domain.terms import Event, IfRefused, Level, State
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import ChatReply, ChatRequest, Deadline, FailureKind, LlmError, Spend
from approvals.service.answers import AnalyzeAnswer, AnalyzeOrder, RouteResult, Status
from approvals.service.deciding import Deciding
from approvals.service.replaying import Replaying
from tests.approvals.analysis.worlds import SPEND, reply
from tests.approvals.domain.worlds import DEFAULT, NOW, request, stages_policy
from tests.approvals.service.test_analyzing import World

LADDER = stages_policy("manager", "director")
KEYS = parse_ledger_keys(f"{NOW.date()}:0123456789abcdefghijklmnopqrstuv")
"""With them every decision finds that the record stands as its ledger says."""


class Revisions(World):
    """A request of Ann's that Dan, the director, returned. `meanwhile` happens while the model reads."""

    def __init__(self) -> None:
        super().__init__()
        self.store = self.analyzing._store
        self.deciding = Deciding(self.store, self.clock, KEYS)
        self.meanwhile: list[Any] = []
        self.read: list[str] = []
        self.analyzing.analyze(AnalyzeOrder(request(), LADDER, idempotency_key="first"))
        self.decide(Event.SUBMIT)
        self.decide(Event.APPROVE, "Bea", Level.MANAGER)
        self.decide(Event.RETURN, "Dan", Level.DIRECTOR, comment="Which supplier?")

    def complete(self, asked: ChatRequest, deadline: Deadline) -> ChatReply:
        [one] = json.loads(asked.messages[-1].content)["requests"]
        self.read.append(one["content"])
        while self.meanwhile:
            self.meanwhile.pop()()
        if self.failing is not None:
            raise LlmError(self.failing, ErrorCode.MODEL_UNAVAILABLE, "scripted", Spend.free_attempt())
        return ChatReply(json.dumps(reply(one["id"])), asked.model, SPEND, 0)

    def decide(self, event: Event, actor: str = "", level: Level | None = None, **more: Any) -> RouteResult:
        return self.deciding.decide("r-1", Decision(event, actor, level, **more))

    def revise(self, content: str = "Two chairs", key: str = "", **changes: Any) -> AnalyzeAnswer:
        given = request(request_id="", requester="", content=content, **changes)
        return self.analyzing.analyze(AnalyzeOrder(given, DEFAULT, idempotency_key=key, revision_of="r-1"))

    @property
    def record(self) -> ApprovalRecord:
        return self.store.load("r-1")


def refused(world: Revisions, **revision: Any) -> ApprovalError:
    with pytest.raises(ApprovalError) as caught:
        world.revise(**revision)
    return caught.value


def test_new_content_is_read_under_the_policy_of_the_first_analysis_and_waits_for_its_requester() -> None:
    world = Revisions()
    answer = world.revise(amount=Decimal(50))

    assert (answer.status, answer.record.revision, answer.replayed) == (Status.OK, 2, False)
    assert answer.record.policy_digest == LADDER.digest
    assert not answer.auto_approve_eligible
    assert (world.record.state, world.record.revision, world.record.request.content) == (
        State.RETURNED,
        1,
        "A chair",
    )
    assert world.read[-1] == "Two chairs"

    back = world.decide(Event.RESUBMIT, "Ann", content_digest=answer.record.request.content_digest)
    assert (back.status, world.record.state, world.record.revision) == (Status.OK, State.UNDER_REVIEW, 2)
    assert world.record.stages == (Level.MANAGER, Level.DIRECTOR)
    assert record_faults(world.record, KEYS) == []


def test_the_same_revision_again_is_answered_as_it_was_before_and_after_it_came_back() -> None:
    world = Revisions()
    first = world.revise(key="second")
    again = world.revise(key="second")
    world.decide(Event.RESUBMIT, "Ann")
    late = world.revise(key="second")

    assert (again.replayed, again.record.version) == (True, first.record.version)
    assert (late.replayed, late.record.revision, late.analysis) == (True, 2, first.analysis)
    assert len(world.read) == 2


def test_content_that_is_not_new_makes_no_revision() -> None:
    world = Revisions()

    answer = world.revise(content="A chair")
    assert (answer.replayed, answer.record.revision, world.record.next_revision) == (True, 1, None)


@pytest.mark.parametrize("key", ["first", "second"])
def test_a_key_that_stands_for_other_content_is_refused(key: str) -> None:
    world = Revisions()
    world.revise(key="second")

    assert refused(world, content="Three chairs", key=key).code is ErrorCode.IDEMPOTENCY_MISMATCH


def test_a_revision_while_another_is_analysed_is_refused_and_the_first_is_kept() -> None:
    world = Revisions()
    second: list[ApprovalError] = []
    world.meanwhile = [lambda: second.append(refused(world, content="Three chairs"))]
    world.revise()

    assert [error.code for error in second] == [ErrorCode.VERSION_CONFLICT]
    assert world.record.next_revision is not None
    assert world.record.next_revision.request.content == "Two chairs"


def test_a_revision_that_another_one_replaced_while_it_was_read_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = Revisions()

    def another() -> None:
        monkeypatch.setattr(world.clock, "now", lambda: NOW + BEING_ANALYSED)
        world.revise("Three chairs")

    world.meanwhile = [another]

    assert "another one took its place" in refused(world).message
    assert world.record.next_revision is not None
    assert world.record.next_revision.request.content == "Three chairs"


def test_a_revision_of_a_request_that_is_closed_meanwhile_says_so() -> None:
    world = Revisions()
    world.meanwhile = [lambda: world.decide(Event.WITHDRAW, "Ann")]

    assert "the request became 'withdrawn'" in refused(world).message


def test_a_revision_that_comes_back_before_it_was_read_is_decided_without_an_analysis() -> None:
    world = Revisions()
    world.meanwhile = [lambda: world.decide(Event.RESUBMIT, "Ann")]
    answer = world.revise()

    assert (answer.status, answer.replayed) == (Status.OK, False)
    assert (world.record.revision, world.record.analysis) == (2, None)
    assert record_faults(world.record, KEYS) == []


def test_a_revision_that_cannot_be_read_waits_for_a_person_and_for_a_replay() -> None:
    world = Revisions()
    world.failing = FailureKind.CONNECT
    answer = world.revise()
    world.failing = None
    replayed = Replaying(world.store, world.analyzing, world.clock).replay(10)

    assert answer.status is Status.MANUAL_REVIEW
    assert list(replayed.recovered) == ["r-1"]
    assert world.record.next_revision is not None
    assert world.record.next_revision.analysis is not None
    assert world.record.next_revision.analysis.usable


def test_only_a_returned_request_is_revised() -> None:
    world = Revisions()
    world.decide(Event.RESUBMIT, "Ann")

    assert refused(world).code is ErrorCode.INVALID_TRANSITION


def test_a_resubmission_of_content_that_nobody_sent_is_refused() -> None:
    world = Revisions()
    world.revise()

    result = world.decide(Event.RESUBMIT, "Ann", content_digest="0" * 64)
    assert result.error is not None
    assert result.error.code is ErrorCode.IDEMPOTENCY_MISMATCH


def test_a_stranger_who_resubmits_moves_nothing_whatever_the_workflow_says() -> None:
    world = Revisions()

    result = world.decide(Event.RESUBMIT, "Mallory", if_refused=IfRefused.ESCALATE)
    assert result.error is not None
    assert (result.error.code, world.record.state) == (ErrorCode.NOT_AUTHORIZED, State.RETURNED)
