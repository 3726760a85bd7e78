# SPDX-License-Identifier: Apache-2.0
"""Requests are compared with those before them, on the way through `analyze_approval`."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from approvals.analysis.analyst import Analyst
from approvals.domain.policy_reader import PolicyDocument, policy_from_document
from approvals.domain.records import ApprovalRequest
from approvals.domain.terms import Event, Flag, Level
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import ChatReply, ChatRequest, Deadline
from approvals.service.analyzing import Analyzing
from approvals.service.answers import AnalyzeAnswer, AnalyzeOrder, Status
from approvals.service.sweeping import Sweeping
from tests.approvals.analysis.worlds import SPEND, reply
from tests.approvals.domain.worlds import DEFAULT, request
from tests.approvals.service.worlds import ServiceWorld

BILL: dict[str, Any] = {"vendor": "Contoso GmbH", "document_number": "INV-7", "amount": Decimal(1200)}
PART: dict[str, Any] = {"vendor": "Contoso", "amount": Decimal(4800)}


class World(ServiceWorld):
    """A model that finds every request harmless."""

    def complete(self, asked: ChatRequest, deadline: Deadline) -> ChatReply:
        (one,) = json.loads(asked.messages[-1].content)["requests"]
        return ChatReply(json.dumps(reply(one["id"])), asked.model, SPEND, 0)

    def analyze(
        self, request_id: str, policy: PolicyDocument = DEFAULT, revision_of: str = "", **facts: Any
    ) -> AnalyzeAnswer:
        analyzing = Analyzing(
            self.store,
            Analyst(self, self.clock, model="first", second_model="second"),
            self.clock,
            default_model="first",
            deadline_seconds=60,
            new_id=lambda: "made",
        )
        asked = ApprovalRequest(**{**request(request_id=request_id).model_dump(), **facts})
        return analyzing.analyze(AnalyzeOrder(asked, policy, revision_of=revision_of))


def codes(answer: AnalyzeAnswer) -> list[tuple[str, str]]:
    return [(finding.code, finding.other_request) for finding in answer.analysis.findings]


def test_the_same_bill_again_goes_to_a_person_and_names_the_first_one() -> None:
    world = World()
    first = world.analyze("first", **BILL)
    again = world.analyze("again", **{**BILL, "vendor": "CONTOSO", "document_number": "7", "requester": "Bo"})

    assert codes(first) == []
    assert codes(again) == [("duplicate_document", "first")]
    assert not again.auto_approve_eligible
    stored = world.store.load("again").analysis
    assert stored is not None
    assert stored.findings == again.analysis.findings


def test_a_repeated_call_finds_nothing_new() -> None:
    world = World()
    world.analyze("first", **BILL)
    again = world.analyze("first", **BILL)

    assert again.replayed
    assert codes(again) == []


def test_parts_are_approved_by_whoever_would_approve_the_whole() -> None:
    world = World()
    assert codes(world.analyze("part-1", **PART)) == []
    world.pass_hours(24)
    second = world.analyze("part-2", **{**PART, "amount": Decimal(4900)})

    assert ("splitting", "part-1") in codes(second)
    world.decide("part-2", Event.SUBMIT)
    record = world.store.load("part-2")
    assert record.route is not None
    assert record.route.rule == "default"
    assert "with others it comes to 9700 USD" in record.route.reasons


@pytest.mark.parametrize("event", [Event.REJECT, Event.WITHDRAW])
def test_what_was_rejected_or_withdrawn_does_not_count(event: Event) -> None:
    world = World()
    world.analyze("first", **BILL)
    world.decide("first", Event.SUBMIT)
    world.decide("first", event, "Ann" if event is Event.WITHDRAW else "Mia", actor_level=Level.MANAGER)
    assert world.store.load("first").state.final

    assert codes(world.analyze("again", **BILL)) == []


def test_of_many_that_were_rejected_none_counts_and_at_most_one_record_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    for number in range(5):
        world.analyze(f"r-{number}", **BILL)
    for number in range(4):
        world.decide(f"r-{number}", Event.SUBMIT)
        world.decide(f"r-{number}", Event.REJECT, "Mia", actor_level=Level.MANAGER)
    world.restart()
    loaded: list[str] = []
    load = world.store.load
    monkeypatch.setattr(world.store, "load", lambda request_id: loaded.append(request_id) or load(request_id))

    assert codes(world.analyze("again", **BILL)) == [("duplicate_document", "r-4")]
    assert loaded == ["r-4"]


def test_content_that_a_revision_replaced_does_not_count_and_the_new_one_does() -> None:
    world = World()
    world.analyze("first", **BILL)
    world.decide("first", Event.SUBMIT)
    world.decide("first", Event.RETURN, "Mia", actor_level=Level.MANAGER, comment="Which vendor?")
    world.analyze("", revision_of="first", **{**BILL, "vendor": "Fabrikam"})
    world.decide("first", Event.RESUBMIT, "Ann")

    assert world.store.load("first").revision == 2
    assert codes(world.analyze("old", **BILL)) == []
    assert codes(world.analyze("new", **{**BILL, "vendor": "Fabrikam"})) == [("duplicate_document", "first")]


def test_a_decision_stands_where_the_trace_cannot_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.analyze("first", **BILL)
    world.decide("first", Event.SUBMIT)

    def broken(*_: object) -> None:
        raise ApprovalError(ErrorCode.STORE_UNAVAILABLE, "scripted")

    monkeypatch.setattr(world.store, "forget_trace", broken)
    result = world.decide("first", Event.REJECT, "Mia", actor_level=Level.MANAGER)

    assert result.status is Status.OK
    assert codes(world.analyze("again", **BILL)) == []  # the record says that it was rejected


def test_what_was_removed_does_not_count() -> None:
    world = World()
    short = policy_from_document({**DEFAULT.document, "retention_days": 1})
    world.analyze("first", short, **BILL)
    world.decide("first", Event.SUBMIT)
    world.decide("first", Event.APPROVE, "Mia", actor_level=Level.MANAGER)
    world.decide("first", Event.APPROVE, "Dan", actor_level=Level.DIRECTOR)
    world.pass_hours(48)
    swept = Sweeping(world.store, world.deciding, world.clock).sweep(10)

    assert (swept.removed, codes(world.analyze("again", **BILL))) == (1, [])
    stored = world.storage.values
    assert not any(b"first" in value for key, value in stored.items() if key.startswith("trace/"))


def test_two_at_once_see_each_other() -> None:
    world = World()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: world.analyze(f"r-{number}", **BILL), range(8)))

    assert sum(bool(codes(answer)) for answer in answers) >= 7


@pytest.mark.parametrize("code", [ErrorCode.STORE_UNAVAILABLE, ErrorCode.STORE_FULL])
def test_a_store_that_cannot_compare_fails_no_request_but_sends_it_to_a_person(
    monkeypatch: pytest.MonkeyPatch, code: ErrorCode
) -> None:
    world = World()

    def broken(*_: object) -> None:
        raise ApprovalError(code, "scripted")

    monkeypatch.setattr(world.store, "trace", broken)
    answer = world.analyze("first", **PART)

    assert (answer.status, answer.flags) == (Status.OK, (Flag.NOT_COMPARED,))
    assert not answer.auto_approve_eligible


def test_checks_that_are_off_cost_nothing() -> None:
    world = World()
    off = policy_from_document({**DEFAULT.document, "checks": {"duplicates": "off", "splitting": "off"}})
    world.analyze("first", off, **BILL)
    answer = world.analyze("again", off, **BILL)

    assert codes(answer) == []
    assert not any(key.startswith("trace/") for key in world.storage.values)


def test_of_ten_thousand_requests_of_one_requester_the_newest_hundred_are_compared() -> None:
    world = World()
    for number in range(250):
        world.analyze(f"r-{number}", amount=Decimal(1), content=f"Stamps for letter {number}")
    last = world.analyze("last", amount=Decimal(450), content="Stamps for letter 9999")

    assert last.analysis.combined is not None
    assert last.analysis.combined.amount == Decimal(550)
    (list_of_requester,) = (
        len(value) for key, value in world.storage.values.items() if key.startswith("trace/")
    )
    assert list_of_requester < 30_000


def test_a_bill_is_remembered_for_400_days() -> None:
    world = World()
    world.analyze("old", **BILL)
    world.clock.sleep(timedelta(days=399).total_seconds())
    assert codes(world.analyze("young", **BILL)) == [("duplicate_document", "old")]
    world.clock.sleep(timedelta(days=401).total_seconds())
    assert codes(world.analyze("last", **BILL)) == []
