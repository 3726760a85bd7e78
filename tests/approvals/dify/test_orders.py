# SPDX-License-Identifier: Apache-2.0
"""A call's parameters become what the use cases ask for, in process; tests/plugin does the same over stdio."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from approvals.dify.orders import (
    analyze_order,
    batch_order,
    default_policy,
    find_order,
    named_request,
    replay_order,
    route_order,
    sweep_limit,
)
from approvals.dify.parameters import MOST_IDS
from approvals.domain.decisions import Decision
from approvals.domain.terms import Event, IfRefused, Language, Level, State
from approvals.errors import ApprovalError, ErrorCode
from approvals.service import AnalyzeOrder


def test_every_field_of_a_request_is_read() -> None:
    order = analyze_order(
        {
            "content": " Two desks ",
            "request_id": "PO-1",
            "request_type": "Purchase",
            "amount": "1.280,50 EUR",
            "requester": "Mia",
            "vendor": "Nordic",
            "document_number": "INV-1",
            "document_date": "2026/11/3",
            "cost_center": 4711,
            "priority": "Urgent",
            "deadline_hours": "1.5",
            "context": '{"left": 9000}',
            "model": "m",
            "language": "pt-BR",
            "idempotency_key": "k",
            "revision_of": "PO-0",
        }
    )
    request = order.request

    assert (request.content, request.request_type) == ("Two desks", "purchase")
    assert (request.amount, request.currency) == (Decimal("1280.50"), "EUR")
    assert (request.vendor, request.document_number, request.cost_center) == ("Nordic", "INV-1", "4711")
    assert (request.document_date, request.priority) == (date(2026, 11, 3), 1)
    assert (request.deadline_hours, request.context) == (Decimal("1.5"), {"left": 9000})
    assert request.language is Language.PORTUGUESE
    assert (order.model, order.idempotency_key, order.revision_of) == ("m", "k", "PO-0")
    assert order.policy is default_policy()
    assert order.received is not None


def test_what_is_left_out_is_empty() -> None:
    request = analyze_order({"content": "A chair"}).request

    assert request.model_dump(exclude_defaults=True) == {"request_id": "", "content": "A chair"}


@pytest.mark.parametrize("word", ["urgent", "high", "normal", "low"])
def test_the_words_of_priority_are_the_numbers_one_to_four(word: str) -> None:
    number = ["urgent", "high", "normal", "low"].index(word) + 1
    for given in (word, f" {word.upper()} ", str(number), number):
        assert analyze_order({"content": "x", "priority": given}).request.priority == number


@pytest.mark.parametrize(
    "given", ["03/11/2026", "2026-13-01", "2026-02-30", "2026-11/03", "26-11-03", "x" * 90, 5]
)
def test_a_date_with_two_readings_or_none_is_refused(given: object) -> None:
    with pytest.raises(ApprovalError, match="document_date must be a date with the year first") as refused:
        analyze_order({"content": "x", "document_date": given})
    assert refused.value.code is ErrorCode.BAD_PARAMETER


def test_an_event_is_read_with_who_how_and_what_if() -> None:
    order = route_order(
        {
            "request_id": "PO-1",
            "event": "APPROVE",
            "actor": "Bea",
            "actor_level": "Manager",
            "comment": "fine",
            "expected_version": "3",
            "content_digest": "AB" * 32,
            "if_refused": "Escalate",
            "language": "ja",
            "idempotency_key": "k",
        }
    )

    assert (order.request_id, order.language) == ("PO-1", Language.JAPANESE)
    assert order.decision == Decision(
        event=Event.APPROVE,
        actor="Bea",
        actor_level=Level.MANAGER,
        comment="fine",
        expected_version=3,
        idempotency_key="k",
        content_digest="ab" * 32,
        if_refused=IfRefused.ESCALATE,
    )


def test_an_event_with_nothing_else_stops_where_it_is_refused() -> None:
    assert route_order({"request_id": "r", "event": "submit"}).decision == Decision(Event.SUBMIT)


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (None, ()),
        ("", ()),
        ("r-1", ("r-1",)),
        (" r-1 , r-2,,r-1 ", ("r-1", "r-2")),
        (["r-1", None, "", "r-2"], ("r-1", "r-2")),
        ('["r-1", "r-2"]', ("r-1", "r-2")),
        ("['r-1', None, 'r-2']", ("r-1", "r-2")),
        ("[]", ()),
        (17, ("17",)),
    ],
    ids=str,
)
def test_one_id_or_several_are_read_each_once(given: object, ids: tuple[str, ...]) -> None:
    assert find_order({"request_id": given}).request_ids == ids


@pytest.mark.parametrize(
    "given",
    ["../x", "a b", "[1, {}]", "[", "[[]]", {"a": 1}, [True], [f"r-{n}" for n in range(MOST_IDS + 1)]],
    ids=str,
)
def test_what_is_no_id_is_refused_by_name(given: object) -> None:
    with pytest.raises(ApprovalError, match=r"^bad_parameter: request_id "):
        find_order({"request_id": given})


def test_the_filters_of_a_search_have_their_defaults() -> None:
    order = find_order({"state": "approved", "overdue": "yes"})

    assert (order.state, order.level, order.requester, order.limit) == (State.APPROVED, None, "", 20)
    assert (order.overdue, order.verify_ledger, order.cursor) == (True, False, "")
    assert (sweep_limit({}), replay_order({}), replay_order({"limit": "3", "request_id": "r"})) == (
        100,
        (10, ""),
        (3, "r"),
    )


@pytest.mark.parametrize(("word", "closed"), [("Open", False), ("closed", True)])
def test_a_search_may_ask_for_all_that_is_open_or_closed(word: str, closed: bool) -> None:
    order = find_order({"state": word, "approver": "Bea"})
    assert (order.state, order.closed, order.approver) == (None, closed, "Bea")


def test_a_state_that_does_not_exist_is_refused_with_all_words_that_do() -> None:
    with pytest.raises(ApprovalError, match=r"must be one of pending, .*, open, closed"):
        find_order({"state": "ajar"})


def test_a_bad_request_of_a_batch_is_in_its_place() -> None:
    order = batch_order({"requests": [{"content": "A chair"}, {"content": ""}, "x"], "max_concurrency": "2"})

    kinds: list[type[Any]] = [type(item) for item in order.items]
    assert kinds == [AnalyzeOrder, ApprovalError, ApprovalError]
    assert (order.total, order.max_concurrency) == (3, 2)


@pytest.mark.parametrize(("given", "name"), [("r-1", "r-1"), ("../x", ""), (None, ""), ([], "")], ids=str)
def test_the_request_that_a_bad_call_means_is_known_where_its_id_can_be_read(
    given: object, name: str
) -> None:
    assert named_request({"request_id": given, "event": "shrug"}) == name


DETAILS = (
    "Ten chairs\nSUPPLIER: Contoso\nInvoice: INV-17; Kostenstelle: 4711\nSite country: DE\nMood: good\n"
    "Vendor: Fabrikam"
)
TESTS_COUNTRY = (
    "{version: 1, rules: [{name: a, when: {context: {site.country: [DE]}}, then: {stages: [vp]}}]}"
)


def test_lines_of_details_state_what_no_parameter_states() -> None:
    request = analyze_order({"content": "x", "details": DETAILS, "policy": TESTS_COUNTRY}).request

    assert (request.vendor, request.document_number, request.cost_center) == ("Contoso", "INV-17", "4711")
    assert request.context == {"site.country": "DE"}


def test_a_parameter_outranks_a_line_of_details() -> None:
    stated = {"vendor": "Northwind", "cost_center": "9", "context": {"site.country": "FR", "a": 1}}

    request = analyze_order({"content": "x", "details": DETAILS, "policy": TESTS_COUNTRY, **stated}).request

    assert (request.vendor, request.document_number, request.cost_center) == ("Northwind", "INV-17", "9")
    assert request.context == {"site.country": "FR", "a": 1}


def test_without_details_no_line_of_the_content_states_anything() -> None:
    request = analyze_order({"content": DETAILS, "policy": TESTS_COUNTRY}).request

    assert (request.vendor, request.document_number, request.context) == ("", "", {})
