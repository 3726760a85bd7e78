# SPDX-License-Identifier: Apache-2.0
"""What is spent is counted exactly, up to the limit and never past it, in every place where it can be counted."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from approvals.clock import SystemClock
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.budget import NANO, SpendCounter, Taken
from approvals.store.dify.spend import DifySpend
from approvals.store.dify.storage import DifyStorage
from approvals.store.dify.workspace import Workspaces
from approvals.store.redis.spend import open_redis_spend
from approvals.store.sql.factory import open_sql_store
from devkit.servers import free_port
from tests.approvals.store.contract import SteppingClock
from tests.approvals.store.memory_storage import FakePlatform, MemoryStorage
from tests.servers import Kind, shared_url

TODAY, TOMORROW = date(2026, 3, 2), date(2026, 3, 3)
LIMIT = 5 * NANO

type Opener = Callable[[], SpendCounter]
"""Opens the counter as another process does, or as this one does after a restart."""


@pytest.fixture(params=["Dify", "SQLite", "PostgreSQL", "MariaDB", "Redis"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    account = uuid.uuid4().hex * 2
    if request.param == "Dify":
        platform = FakePlatform()
        yield lambda: dify_counter(DifyStorage(platform), account)
        return
    if request.param == "Redis":
        url = shared_url(Kind.REDIS)
        yield lambda: open_redis_spend(url, account)
        return
    kinds = {"PostgreSQL": Kind.POSTGRES, "MariaDB": Kind.MARIADB}
    url = shared_url(kinds[request.param]) if request.param in kinds else f"sqlite:///{tmp_path}/approvals.db"
    stores = []

    def opened() -> SpendCounter:
        stores.append(open_sql_store(url, SystemClock()))
        return stores[-1].spend_of(account)

    yield opened
    for store in stores:
        store.close()


def dify_counter(storage: DifyStorage | MemoryStorage, account: str = "a") -> DifySpend:
    """A counter of a process that has just started."""
    return DifySpend(storage, Workspaces(SteppingClock()).state_for(storage), account)


def test_amounts_add_up_to_the_limit_and_stop_there(opener: Opener) -> None:
    counter = opener()

    assert counter.take(TODAY, 3 * NANO, LIMIT) == Taken(counted=True, total=3 * NANO)
    assert counter.take(TODAY, 2 * NANO + 1, LIMIT) == Taken(counted=False, total=3 * NANO)
    assert counter.take(TODAY, 2 * NANO, LIMIT) == Taken(counted=True, total=5 * NANO)
    assert counter.take(TODAY, 1, LIMIT) == Taken(counted=False, total=5 * NANO)


def test_more_than_the_limit_at_once_is_not_counted(opener: Opener) -> None:
    assert opener().take(TODAY, LIMIT + 1, LIMIT) == Taken(counted=False, total=0)


def test_what_cost_less_or_more_is_put_right(opener: Opener) -> None:
    counter = opener()
    counter.take(TODAY, 3 * NANO, LIMIT)

    assert counter.correct(TODAY, -2 * NANO - 1) == NANO - 1
    assert counter.correct(TODAY, 7 * NANO) == 8 * NANO - 1
    assert not counter.take(TODAY, 1, LIMIT).counted


def test_each_day_begins_with_nothing(opener: Opener) -> None:
    counter = opener()
    counter.take(TODAY, LIMIT, LIMIT)

    assert counter.take(TOMORROW, 1, LIMIT) == Taken(counted=True, total=1)
    counter.correct(TODAY, -1)  # a call that went over midnight
    assert counter.take(TOMORROW, 1, LIMIT).total == 2


def test_a_restart_forgets_nothing_that_was_spent(opener: Opener) -> None:
    counter = opener()
    for _ in range(40):
        counter.take(TODAY, NANO // 10, LIMIT)

    again = opener().take(TODAY, 0, LIMIT)

    assert 4 * NANO <= again.total <= 4 * NANO + LIMIT // 100
    assert not opener().take(TODAY, NANO + 1, LIMIT).counted


def test_calls_at_once_never_pass_the_limit_together(opener: Opener) -> None:
    counters = [opener()] if isinstance(opener(), DifySpend) else [opener(), opener()]

    def spend(number: int) -> bool:
        return counters[number % len(counters)].take(TODAY, NANO // 4, LIMIT).counted

    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(spend, range(60)))

    assert counted.count(True) == 20
    assert counters[0].take(TODAY, 0, LIMIT).total == LIMIT


def test_difys_storage_is_written_a_hundred_times_a_day_at_most() -> None:
    storage = MemoryStorage()
    counter = dify_counter(storage)
    marks = set()
    for _ in range(2_000):
        counter.take(TODAY, LIMIT // 2_000, LIMIT)
        marks.add(storage.values["spend/a"])

    assert len(marks) <= 101


def test_a_damaged_mark_does_not_stop_all_days() -> None:
    storage = MemoryStorage()
    storage.values["spend/a"] = b'{"day":'

    assert dify_counter(storage).take(TODAY, 1, LIMIT).counted


def test_a_redis_that_is_away_is_told_without_its_address() -> None:
    counter = open_redis_spend(f"redis://:s3cret-word@127.0.0.1:{free_port()}/0", "a")

    with pytest.raises(ApprovalError) as caught:
        counter.take(TODAY, 1, LIMIT)
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    assert "s3cret-word" not in caught.value.message
    assert "127.0.0.1" not in caught.value.message
