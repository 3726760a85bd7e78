# SPDX-License-Identifier: Apache-2.0
"""Budgets on the way through analyses and decisions: what counts, and who signs what they do not cover."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from approvals.domain.policy_reader import PolicyDocument, policy_from_document
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Flag, Level, State
from approvals.errors import ApprovalError, ErrorCode
from approvals.service.answers import AnalyzeAnswer, Status
from approvals.service.sweeping import Sweeping
from approvals.store.dify.budgets import KEY
from tests.approvals.service.test_comparing import World

IT: dict[str, Any] = {"name": "IT", "cost_center": [4711], "period": "year", "amount": 1000}


def policy(*budgets: dict[str, Any], **changes: Any) -> PolicyDocument:
    rules = [
        {"name": "small", "when": {"amount": {"to": 500}}, "then": {"auto_approve": True}},
        {"name": "large", "then": {"stages": ["manager"]}},
    ]
    off = {"duplicates": "off", "splitting": "off"}
    return policy_from_document(
        {"version": 1, "rules": rules, "checks": off, "budgets": list(budgets) or [IT], **changes}
    )


def ask(
    world: World, request_id: str, amount: int, under: PolicyDocument | None = None, **facts: Any
) -> AnalyzeAnswer:
    given = {"cost_center": "4711", "amount": Decimal(amount), **facts}
    return world.analyze(request_id, under or policy(), **given)


def used(answer: AnalyzeAnswer) -> list[tuple[str, int]]:
    return [(use.budget, use.percent) for use in answer.analysis.budgets]


def spent(world: World) -> Decimal:
    """What all requests take of `IT`, as one is told that is withdrawn then."""
    look = f"look-{world.clock.monotonic()}-{len(world.storage.values)}"
    (use,) = ask(world, look, 1).analysis.budgets
    world.decide(look, Event.WITHDRAW, "Ann")
    return use.others


def stages(world: World, request_id: str) -> list[str]:
    world.decide(request_id, Event.SUBMIT)
    routed = world.store.load(request_id).route
    assert routed is not None
    return [level.value for level in routed.stages]


def test_what_a_budget_covers_is_told_and_what_it_does_not_goes_one_level_higher() -> None:
    world = World()
    within, beyond = ask(world, "r-1", 400), ask(world, "r-2", 601)

    assert (used(within), within.analysis.findings) == ([("IT", 40)], ())
    assert used(beyond) == [("IT", 101)]
    assert [finding.code for finding in beyond.analysis.findings] == ["budget"]
    assert (within.auto_approve_eligible, beyond.auto_approve_eligible) == (True, False)
    assert (stages(world, "r-1"), stages(world, "r-2")) == ([], ["manager", "director"])
    assert world.store.load("r-1").state is State.APPROVED


def test_open_and_approved_requests_count_and_closed_ones_do_not() -> None:
    world = World()
    for request_id in ("approved", "open"):
        ask(world, request_id, 100)
    assert stages(world, "approved") == []  # auto-approved
    for request_id, amount in (("rejected", 501), ("withdrawn", 502), ("expired", 503)):
        ask(world, request_id, amount)
        world.decide(request_id, Event.SUBMIT)
    world.decide("rejected", Event.REJECT, "Dan", actor_level=Level.DIRECTOR)
    world.decide("withdrawn", Event.WITHDRAW, "Ann")

    assert spent(world) == 100 + 100 + 503  # the last one is open until nobody has decided in time
    for _ in range(5):
        world.pass_hours(30)
        world.sweep()
    assert world.store.load("expired").state is State.EXPIRED
    world.restart()
    assert spent(world) == 100 + 100


def test_a_request_that_was_asked_back_counts_with_its_new_content() -> None:
    world = World()
    ask(world, "r-1", 900)
    world.decide("r-1", Event.SUBMIT)
    world.decide("r-1", Event.RETURN, "Mia", actor_level=Level.MANAGER, comment="All of it?")
    assert spent(world) == 900
    revised = world.analyze("", policy(), revision_of="r-1", amount=Decimal(600), cost_center="4711")
    world.decide("r-1", Event.RESUBMIT, "Ann")
    assert used(revised) == [("IT", 60)]
    world.decide("r-1", Event.RETURN, "Mia", actor_level=Level.MANAGER, comment="Ours?")
    world.analyze("", policy(), revision_of="r-1", amount=Decimal(600), cost_center="42")

    assert spent(world) == 0


def test_a_repeated_call_counts_once() -> None:
    world = World()
    ask(world, "r-1", 400)
    again = ask(world, "r-1", 400)

    assert (again.replayed, used(again)) == (True, [("IT", 40)])
    assert used(ask(world, "r-2", 100)) == [("IT", 50)]


def test_a_raised_budget_keeps_what_was_spent() -> None:
    world = World()
    ask(world, "r-1", 900)

    assert used(ask(world, "r-2", 100, policy({**IT, "amount": 2000}))) == [("IT", 50)]


def test_all_budgets_that_cover_a_request_are_told_the_fullest_first_at_the_cost_of_one_read_and_one_write() -> (
    None
):
    world = World()
    both = policy(IT, {"name": "All", "period": "month", "amount": 200})
    reads: list[str] = []
    get = world.storage.get
    world.storage.get = lambda key: (reads.append(key), get(key))[1]  # type: ignore[method-assign, func-returns-value]

    answer = ask(world, "r-1", 300, both)

    assert used(answer) == [("All", 150), ("IT", 30)]
    assert [finding.message.count("'All'") for finding in answer.analysis.findings] == [1]
    assert reads.count(KEY) == 1
    assert [key for key in world.storage.values if key.startswith("budget/")] == [KEY]


def test_of_two_at_once_at_least_one_sees_the_other() -> None:
    world = World()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: ask(world, f"r-{number}", 400), range(4)))

    assert max(percent for answer in answers for _, percent in used(answer)) == 160
    assert sum(bool(answer.analysis.findings) for answer in answers) >= 2
    assert spent(world) == 1600


def test_what_was_removed_stays_spent_if_it_was_approved() -> None:
    world = World()
    short = policy(retention_days=1)
    for request_id, event in (("approved", Event.APPROVE), ("rejected", Event.REJECT)):
        ask(world, request_id, 600 if event is Event.REJECT else 501, short)
        world.decide(request_id, Event.SUBMIT)
        world.decide(request_id, event, "Mia", actor_level=Level.MANAGER)
        world.decide(request_id, event, "Dan", actor_level=Level.DIRECTOR)
    world.pass_hours(48)

    assert Sweeping(world.store, world.deciding, world.clock).sweep(10).removed == 2
    assert spent(world) == 501


@pytest.mark.parametrize("code", [ErrorCode.STORE_UNAVAILABLE, ErrorCode.STORE_FULL])
def test_budgets_that_cannot_be_counted_fail_no_request_but_send_it_to_a_person(
    monkeypatch: pytest.MonkeyPatch, code: ErrorCode
) -> None:
    world = World()

    def broken(*_: object) -> None:
        raise ApprovalError(code, "scripted")

    monkeypatch.setattr(world.store, "enter_budgets", broken)
    answer = ask(world, "r-1", 100)

    assert (answer.status, answer.flags) == (Status.OK, (Flag.NOT_COMPARED,))
    assert not answer.auto_approve_eligible


def test_damaged_budgets_are_not_taken_for_empty_ones() -> None:
    world = World()
    world.storage.values[KEY] = b'{"settled":{'

    assert ask(world, "r-1", 100).flags == (Flag.NOT_COMPARED,)
    assert world.storage.values[KEY] == b'{"settled":{'


@pytest.mark.parametrize("event", [Event.APPROVE, Event.REJECT])
def test_a_decision_stands_where_budgets_cannot_be_written_and_the_removal_makes_up_for_it(
    monkeypatch: pytest.MonkeyPatch, event: Event
) -> None:
    world = World()
    short = policy(retention_days=1)
    ask(world, "r-1", 501, short)
    world.decide("r-1", Event.SUBMIT)

    def broken(*_: object) -> None:
        raise ApprovalError(ErrorCode.STORE_UNAVAILABLE, "scripted")

    with monkeypatch.context() as patched:
        patched.setattr(world.store, "settle_budgets", broken)
        patched.setattr(world.store, "leave_budgets", broken)
        assert world.decide("r-1", event, "Mia", actor_level=Level.MANAGER).status is Status.OK
    assert spent(world) == 501
    world.pass_hours(48)
    Sweeping(world.store, world.deciding, world.clock).sweep(10)

    assert spent(world) == (501 if event is Event.APPROVE else 0)


@pytest.mark.parametrize(("event", "counts"), [(Event.APPROVE, 501), (Event.REJECT, 0)])
def test_an_analysis_that_comes_after_the_decision_counts_as_the_decision_says(
    event: Event, counts: int
) -> None:
    world = World()

    def decided_meanwhile(record: ApprovalRecord) -> None:
        world.decide(record.request_id, Event.SUBMIT)
        for who, level in (("Mia", Level.MANAGER), ("Dan", Level.DIRECTOR), ("Vic", Level.VP)):
            world.decide(record.request_id, event, who, actor_level=level)

    create = world.store.create
    under = policy()
    world.store.put_policy(under.digest, under.document)
    world.store.create = lambda record, fresh=False: (create(record, fresh=fresh), decided_meanwhile(record))  # type: ignore[method-assign, assignment, func-returns-value]
    ask(world, "r-1", 501, under)
    world.store.create = create  # type: ignore[method-assign]

    assert world.store.load("r-1").state.final
    assert spent(world) == counts


def test_two_calls_for_one_request_count_once_though_the_first_was_approved_before_the_second_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    complete = world.complete

    def approved_meanwhile(*asked: Any) -> Any:
        with monkeypatch.context() as inner:
            inner.setattr(world, "complete", complete)
            ask(world, "r-1", 400)
        world.decide("r-1", Event.SUBMIT)
        return complete(*asked)

    with monkeypatch.context() as patched:
        patched.setattr(world, "complete", approved_meanwhile)
        assert ask(world, "r-1", 400).replayed

    assert world.store.load("r-1").state is State.APPROVED
    assert spent(world) == 400


def test_a_revision_that_is_read_after_its_request_was_withdrawn_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    ask(world, "r-1", 900)
    world.decide("r-1", Event.SUBMIT)
    world.decide("r-1", Event.RETURN, "Mia", actor_level=Level.MANAGER, comment="All of it?")
    complete = world.complete

    def withdrawn_meanwhile(*asked: Any) -> Any:
        world.decide("r-1", Event.WITHDRAW, "Ann")
        return complete(*asked)

    with monkeypatch.context() as patched:
        patched.setattr(world, "complete", withdrawn_meanwhile)
        with pytest.raises(ApprovalError, match="version_conflict"):
            world.analyze("", policy(), revision_of="r-1", amount=Decimal(600), cost_center="4711")

    assert world.store.load("r-1").state is State.WITHDRAWN
    assert spent(world) == 0


def test_without_budgets_nothing_is_kept_of_them() -> None:
    world = World()
    answer = ask(world, "r-1", 100, policy_from_document({"version": 1}))
    stages(world, "r-1")
    world.decide("r-1", Event.REJECT, "Mia", actor_level=Level.MANAGER)

    assert answer.analysis.budgets == ()
    assert not any(key.startswith("budget/") for key in world.storage.values)
