# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal

from approvals.domain.budgets import BudgetEntry
from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event, Level
from devkit.move.target import Outcome
from tests.approvals.domain import worlds
from tests.approvals.store.contract import T0
from tests.devkit.move.test_move import APPROVE, REJECT, World
from tests.devkit.move.test_move import world as world  # noqa: PLC0414 - the fixture of that file

DIRECTOR = Decision(Event.APPROVE, actor="Di", actor_level=Level.DIRECTOR)


def with_policy(world: World, record: ApprovalRecord) -> ApprovalRecord:
    """The record with its policy in it, so that events can be carried out on it."""
    return record.model_copy(update={"policy": world.database.policy(record.policy_digest)})


def test_budgets_go_on_in_the_database_and_are_counted_once_however_often_they_are_moved(
    world: World,
) -> None:
    records = {name: world.submitted(name) for name in ("approved", "rejected", "open", "decided-there")}
    for name in records:
        world.store.enter_budgets([BudgetEntry(request_id=name, at=T0, takes={"2026-01-01 it": Decimal(10)})])
    assert world.move().budgets == {Outcome.MOVED: 4}
    assert world.move().budgets == {Outcome.UNCHANGED: 4}

    world.decided(world.decided(records["approved"], APPROVE), DIRECTOR)
    world.store.settle_budgets("approved")
    world.decided(records["rejected"], REJECT)
    world.store.leave_budgets("rejected")
    there = world.database.load("decided-there")
    world.database.save(worlds.carried_out(with_policy(world, there), REJECT), there.version)
    world.database.leave_budgets("decided-there")
    for _ in range(2):
        world.move()

    look = BudgetEntry(request_id="look", at=T0, takes={"2026-01-01 it": Decimal(1)})
    assert world.database.enter_budgets([look]) == [{"2026-01-01 it": 20}]
