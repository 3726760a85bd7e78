# SPDX-License-Identifier: Apache-2.0
"""Every store keeps records whole, by their exact ids, one version after another."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from approvals.domain.decisions import Decision
from approvals.domain.ledger import record_faults
from approvals.domain.terms import Event, Level, State
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.protocol import ApprovalStore
from tests.approvals.domain import worlds
from tests.approvals.store.contract import CaseFactory, StoreCase, a_record, after, found, in_review


def refused(code: ErrorCode, *words: str) -> pytest.RaisesExc[ApprovalError]:
    """Expects an error with this code, whose message holds every one of the words."""
    everything = "".join(f"(?=.*{re.escape(word)})" for word in words)
    return pytest.RaisesExc(ApprovalError, match=f"^{code}: {everything}")


def test_a_record_comes_back_as_it_was_kept(case: StoreCase) -> None:
    full = worlds.carried_out(
        worlds.record(worlds.stages_policy("manager", "director"), analysis=worlds.analysis(risk="high")),
        Decision(Event.SUBMIT, comment="Ünïcode, \"quotes\", \\ and \x00\u2028 no 'harm' 🙂"),
        worlds.NOW + timedelta(microseconds=1),
    )

    case.open().create(full)

    assert case.open().load(full.request_id) == full
    assert case.restart().load(full.request_id) == full
    assert record_faults(case.open().load(full.request_id)) == []


@given(request=worlds.requests, analysis=worlds.analyses)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_record_comes_back_equal(make_case: CaseFactory, request: object, analysis: object) -> None:
    record = worlds.record(request=request, analysis=analysis)
    with make_case() as case:
        case.open().create(record, fresh=True)
        assert case.restart().load(record.request_id) == record


def test_amounts_keep_their_digits(store: ApprovalStore) -> None:
    for amount in ("0.10", "1E+3", "123456789012345678901234567890.123456789"):
        request = worlds.request(request_id=f"r-{amount}".replace("+", "_"), amount=Decimal(amount))
        store.create(worlds.record(request=request))
        assert str(store.load(request.request_id).request.amount) == amount


def test_an_unknown_id_is_not_found(store: ApprovalStore) -> None:
    with refused(ErrorCode.NOT_FOUND, "'r-404'"):
        store.load("r-404")
    with refused(ErrorCode.NOT_FOUND, "'r-404'"):
        store.save(after(a_record("r-404")), expected_version=1)


def test_an_id_is_taken_once(case: StoreCase) -> None:
    case.open().create(a_record(content="the first"))

    for store in (case.open(), case.restart()):
        with refused(ErrorCode.ALREADY_EXISTS, "'r-1'"):
            store.create(a_record(content="the second"))

    assert case.open().load("r-1").request.content == "the first"
    assert found(case.open()) == ["r-1"]


@pytest.mark.parametrize(
    "ids",
    [
        ("req-1", "REQ-1", "Req-1"),
        ("a.b", "a:b", "a@b", "a_b", "a-b", "ab"),
        ("a..b", "a.", "a"),
        ("7" * 128, "7" * 127),
    ],
)
def test_ids_that_look_alike_are_different_requests(case: StoreCase, ids: tuple[str, ...]) -> None:
    for request_id in ids:
        case.open().create(a_record(request_id, content=f"content of {request_id}"))

    store = case.restart()
    assert [store.load(request_id).request.content for request_id in ids] == [f"content of {i}" for i in ids]
    assert sorted(found(store)) == sorted(ids)


def test_a_save_replaces_the_record(case: StoreCase) -> None:
    record = a_record()
    case.open().create(record)
    analysed = after(record, analysis=worlds.analysis())
    reviewed = in_review(analysed, worlds.NOW, Level.VP)

    case.open().save(analysed, expected_version=1)
    case.open().save(reviewed, expected_version=2)

    assert case.open().load("r-1") == reviewed
    assert case.restart().load("r-1") == reviewed


def test_a_save_on_another_version_is_a_conflict_and_changes_nothing(case: StoreCase) -> None:
    record = a_record()
    case.open().create(record)
    winner = after(record, state=State.WITHDRAWN)
    case.open().save(winner, expected_version=1)

    for store in (case.open(), case.restart()):
        with refused(ErrorCode.VERSION_CONFLICT, "'r-1'", "version 2", "not 1"):
            store.save(after(record, state=State.APPROVED), expected_version=1)
        with refused(ErrorCode.VERSION_CONFLICT, "'r-1'", "version 2", "not 3"):
            store.save(after(after(winner)), expected_version=3)
        assert store.load("r-1") == winner


def test_a_record_that_is_too_large_is_refused_and_nothing_is_kept(store: ApprovalStore) -> None:
    with refused(ErrorCode.BAD_PARAMETER, "'r-1'", "450,000", "request"):
        store.create(a_record(content="x" * 450_000))
    with refused(ErrorCode.NOT_FOUND):
        store.load("r-1")

    store.create(a_record(content="x" * 400_000))
    with refused(ErrorCode.BAD_PARAMETER, "'r-1'"):
        store.save(after(a_record(content="é" * 230_000)), expected_version=1)
    assert store.load("r-1") == a_record(content="x" * 400_000)
