# SPDX-License-Identifier: Apache-2.0
"""Every store counts what requests take of budgets: while they are open, for good, or no longer."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.domain import budgets
from approvals.domain.budgets import BudgetEntry
from approvals.store.protocol import ApprovalStore
from tests.approvals.store.contract import T0, CaseFactory, StoreCase
from tests.approvals.store.test_contract_races import at_once

IT, SALES = "2026-01-01 it", "2026-03-01 sales"


def entry(request_id: str, minutes: int = 0, /, **takes: str) -> BudgetEntry:
    accounts = {"it": IT, "sales": SALES}
    amounts = {accounts[name]: Decimal(amount) for name, amount in takes.items()}
    return BudgetEntry(request_id=request_id, at=T0 + timedelta(minutes=minutes), takes=amounts)


def enter(store: ApprovalStore, one: BudgetEntry) -> Mapping[str, Decimal]:
    (told,) = store.enter_budgets([one])
    return told


def spent(store: ApprovalStore, account: str = IT) -> Decimal:
    """What all requests take, as one that takes hardly anything is told."""
    look = BudgetEntry(request_id="look", at=T0, takes={account: Decimal("0.01")})
    try:
        return enter(store, look)[account]
    finally:
        store.leave_budgets("look")


def test_a_request_is_told_what_all_others_take_of_its_accounts(case: StoreCase) -> None:
    store = case.open()
    enter(store, entry("r-1", it="10.10", sales="5"))
    enter(store, entry("r-2", it="0.20"))

    for handle in (store, case.restart()):
        assert enter(handle, entry("r-3", it="7")) == {IT: Decimal("10.30")}
        assert enter(handle, entry("r-1", it="10.10", sales="5")) == {IT: Decimal("7.20"), SALES: 0}


def test_several_at_once_are_told_what_those_before_them_take(case: StoreCase) -> None:
    store = case.open()
    enter(store, entry("r-0", it="1"))
    entries = [
        entry("r-1", it="2"),
        entry("r-2", sales="3"),
        entry("r-0", it="4"),
        entry("r-3", it="5", sales="6"),
    ]

    for handle in (store, case.restart()):
        told = handle.enter_budgets(entries)

        assert told == [{IT: 0}, {SALES: 0}, {IT: 2}, {IT: 6, SALES: 3}]
    assert store.enter_budgets([]) == []


def test_new_content_takes_the_place_of_the_old(case: StoreCase) -> None:
    store = case.open()
    enter(store, entry("r-1", it="10"))
    enter(store, entry("r-1", sales="4"))
    assert (spent(store, IT), spent(store, SALES)) == (0, 4)
    enter(store, entry("r-1"))

    assert (spent(case.restart(), IT), spent(case.restart(), SALES)) == (0, 0)


def test_what_was_approved_counts_for_good_and_once_and_what_was_not_counts_no_more(case: StoreCase) -> None:
    store = case.open()
    for request_id in ("approved", "rejected", "open"):
        enter(store, entry(request_id, it="10.50", sales="1"))
    for _ in range(2):
        store.settle_budgets("approved")
        store.leave_budgets("rejected")
    store.leave_budgets("approved")
    store.settle_budgets("never there")

    for handle in (store, case.restart()):
        assert (spent(handle, IT), spent(handle, SALES)) == (Decimal("21.00"), 2)


@pytest.mark.parametrize("times", range(3))
def test_two_at_once_see_each_other(case: StoreCase, times: int) -> None:
    own = f"2026-0{times + 1}-01 it"

    def enter_one(number: int) -> Decimal:
        one = BudgetEntry(request_id=f"{times}-{number}", at=T0, takes={own: Decimal(1)})
        return enter(case.open(), one)[own]

    assert sorted(at_once(2, enter_one)) in ([0, 1], [1, 1])


def test_of_many_at_once_none_is_lost_whatever_becomes_of_them(case: StoreCase) -> None:
    def enter_and_close(number: int) -> None:
        store = case.open()
        enter(store, entry(f"r-{number}", it="1", sales="2"))
        store.settle_budgets(f"r-{number}") if number % 2 else store.leave_budgets(f"r-{number}")

    at_once(case.threads, enter_and_close)

    approved = case.threads // 2
    assert (spent(case.restart(), IT), spent(case.restart(), SALES)) == (approved, 2 * approved)


def test_ids_and_sums_are_exact(case: StoreCase) -> None:
    store = case.open()
    enter(store, entry("R-1", it="999999999999999.99"))
    store.settle_budgets("r-1")
    enter(store, entry("r-1", it="0.000001"))
    store.settle_budgets("R-1")
    store.settle_budgets("r-1")

    assert spent(case.restart()) == Decimal("999999999999999.990001")


def test_of_too_many_open_ones_the_oldest_count_for_good(
    case: StoreCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "OPEN_KEPT", 3)
    store = case.open()
    for number in range(6):
        enter(store, entry(f"r-{number}", number, it="1"))
    for number in range(6):
        store.leave_budgets(f"r-{number}")

    assert spent(case.restart()) == 3


steps = st.lists(
    st.tuples(
        st.sampled_from(["enter", "enter", "settle", "leave"]),
        st.sampled_from(["r-1", "r-2", "r-3"]),
        st.dictionaries(st.sampled_from([IT, SALES]), st.decimals("0.01", 1000, places=2)),
    ),
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_every_history_comes_to_what_a_list_of_all_requests_comes_to(
    make_case: CaseFactory, done: list[tuple[str, str, Mapping[str, Decimal]]]
) -> None:
    with make_case() as made:
        store = made.open()
        open_ones: dict[str, Mapping[str, Decimal]] = {}
        settled: list[Mapping[str, Decimal]] = []
        for step, request_id, takes in done:
            if step == "enter":
                told = enter(store, BudgetEntry(request_id=request_id, at=T0, takes=takes))
                others = [*settled, *(one for known, one in open_ones.items() if known != request_id)]
                assert told == {
                    account: sum(one.get(account, Decimal(0)) for one in others) for account in takes
                }
                open_ones[request_id] = takes
            elif step == "settle":
                store.settle_budgets(request_id)
                settled += [open_ones.pop(request_id)] if request_id in open_ones else []
            else:
                store.leave_budgets(request_id)
                open_ones.pop(request_id, None)
        everyone = [*settled, *open_ones.values()]
        for account in (IT, SALES):
            assert spent(made.restart(), account) == sum(one.get(account, Decimal(0)) for one in everyone)
