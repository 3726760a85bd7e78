# SPDX-License-Identifier: Apache-2.0
"""What the plugin kept in Dify's storage is in the database afterwards, once, unchanged, and verified."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import pytest

from approvals.clock import SystemClock
from approvals.domain.decisions import Decision
from approvals.domain.ledger_keys import parse_ledger_keys
from approvals.domain.policy_reader import stored_policy
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.retention import tombstone_of
from approvals.domain.terms import Event, HowKnown, Level
from approvals.domain.transitions import apply, with_analysis
from approvals.errors import ApprovalError
from approvals.store.compression import decompressed
from approvals.store.dify.policies import policy_key
from approvals.store.dify.records import record_key
from approvals.store.dify.spend import DifySpend
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import Workspaces
from approvals.store.protocol import DeadLetter, Query
from approvals.store.sql.factory import open_sql_store
from approvals.store.sql.store import SqlStore
from devkit.move.command import move_to, report, source_of
from devkit.move.run import Summary
from devkit.move.target import Outcome
from tests.approvals.domain import worlds
from tests.approvals.store import sql_case
from tests.approvals.store.contract import T0
from tests.approvals.store.memory_storage import MemoryStorage
from tests.approvals.store.test_contract_notices import a_notice
from tests.servers import Kind, shared_url

PLUGIN = Path("persistence", "8f3c0c2e-workspace", "approvalkit", "approvals")


class World:
    """Dify's storage as the plugin fills it, its files, and the database that it moves to."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.storage = MemoryStorage()
        self.clock = SystemClock()
        self.store = DifyStore(self.storage, Workspaces(self.clock).state_for(self.storage), self.clock)

    @property
    def files(self) -> Path:
        return self.folder / PLUGIN

    def move(self, **options: bool) -> Summary:
        """Writes the storage's files as the plugin daemon does, and moves them."""
        for key, value in self.storage.values.items():
            path = self.files / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(value)
        before = self.contents()
        summary = move_to(self.url, source_of(self.folder, None), **options)  # type: ignore[arg-type]
        assert self.contents() == before
        return summary

    def contents(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    @cached_property
    def database(self) -> SqlStore:
        return open_sql_store(self.url, SystemClock())

    def submitted(self, request_id: str) -> ApprovalRecord:
        record = worlds.record(
            worlds.stages_policy("manager", "director"), request=worlds.request(request_id=request_id)
        )
        self.store.create(record)
        analysed = with_analysis(record, worlds.analysis(), worlds.NOW)
        self.store.save(analysed, record.version)
        return self.decided(analysed, Decision(Event.SUBMIT))

    def decided(self, record: ApprovalRecord, decision: Decision) -> ApprovalRecord:
        after = worlds.carried_out(record, decision)
        self.store.save(after, record.version)
        return after


def refusal(minutes: int, actor: str = "Eve") -> Refusal:
    return Refusal(
        at=worlds.NOW + timedelta(minutes=minutes),
        event=Event.APPROVE,
        actor=actor,
        actor_level="vp",
        how_known=HowKnown.TYPED,
        code="not_authorized",
        reason="may not",
    )


def apart(record: ApprovalRecord) -> ApprovalRecord:
    """The record as it is moved: its policy is kept under its digest."""
    return record.model_copy(update={"policy": None})


def letter(request_id: str) -> DeadLetter:
    return DeadLetter(request_id=request_id, code="model_unavailable", message="", buried_at=worlds.NOW)


SECRET = "0123456789abcdefghijklmnopqrstuv"
APPROVE = Decision(Event.APPROVE, actor="Bo", actor_level=Level.MANAGER)
REJECT = Decision(Event.REJECT, actor="Cy", actor_level=Level.MANAGER)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/approvals.db"
    else:
        url = shared_url(Kind.POSTGRES if request.param == "postgresql" else Kind.MARIADB)
    sql_case.empty(url)
    made = World(tmp_path / "dify", url)
    yield made
    made.database.close()
    sql_case.empty(url)


def test_everything_is_in_the_database_afterwards(world: World) -> None:
    records = [world.decided(world.submitted("r-1"), APPROVE), world.submitted("r-2")]
    world.store.note_refusal("r-2", refusal(1))
    world.store.note_refusal("r-2", refusal(2, "Mallory"))
    world.store.put_dead_letter(letter("r-2"))
    assert world.store.claim("key of r-1", "r-1") == "r-1"

    summary = world.move()

    assert summary.complete
    assert (summary.requests, summary.refusals, summary.verified) == ({Outcome.MOVED: 2}, 2, 2)
    database = world.database
    assert [database.load(record.request_id) for record in records] == [apart(record) for record in records]
    assert list(database.refusals("r-2")) == [refusal(1), refusal(2, "Mallory")]
    assert list(database.dead_letters(10)) == [letter("r-2")]
    assert database.claim("key of r-1", "r-9") == "r-1"
    assert tuple(database.ledger("r-1")) == records[0].ledger
    assert [found.request_id for found in database.search(Query(level=Level.DIRECTOR), "", 10).records] == [
        "r-1"
    ]


def test_policies_are_moved_once_and_one_that_is_gone_is_a_fault_of_its_requests(world: World) -> None:
    policies = [worlds.stages_policy("manager"), worlds.stages_policy("manager", "director")]
    for number, policy in enumerate(policies):
        world.store.put_policy(policy.digest, policy.document)
        record = worlds.record(policy, request=worlds.request(request_id=f"r-{number}"))
        world.store.create(record.model_copy(update={"policy": None}))
    world.storage.delete(policy_key(policies[1].digest))

    first, second = world.move(), world.move()

    assert (first.policies, second.policies) == ({Outcome.MOVED: 1}, {Outcome.UNCHANGED: 1})
    assert world.database.policy(policies[0].digest) == policies[0].document
    assert [name for name, _ in first.faulty] == ["r-1"]
    assert policies[1].digest in report(first)


def test_what_is_left_of_a_removed_request_is_moved_and_takes_the_place_of_its_record(world: World) -> None:
    record = world.decided(world.submitted("r-1"), REJECT)
    world.move()
    left = tombstone_of(record, worlds.NOW)
    world.store.remove(record, left)

    moved, again = world.move(), world.move()

    assert (moved.tombstones, again.tombstones) == ({Outcome.MOVED: 1}, {Outcome.UNCHANGED: 1})
    assert moved.complete
    with pytest.raises(ApprovalError, match=f"removed on.*{left.head}"):
        world.database.load("r-1")


def test_what_retention_has_removed_from_the_database_stays_removed(world: World) -> None:
    record = world.decided(world.submitted("r-1"), REJECT)
    world.store.note_refusal("r-1", refusal(1))
    world.move()
    world.database.remove(world.database.load("r-1"), tombstone_of(record, worlds.NOW))

    summary = world.move()

    assert summary.complete
    assert (summary.requests, summary.refusals) == ({Outcome.NEWER: 1}, 0)
    with pytest.raises(ApprovalError, match="removed on"):
        world.database.load("r-1")


def test_what_is_left_of_a_request_does_not_remove_another_with_its_id(world: World) -> None:
    record = world.decided(world.submitted("r-1"), REJECT)
    world.store.remove(record, tombstone_of(record, worlds.NOW))
    other = record.model_copy(update={"created_at": worlds.NOW - timedelta(days=1), "policy": None})
    world.database.create(other)

    summary = world.move()

    assert summary.tombstones == {Outcome.DIFFERENT: 1}
    assert not summary.complete
    assert world.database.load("r-1") == other


def test_a_notice_is_moved_once_and_not_sent_again(world: World) -> None:
    world.store.put_notice(a_notice("r-1/1"))
    world.store.put_notice(a_notice("r-2/1", due=None))

    assert world.move().notices == {Outcome.MOVED: 2}
    assert list(world.database.due_notices(T0, 10)) == [a_notice("r-1/1")]
    assert world.database.count_notices(10) == (1, 1)
    world.database.remove_notice("r-1/1")  # it was delivered
    again = world.move()

    assert again.notices == {Outcome.UNCHANGED: 2}
    assert list(world.database.due_notices(T0, 10)) == []


def test_the_days_budget_goes_on_in_the_database(world: World) -> None:
    day = worlds.NOW.date()
    state = Workspaces(world.clock).state_for(world.storage)
    DifySpend(world.storage, state, "a" * 64).take(day, 700, 1000)
    assert world.move().spends == {Outcome.MOVED: 1}
    spend = world.database.spend_of("a" * 64)
    assert not spend.take(day, 400, 1000).counted
    assert spend.take(day, 200, 1000).counted

    assert world.move().spends == {Outcome.NEWER: 1}
    assert not spend.take(day, 200, 1000).counted


def test_a_second_time_changes_nothing(world: World) -> None:
    world.submitted("r-1")
    world.store.note_refusal("r-1", refusal(1))
    world.store.put_dead_letter(letter("r-1"))
    world.store.claim("k", "r-1")
    world.move()

    again = world.move()

    assert again.complete
    assert again.requests == again.dead_letters == again.claims == {Outcome.UNCHANGED: 1}
    assert again.refusals == 0


def test_what_dify_has_got_since_follows_in_a_second_run(world: World) -> None:
    record = world.submitted("r-1")
    world.store.note_refusal("r-1", refusal(1))
    world.move()
    record = world.decided(record, APPROVE)
    world.store.note_refusal("r-1", refusal(2))
    world.submitted("r-2")

    summary = world.move()

    assert summary.complete
    assert summary.requests == {Outcome.UPDATED: 1, Outcome.MOVED: 1}
    assert world.database.load("r-1") == apart(record)
    assert list(world.database.refusals("r-1")) == [refusal(1), refusal(2)]


def test_what_was_decided_in_the_database_since_is_left_alone(world: World) -> None:
    record = world.submitted("r-1")
    world.store.put_dead_letter(letter("r-1"))
    world.move()
    database = world.database
    database.save(worlds.carried_out(record, APPROVE), record.version)
    database.remove_dead_letter("r-1")

    summary = world.move()

    assert summary.complete
    assert (summary.requests, summary.dead_letters) == ({Outcome.NEWER: 1}, {Outcome.UNCHANGED: 1})
    assert database.load("r-1").version == record.version + 1
    assert list(database.dead_letters(1)) == []


@pytest.mark.parametrize("there_first", [True, False])
def test_two_different_pasts_are_told_and_neither_is_overwritten(world: World, *, there_first: bool) -> None:
    record = world.submitted("r-1")
    world.move()
    database = world.database
    rejected = worlds.carried_out(record, REJECT)
    database.save(rejected, record.version)
    approved = world.decided(record, APPROVE)
    if there_first:
        world.decided(approved, Decision(Event.WITHDRAW, actor="Ann"))

    summary = world.move()

    assert not summary.complete
    assert [name for name, _ in summary.different] == ["r-1"]
    assert database.load("r-1") == rejected


def test_another_request_under_the_same_id_is_not_overwritten(world: World) -> None:
    theirs = worlds.record(request=worlds.request(request_id="r-1", content="Something else"))
    world.database.create(theirs)
    world.submitted("r-1")
    world.store.note_refusal("r-1", refusal(1))

    summary = world.move()

    assert summary.requests == {Outcome.DIFFERENT: 1}
    assert world.database.load("r-1") == theirs
    assert list(world.database.refusals("r-1")) == []


def test_an_idempotency_key_that_another_request_holds_is_told(world: World) -> None:
    world.database.claim("k", "r-9")
    world.store.claim("k", "r-1")

    summary = world.move()

    assert summary.claims == {Outcome.DIFFERENT: 1}
    assert world.database.claim("k", "r-1") == "r-9"


def test_what_cannot_be_read_is_named_and_the_rest_is_moved(world: World) -> None:
    for name in ("r-1", "r-2", "r-3", "r-4"):
        world.submitted(name)
    world.store.note_refusal("r-2", refusal(1))
    values = world.storage.values
    values[record_key("r-2")] = values[record_key("r-2")][:200]
    values[record_key("r-3")] = decompressed(values[record_key("r-3")], "r-3").replace(
        b'"version":3', b'"version":"three"'
    )
    values[record_key("r-4")] = values[record_key("r-1")]
    values["dlq/" + "0" * 64] = b"{"
    values["idem/" + "0" * 64] = b"\xff"
    values["box/1"] = b"from a newer version"

    summary = world.move()

    assert summary.requests == {Outcome.MOVED: 1}
    names = [one.name for one in summary.unreadable]
    assert sorted(names[:3]) == sorted([record_key("r-2"), "r-3", "r-1"])
    assert names[3:5] == ["dlq/" + "0" * 64, "idem/" + "0" * 64]
    assert names[5].startswith("ref/")
    assert names[6] == "box"
    assert "7 could not be read:" in report(summary)


def test_a_ledger_that_does_not_verify_is_moved_as_it_is_and_told(world: World) -> None:
    world.decided(world.submitted("r-1"), APPROVE)
    key = record_key("r-1")
    world.storage.values[key] = decompressed(world.storage.values[key], key).replace(b'"Bo"', b'"Al"')

    summary = world.move()

    assert summary.requests == {Outcome.MOVED: 1}
    assert [name for name, _ in summary.faulty] == ["r-1"]
    assert "1 do not verify" in report(summary)


def test_a_ledger_under_a_key_verifies_with_the_key_file_alone(world: World, tmp_path: Path) -> None:
    keys = parse_ledger_keys(f"{worlds.NOW.date()}:{SECRET}")
    record = worlds.record(worlds.stages_policy("manager"))
    world.store.create(record)
    policy = stored_policy(record.policy, record.policy_digest)
    signed = apply(record, Decision(Event.SUBMIT), worlds.NOW, policy, keys=keys)
    world.store.save(signed, record.version)
    key_file = tmp_path / "keys"
    key_file.write_text(f"{worlds.NOW.date()}:{SECRET}")

    without = world.move()
    assert (without.without_key, without.verified) == (["r-1"], 0)
    assert "give --key-file" in report(without)
    with_key = move_to(world.url, source_of(world.folder, None), key_file)
    assert (with_key.without_key, with_key.verified) == ([], 1)


def test_a_dry_run_writes_nothing(world: World) -> None:
    world.submitted("r-1")
    world.store.note_refusal("r-1", refusal(1))
    world.store.put_dead_letter(letter("r-1"))
    world.store.claim("k", "r-1")

    summary = world.move(dry_run=True)

    assert summary.requests == summary.dead_letters == summary.claims == {Outcome.MOVED: 1}
    assert list(world.database.search(Query(), "", 10).records) == []
    assert list(world.database.dead_letters(10)) == []
