# SPDX-License-Identifier: Apache-2.0
"""What an auditor is told of a ledger, and that the head of every ledger is in the log."""

from typing import Any

import pytest
import structlog

from approvals.domain.ledger import LedgerBrokenError
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys, parse_ledger_keys
from approvals.domain.terms import Event, Level
from approvals.service.answers import FindOrder, LedgerVerdict, Status, Verified
from approvals.service.deciding import Deciding
from approvals.service.finding import Finding
from tests.approvals.service.worlds import ServiceWorld

SECRET = "0123456789abcdefghijklmnopqrstuv"


@pytest.fixture
def world() -> ServiceWorld:
    return ServiceWorld()


def keys_of(world: ServiceWorld, secret: str = SECRET) -> LedgerKeys:
    return parse_ledger_keys(f"{world.clock.now().date()}:{secret}")


def verified(world: ServiceWorld, keys: LedgerKeys) -> Verified:
    order: dict[str, Any] = dict.fromkeys(FindOrder.__slots__, "") | {
        "state": None,
        "level": None,
        "limit": 1,
    }
    asked = FindOrder(**{**order, "request_ids": ("r-1",), "overdue": False, "verify_ledger": True})
    (found,) = Finding(world.store, world.clock, keys).find(asked).found
    assert found.verified is not None
    return found.verified


def approved(world: ServiceWorld, keys: LedgerKeys) -> None:
    world.deciding = Deciding(world.store, world.clock, keys)
    world.submitted("r-1")
    done = world.decide("r-1", Event.APPROVE, "Bea", actor_level=Level.MANAGER)
    assert done.status is Status.OK


def test_a_ledger_verifies_with_its_key_and_says_that_it_has_one(world: ServiceWorld) -> None:
    keys = keys_of(world)
    approved(world, keys)

    assert verified(world, keys) == Verified([], [], keyed=True)
    assert verified(world, keys).verdict is LedgerVerdict.KEYED


def test_without_its_key_a_ledger_is_never_called_whole(world: ServiceWorld) -> None:
    keys = keys_of(world)
    approved(world, keys)
    without = verified(world, UNKEYED)

    assert (without.ok, without.verdict) == (False, LedgerVerdict.KEY_MISSING)
    assert "ledger_key in the plugin's settings does not hold it" in without.told[0]


def test_a_ledger_of_before_the_first_key_is_whole_and_unkeyed(world: ServiceWorld) -> None:
    approved(world, UNKEYED)

    assert verified(world, keys_of(world)).verdict is LedgerVerdict.UNKEYED
    assert verified(world, UNKEYED).ok


def test_a_sweep_names_a_request_whose_key_was_taken_out_and_moves_the_others(world: ServiceWorld) -> None:
    world.deciding = Deciding(world.store, world.clock, keys_of(world))
    world.submitted("r-1")
    world.deciding = Deciding(world.store, world.clock)
    world.submitted("r-2")
    world.pass_hours(1000)

    swept = world.sweep()

    assert list(swept.failed) == ["r-1"]
    assert [*swept.escalated, *swept.expired] == ["r-2"]


def test_a_request_that_was_changed_in_the_store_takes_no_decision(world: ServiceWorld) -> None:
    world.deciding = Deciding(world.store, world.clock, keys_of(world))
    made = world.submitted("r-1")
    forged = made.model_copy(update={"stages": (), "version": made.version + 1})
    world.store.save(forged, made.version)

    with pytest.raises(LedgerBrokenError):
        world.decide("r-1", Event.APPROVE, "Bea", actor_level=Level.MANAGER)
    assert world.store.load("r-1") == forged


def test_every_write_tells_the_log_its_head_in_one_line(world: ServiceWorld) -> None:
    keys = keys_of(world)
    with structlog.testing.capture_logs() as lines:
        approved(world, keys)
        world.decide("r-1", Event.APPROVE, "Bea", actor_level=Level.MANAGER)  # a repeat writes nothing

    heads = [line for line in lines if line["event"] == "ledger_head"]
    entries = world.store.load("r-1").ledger
    assert [(head["request_id"], head["sequence"], head["hash"], head["key_id"]) for head in heads] == [
        (entry.request_id, entry.sequence, entry.hash, entry.key_id) for entry in entries
    ]
    assert SECRET not in str(lines)
