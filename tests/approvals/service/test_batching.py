# SPDX-License-Identifier: Apache-2.0
"""A whole batch on a scripted endpoint: every request has its line, in order, whatever becomes of the others."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from approvals.analysis.analyst import Analyst
from approvals.domain.policy_reader import policy_from_document
from approvals.domain.records import ApprovalRecord
from approvals.domain.routing import route
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import ChatReply, ChatRequest, Deadline, FailureKind, LlmError, Spend
from approvals.service import AnalyzeAnswer, AnalyzeOrder, BatchLine, BatchOrder, BatchSummary
from approvals.service.analyzing import Analyzing
from approvals.service.batch_answers import Item, Percentiles
from approvals.service.batching import Batching
from approvals.service.heavy_work import HeavyWork
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import WorkspaceState
from tests.approvals.analysis.worlds import SPEND, StillClock, reply, user_documents
from tests.approvals.domain.worlds import DEFAULT, request
from tests.approvals.store.test_dify_traces import Counting


class Endpoint:
    """Answers calmly after `seconds`; `failing` is what calls with the word `poison` in them end with."""

    def __init__(self, clock: StillClock, seconds: float = 0.0) -> None:
        self.clock, self.seconds = clock, seconds
        self.failing = FailureKind.SERVER_ERROR
        self.calls = 0

    def complete(self, asked: ChatRequest, deadline: Deadline) -> ChatReply:
        self.calls += 1
        self.clock.sleep(self.seconds)
        entries = user_documents([asked])[0]["requests"]
        if any("poison" in entry["content"] for entry in entries):
            raise LlmError(self.failing, ErrorCode.MODEL_UNAVAILABLE, "scripted", Spend.free_attempt())
        return ChatReply(json.dumps(reply(*(entry["id"] for entry in entries))), asked.model, SPEND, 40)


class ApprovalService:
    """A batch desk over a memory storage. One call at a time, so that the fake clock tells a straight story."""

    def __init__(self, seconds: float = 0.0, heavy_work: HeavyWork | None = None) -> None:
        self.clock = StillClock()
        self.storage = Counting()
        self.endpoint = Endpoint(self.clock, seconds)
        self.store = DifyStore(self.storage, WorkspaceState("w" * 32, self.clock), self.clock)
        analyst = Analyst(self.endpoint, self.clock, model="first", second_model="second")
        self._ids = iter(f"made-{n}" for n in range(1_000))
        analyzing = Analyzing(
            self.store,
            analyst,
            self.clock,
            default_model="first",
            deadline_seconds=60,
            new_id=lambda: next(self._ids),
            heavy_work=heavy_work,
        )
        self._batching = Batching(analyzing, analyst, self.clock, call_seconds=60, max_concurrency=1)

    def run(self, *items: Item) -> tuple[list[BatchLine], BatchSummary]:
        *lines, summary = self._steps(items)
        assert isinstance(summary, BatchSummary)
        return [line for line in lines if isinstance(line, BatchLine)], summary

    def _steps(self, items: tuple[Item, ...]) -> Iterator[BatchLine | BatchSummary]:
        return self._batching.run(BatchOrder(items, len(items)))

    def stored(self, request_id: str) -> ApprovalRecord:
        return self.store.load(request_id)


def order(request_id: str = "", content: str = "A chair", **changes: Any) -> AnalyzeOrder:
    asked = request(request_id=request_id, content=content, **changes)
    return AnalyzeOrder(asked, DEFAULT)


def outcomes(lines: list[BatchLine]) -> list[str]:
    """Each line in a word."""
    words = []
    for line in lines:
        match line.outcome:
            case AnalyzeAnswer() as answer:
                words.append(answer.status.value)
            case ApprovalError() as error:
                words.append(error.code.value)
            case None:
                words.append("not_started")
    return words


def test_every_request_has_its_line_in_order() -> None:
    whose = ["Ann", "Bob", "Ann", "", "Bob", "Ann"]
    lines, summary = ApprovalService().run(*(order(f"r-{n}", requester=who) for n, who in enumerate(whose)))

    assert [line.index for line in lines] == list(range(6))
    assert outcomes(lines) == ["ok"] * 6
    assert (summary.total, summary.succeeded, summary.spend.attempts) == (6, 6, 3)
    assert summary.spend.cost_usd == SPEND.cost_usd * 3
    assert summary.tokens_saved > 0


def test_a_request_that_fails_alone_is_a_dead_letter_and_a_line() -> None:
    desk = ApprovalService()
    lines, summary = desk.run(order("r-0"), order("r-1", "poison"), order("r-2"))

    assert outcomes(lines) == ["ok", "manual_review", "ok"]
    assert [letter.request_id for letter in desk.store.dead_letters(10)] == ["r-1"]
    assert (summary.succeeded, summary.failed) == (2, 1)
    assert summary.first_error is not None
    assert summary.first_error.code is ErrorCode.MODEL_UNAVAILABLE


def test_a_bad_request_spoils_no_other() -> None:
    bad = ApprovalError(ErrorCode.BAD_PARAMETER, "amount must be a plain number")
    lines, summary = ApprovalService().run(order("r-0"), bad, order("r-2"))

    assert outcomes(lines) == ["ok", "bad_parameter", "ok"]
    assert (summary.succeeded, summary.failed) == (2, 1)


def test_an_id_that_comes_twice_is_refused_the_second_time() -> None:
    lines, _ = ApprovalService().run(order("r-0"), order("r-0"), order("r-1"))

    assert outcomes(lines) == ["ok", "bad_parameter", "ok"]
    assert "'r-0'" in str(lines[1].outcome)
    assert "index 0" in str(lines[1].outcome)


def test_the_same_batch_again_is_answered_from_the_records() -> None:
    desk = ApprovalService()
    first, _ = desk.run(order("r-0"), order("r-1"))
    calls = desk.endpoint.calls
    again, summary = desk.run(order("r-0"), order("r-1"), order("r-2"))

    assert desk.endpoint.calls == calls + 1
    assert outcomes(again) == ["ok"] * 3
    assert summary.spend.attempts == 1
    assert outcomes(first) == ["ok"] * 2


def test_what_the_time_is_over_for_is_not_started_and_not_stored() -> None:
    desk = ApprovalService(seconds=40)
    lines, summary = desk.run(*(order(f"r-{n}", requester=f"Person {n}") for n in range(8)))

    done = summary.succeeded
    assert 0 < done < 8
    assert outcomes(lines) == ["ok"] * done + ["not_started"] * (8 - done)
    assert summary.not_started == 8 - done
    with pytest.raises(ApprovalError, match="not_found"):
        desk.stored("r-7")
    assert desk.clock.seconds <= 240


class Busy(StillClock):
    """Each look at it takes a millisecond; while somebody waits, another call is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = 0
        self.desk: ApprovalService | None = None

    def monotonic(self) -> float:
        super().sleep(0.001)
        return super().monotonic()

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        assert self.desk is not None
        assert self.desk.stored("r-0").analysis is None
        self.answered += 1


def test_another_call_is_answered_again_and_again_while_one_long_text_is_looked_through() -> None:
    clock = Busy()
    desk = clock.desk = ApprovalService(heavy_work=HeavyWork(clock))
    lines, _ = desk.run(order("r-0", "Two desks, 1280.50 USD. " * 1_000))

    assert outcomes(lines) == ["ok"]
    assert clock.answered > 100


def test_of_many_alike_in_one_call_each_names_another_and_one_write_tells_others_of_all() -> None:
    desk = ApprovalService()
    desk.run(*(order(f"r-{n}", amount="120", requester="Ann") for n in range(8)))

    findings = [desk.stored(f"r-{n}").analysis.findings for n in range(8)]  # type: ignore[union-attr] - analysed
    assert [{one.other_request for one in each} for each in findings] == [
        {f"r-{n - 1}"} if n else {"r-1"} for n in range(8)
    ]
    assert (desk.endpoint.calls, desk.storage.reads, desk.storage.writes) == (1, 1, 1)


def test_a_refused_key_ends_the_batch_before_everything_is_tried() -> None:
    desk = ApprovalService()
    desk.endpoint.failing = FailureKind.AUTH
    lines, summary = desk.run(*(order(f"r-{n}", "poison", requester=f"Person {n}") for n in range(9)))

    assert desk.endpoint.calls < 9
    assert summary.not_started > 0
    assert [line.stored_as for line in lines if line.outcome is not None] == [
        f"r-{n}" for n in range(9 - summary.not_started)
    ]


def test_a_key_that_is_refused_midway_leaves_what_was_done() -> None:
    desk = ApprovalService()
    desk.endpoint.failing = FailureKind.AUTH
    lines, summary = desk.run(
        order("r-0", requester=""), order("r-1", "poison", requester=""), *(order() for _ in range(9))
    )

    assert outcomes(lines)[:2] == ["ok", "model_unavailable"]
    assert lines[1].stored_as == "r-1"
    assert summary.not_started > 0


def found(lines: list[BatchLine]) -> list[list[tuple[str, str]]]:
    """Of each line the findings, with the other requests that they name."""
    return [
        [(one.code, one.other_request) for one in line.outcome.analysis.findings]
        for line in lines
        if isinstance(line.outcome, AnalyzeAnswer)
    ]


BILL: dict[str, Any] = {"vendor": "Contoso", "document_number": "7", "amount": Decimal(90)}


@pytest.mark.parametrize("apart", [0, 1, 150])
def test_of_two_bills_in_one_list_each_names_the_other_and_neither_is_approved(apart: int) -> None:
    desk = ApprovalService()
    between = [order(f"b-{n}", requester=f"Person {n}", vendor=f"Vendor {n}") for n in range(apart)]
    lines, _ = desk.run(order("r-1", **BILL), *between, order("r-2", **{**BILL, "requester": "Bo"}))

    codes = found(lines)
    assert (codes[0], codes[-1]) == ([("duplicate_document", "r-2")], [("duplicate_document", "r-1")])
    assert not any(codes[1:-1])
    for request_id in ("r-1", "r-2"):
        stored = desk.stored(request_id).analysis
        assert stored is not None
        assert not route(DEFAULT.policy, desk.stored(request_id).request, stored).auto_approve


def test_each_part_of_a_purchase_in_one_list_is_seen_as_the_whole() -> None:
    parts = [order(f"r-{n}", vendor="Contoso", amount=Decimal(240), document_number=str(n)) for n in range(3)]
    lines, _ = ApprovalService().run(*parts)

    totals = [line.outcome.analysis.combined for line in lines if isinstance(line.outcome, AnalyzeAnswer)]
    assert [total and total.amount for total in totals] == [Decimal(720)] * 3


def test_requests_without_ids_name_each_other_by_the_ids_that_they_get() -> None:
    desk = ApprovalService()
    lines, _ = desk.run(order(**BILL), order(**BILL))
    first, second = [line.stored_as for line in lines]

    assert found(lines) == [[("duplicate_document", second)], [("duplicate_document", first)]]
    assert desk.stored(first).request_id == first != second


def test_a_list_does_not_make_its_own_vendors_known() -> None:
    asking = policy_from_document({**DEFAULT.document, "checks": {"new_vendor": "on", "duplicates": "off"}})
    lines, _ = ApprovalService().run(
        *(order(f"r-{n}", vendor="Contoso", amount=Decimal(n + 1))._replace(policy=asking) for n in range(2))
    )

    assert [code for code, _ in found(lines)[0]] == ["new_vendor"]


def test_what_cannot_be_read_is_no_duplicate_of_anything() -> None:
    bad = ApprovalError(ErrorCode.BAD_PARAMETER, "amount must be a plain number")
    lines, _ = ApprovalService().run(order("r-0", **BILL), bad, order("r-0", **BILL))

    assert found(lines) == [[]]


def test_budgets_count_a_list_from_its_first_request_to_its_last() -> None:
    policy = policy_from_document(
        {**DEFAULT.document, "budgets": [{"name": "All", "period": "year", "amount": 250}]}
    )
    lines, _ = ApprovalService().run(
        *(
            order(f"r-{n}", f"Chair {n}", vendor=f"V{n}", amount=Decimal(100))._replace(policy=policy)
            for n in range(4)
        )
    )

    assert [[code for code, _ in each] for each in found(lines)] == [[], [], ["budget"], ["budget"]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (0, 0, 0)),
        ([7], (7, 7, 7)),
        ([1, 2], (1, 2, 2)),
        (range(100, 0, -1), (50, 95, 99)),
        (range(1, 21), (10, 19, 20)),
    ],
)
def test_percentiles_are_by_nearest_rank(values: list[int], expected: tuple[int, int, int]) -> None:
    found = Percentiles.of(values)

    assert (found.p50, found.p95, found.p99) == expected
