# SPDX-License-Identifier: Apache-2.0
"""Every store keeps the last refused decisions of each request."""

from datetime import timedelta

from approvals.domain.records import Refusal
from approvals.domain.terms import Event, HowKnown
from approvals.errors import ErrorCode
from approvals.store.protocol import REFUSALS_KEPT
from tests.approvals.store.contract import T0, StoreCase, a_record
from tests.approvals.store.test_contract_races import at_once


def a_refusal(number: int = 0, actor: str = "Ann") -> Refusal:
    return Refusal(
        at=T0 + timedelta(seconds=number),
        event=Event.APPROVE,
        actor=actor,
        actor_level="manager",
        how_known=HowKnown.TYPED,
        comment="Ünïcode \x00 🙂",
        code=ErrorCode.NOT_AUTHORIZED,
        reason=f"refused {number}",
    )


def test_refusals_come_back_oldest_first_and_belong_to_one_request(case: StoreCase) -> None:
    case.open().create(a_record())
    for number in range(3):
        case.open().note_refusal("r-1", a_refusal(number))
    case.open().note_refusal("R-1", a_refusal(9))

    for store in (case.open(), case.restart()):
        assert list(store.refusals("r-1")) == [a_refusal(0), a_refusal(1), a_refusal(2)]
        assert list(store.refusals("R-1")) == [a_refusal(9)]
        assert list(store.refusals("r-2")) == []


def test_the_last_hundred_are_kept(case: StoreCase) -> None:
    store = case.open()
    for number in range(REFUSALS_KEPT + 5):
        store.note_refusal("r-1", a_refusal(number))

    kept = case.restart().refusals("r-1")
    assert [one.reason for one in kept] == [f"refused {number}" for number in range(5, REFUSALS_KEPT + 5)]


def test_of_many_refusals_at_once_none_is_lost(case: StoreCase) -> None:
    answers = at_once(
        case.threads, lambda number: case.open().note_refusal("r-1", a_refusal(actor=str(number)))
    )

    assert set(answers) == {None}
    assert {one.actor for one in case.open().refusals("r-1")} == {str(n) for n in range(case.threads)}
