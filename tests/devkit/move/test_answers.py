# SPDX-License-Identifier: Apache-2.0
"""Where nobody reaches the files of Dify's storage, saved answers of find_approvals are moved instead."""

import json
from pathlib import Path

import pytest

from approvals.clock import SystemClock
from approvals.dify.outputs.finding import find_answer
from approvals.domain.decisions import Decision
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import Event
from approvals.service.answers import FindOrder
from approvals.service.finding import Finding
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import Workspaces
from approvals.store.sql.factory import open_sql_store
from devkit.move import MoveError
from devkit.move.command import move_to, source_of
from devkit.move.target import Outcome
from tests.approvals.domain import worlds
from tests.approvals.store.memory_storage import MemoryStorage
from tests.devkit.move.test_move import apart, refusal


class Cloud:
    """A workspace whose storage nobody can read, and what its find_approvals answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        storage, self.clock = MemoryStorage(), SystemClock()
        self.store = DifyStore(storage, Workspaces(self.clock).state_for(storage), self.clock)

    def submitted(self, request_id: str, key: str = "") -> ApprovalRecord:
        record = worlds.record(
            worlds.stages_policy("manager"), request=worlds.request(request_id=request_id)
        ).model_copy(update={"idempotency_key": key})
        self.store.create(record)
        after = worlds.carried_out(record, Decision(Event.SUBMIT))
        self.store.save(after, record.version)
        return after

    def save_answer(self, request_id: str, name: str = "") -> None:
        order = FindOrder(
            (request_id,), None, None, requester="", overdue=False, limit=1, cursor="", verify_ledger=False
        )
        answer = find_answer(order, Finding(self.store, self.clock).find(order))
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{name or request_id}.json").write_text(json.dumps({"json": [answer.variables]}))


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path / "answers")


def test_requests_refusals_and_idempotency_keys_are_moved(cloud: Cloud, tmp_path: Path) -> None:
    records = [cloud.submitted("r-1", key="order 7"), cloud.submitted("r-2")]
    cloud.store.note_refusal("r-2", refusal(1))
    for record in records:
        cloud.save_answer(record.request_id)
    url = f"sqlite:///{tmp_path}/approvals.db"

    first, again = (move_to(url, source_of(None, cloud.folder)) for _ in range(2))

    assert (first.requests, first.refusals, first.claims) == ({Outcome.MOVED: 2}, 1, {Outcome.MOVED: 1})
    assert first.complete
    assert (again.requests, again.claims) == ({Outcome.UNCHANGED: 2}, {Outcome.UNCHANGED: 1})
    database = open_sql_store(url, SystemClock())
    assert [database.load(record.request_id) for record in records] == [apart(record) for record in records]
    assert list(database.refusals("r-2")) == [refusal(1)]
    assert database.claim("order 7", "r-9") == "r-1"
    database.close()


def test_an_older_answer_beside_a_newer_one_takes_nothing_back(cloud: Cloud, tmp_path: Path) -> None:
    record = cloud.submitted("r-1")
    cloud.save_answer("r-1", "b")
    after = worlds.carried_out(record, Decision(Event.WITHDRAW, actor="Ann"))
    cloud.store.save(after, record.version)
    cloud.save_answer("r-1", "a")
    url = f"sqlite:///{tmp_path}/approvals.db"

    summary = move_to(url, source_of(None, cloud.folder))

    assert summary.requests == {Outcome.MOVED: 1, Outcome.NEWER: 1}
    database = open_sql_store(url, SystemClock())
    assert database.load("r-1") == apart(after)
    database.close()


def test_a_file_without_a_whole_record_is_named_and_the_others_are_moved(
    cloud: Cloud, tmp_path: Path
) -> None:
    cloud.submitted("r-1")
    cloud.save_answer("r-1")
    (cloud.folder / "a page.json").write_text('{"approvals": [{"request_id": "r-2"}]}')
    (cloud.folder / "torn.json").write_text('{"approvals": [{')
    (cloud.folder / "other.json").write_text('{"request_id": "r-3", "record": {"state": "approved"}}')

    summary = move_to(f"sqlite:///{tmp_path}/approvals.db", source_of(None, cloud.folder))

    assert summary.requests == {Outcome.MOVED: 1}
    assert sorted(Path(one.name).name for one in summary.unreadable) == ["a page.json", "r-3", "torn.json"]


def test_one_source_must_be_given(tmp_path: Path) -> None:
    for folder, answers in ((None, None), (tmp_path, tmp_path)):
        with pytest.raises(MoveError, match="either the storage folder"):
            source_of(folder, answers)
    with pytest.raises(MoveError, match=r"no \.json file"):
        source_of(None, tmp_path)
