# SPDX-License-Identifier: Apache-2.0
"""Every store gives a request the others of its vendor and its requester, and those that come at the same moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from approvals.domain.retention import tombstone_of
from approvals.domain.traces import TRACES_GIVEN, Trace
from approvals.store.protocol import ApprovalStore
from tests.approvals.store.contract import T0, StoreCase
from tests.approvals.store.test_contract_races import at_once
from tests.approvals.store.test_contract_retention import decided

DAY = timedelta(days=1)
SINCE = T0 - 400 * DAY


def a_trace(request_id: str, ago: timedelta = DAY, **facts: Any) -> Trace:
    given = {"vendor": "v1", "requester": "q1", "amount": Decimal("12.50"), "currency": "EUR"}
    return Trace(request_id=request_id, at=T0 - ago, **{**given, **facts})


def given(store: ApprovalStore, own: Trace, since: datetime = SINCE) -> Sequence[Trace]:
    (found,) = store.trace((own,), since)
    return found


def others(store: ApprovalStore, own: Trace) -> list[str]:
    return [trace.request_id for trace in given(store, own)]


def test_a_request_is_given_the_others_of_its_vendor_and_of_its_requester_newest_first(
    case: StoreCase,
) -> None:
    known = [
        a_trace("vendor-only", 3 * DAY, requester="q2"),
        a_trace("requester-only", 2 * DAY, vendor=""),
        a_trace("both", 1 * DAY, words=(1, 2**32 - 1)),
        a_trace("neither", requester="q2", vendor="v2"),
        a_trace("nothing", requester="", vendor=""),
    ]
    for one in known:
        case.open().trace((one,), SINCE)

    for store in (case.open(), case.restart()):
        found = given(store, a_trace("own", timedelta(0)))
        assert list(found) == [known[2], known[1], known[0]]
        assert others(store, a_trace("nothing", requester="", vendor="")) == []


def test_a_repeat_is_one_trace_and_new_facts_take_its_place(case: StoreCase) -> None:
    store = case.open()
    store.trace((a_trace("changed", amount=Decimal(1)),), SINCE)
    assert others(store, a_trace("changed", amount=Decimal(1))) == []
    store.trace((a_trace("changed", amount=Decimal(2), requester="q1"),), SINCE)

    for handle in (store, case.restart()):
        assert [one.amount for one in given(handle, a_trace("own"))] == [Decimal(2)]


def test_what_is_older_than_asked_for_is_not_given(case: StoreCase) -> None:
    store = case.open()
    store.trace((a_trace("old", 401 * DAY),), T0 - 500 * DAY)
    store.trace((a_trace("young", 400 * DAY),), SINCE)

    assert others(store, a_trace("own")) == ["young"]


def test_of_more_than_a_hundred_the_newest_are_given(case: StoreCase) -> None:
    store = case.open()
    for number in range(TRACES_GIVEN + 5):
        store.trace((a_trace(f"r-{number:03}", timedelta(minutes=1000 - number), vendor=""),), SINCE)

    for handle in (store, case.restart()):
        given = others(handle, a_trace("own", timedelta(0), vendor=""))
        assert given == [f"r-{number:03}" for number in range(TRACES_GIVEN + 4, 4, -1)]


def test_of_many_in_one_call_each_is_given_those_before_it(case: StoreCase) -> None:
    store = case.open()
    store.trace((a_trace("stored", 2 * DAY),), SINCE)
    owns = [
        a_trace("first", timedelta(hours=3), vendor=""),
        a_trace("second", timedelta(hours=2)),
        a_trace("nothing", timedelta(hours=1), vendor="", requester=""),
        a_trace("third", timedelta(0), requester="q2"),
    ]

    found = store.trace(owns, SINCE)

    ids = [[trace.request_id for trace in one] for one in found]
    assert ids == [["stored"], ["first", "stored"], [], ["second", "stored"]]
    for handle in (store, case.restart()):
        assert others(handle, a_trace("own", -DAY)) == ["third", "second", "first", "stored"]


@pytest.mark.parametrize("times", range(3))
def test_two_at_once_see_each_other(case: StoreCase, times: int) -> None:
    given = at_once(
        2, lambda number: others(case.open(), a_trace(f"{times}-{number}", vendor=f"v{times}", requester=""))
    )

    assert sorted(map(len, given)) in ([0, 1], [1, 1])


def test_of_many_at_once_none_is_lost(case: StoreCase) -> None:
    at_once(case.threads, lambda number: others(case.open(), a_trace(f"r-{number}")))

    for store in (case.open(), case.restart()):
        assert set(others(store, a_trace("own"))) >= {f"r-{number}" for number in range(case.threads)}


def test_a_forgotten_trace_is_given_to_nobody(case: StoreCase) -> None:
    store = case.open()
    for request_id in ("gone", "stays"):
        store.trace((a_trace(request_id),), SINCE)

    store.forget_trace(a_trace("gone"))
    store.forget_trace(a_trace("never there"))

    for handle in (store, case.restart()):
        assert others(handle, a_trace("own")) == ["stays"]


def test_ids_are_compared_exactly(case: StoreCase) -> None:
    store = case.open()
    store.trace((a_trace("R-1"),), SINCE)

    assert others(store, a_trace("r-1")) == ["R-1"]


def test_what_is_removed_can_be_forgotten_before_or_after(case: StoreCase) -> None:
    store = case.open()
    record = decided(store, "r-1", DAY)
    store.trace((a_trace("r-1"),), SINCE)
    store.remove(record, tombstone_of(record, T0 + DAY))
    store.forget_trace(a_trace("r-1"))

    assert others(case.restart(), a_trace("own")) == []
