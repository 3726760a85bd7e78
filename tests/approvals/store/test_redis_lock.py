# SPDX-License-Identifier: Apache-2.0
"""The lock in Redis keeps writers apart while it can, and stands in nobody's way when it cannot."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from approvals.clock import SystemClock
from approvals.errors import ApprovalError, ErrorCode
from approvals.store.protocol import DeadLetter, Query
from approvals.store.redis import lock as redis_lock
from approvals.store.redis.lock import LockedStore, RedisLock, open_redis_lock
from devkit.servers import free_port
from tests.approvals.store import sql_case
from tests.approvals.store.contract import T0, SteppingClock, a_record, after
from tests.servers import Kind, own_server, shared_url


@pytest.fixture
def redis() -> Iterator[Redis]:
    client = Redis.from_url(shared_url(Kind.REDIS))
    yield client
    for key in client.scan_iter("approvals:lock:*"):
        client.delete(key)
    client.close()


def test_one_at_a_time_holds_a_name(redis: Redis) -> None:
    first, second = RedisLock(redis, SteppingClock()), RedisLock(redis, SteppingClock())

    with first.held("r-1") as had:
        assert had
        with second.held("r-1") as too_late, second.held("r-2") as other_name:
            assert (too_late, other_name) == (False, True)
    with second.held("r-1") as had:
        assert had
    assert list(redis.scan_iter("approvals:lock:*")) == []


def test_a_late_owner_does_not_release_the_next_ones_lock(redis: Redis) -> None:
    with RedisLock(redis, SteppingClock()).held("r-1") as had:
        assert had
        (key,) = redis.scan_iter("approvals:lock:*")
        redis.set(key, "the next owner's token")  # as when the lock expired and was taken again

    assert redis.get(key) == b"the next owner's token"


def test_a_dead_owner_gives_way(redis: Redis) -> None:
    with RedisLock(redis, SteppingClock()).held("r-1"):
        (key,) = redis.scan_iter("approvals:lock:*")
        assert 0 < redis.pttl(key) <= redis_lock.HOLD_MS


def test_an_error_in_the_block_frees_the_lock(redis: Redis) -> None:
    lock = RedisLock(redis, SteppingClock())
    with pytest.raises(ZeroDivisionError), lock.held("r-1"):
        raise ZeroDivisionError

    with lock.held("r-1") as had:
        assert had


def test_a_redis_that_is_away_is_reported_and_left_alone_for_a_while() -> None:
    heard: list[str] = []
    clock = SteppingClock()
    lock = open_redis_lock(f"redis://:s3cret-word@127.0.0.1:{free_port()}/0", clock, heard.append)

    for _ in range(3):
        with lock.held("r-1") as had:
            assert not had
    assert heard == ["ConnectionError"]
    assert "resting" in repr(lock)

    clock.sleep(redis_lock.REST_SECONDS)
    with lock.held("r-1"):
        assert len(heard) == 2
    assert "s3cret-word" not in "".join(heard) + repr(lock)
    lock.close()


def test_a_redis_that_comes_back_is_used_again() -> None:
    clock = SteppingClock()
    with own_server(Kind.REDIS) as server:
        lock = open_redis_lock(server.url, clock)
        with lock.held("r-1") as had:
            assert had
        server.restart()
        with lock.held("r-1") as had:
            assert had
        with lock.held("r-1"):
            server.stop()  # the release fails in silence
        server.start()
        clock.sleep(redis_lock.REST_SECONDS)
        with lock.held("r-1") as had:
            assert had
        lock.close()


def test_a_save_goes_through_with_or_without_redis(redis: Redis) -> None:
    away = open_redis_lock(f"redis://127.0.0.1:{free_port()}/0", SteppingClock())
    with sql_case.sqlite() as case:
        LockedStore(case.open(), away).create(a_record())
        LockedStore(case.open(), away).save(after(a_record()), 1)
        with RedisLock(redis, SystemClock()).held("r-1"):
            LockedStore(case.open(), RedisLock(redis, SteppingClock())).save(after(after(a_record())), 2)

        assert case.open().load("r-1").version == 3
    away.close()


def test_the_version_check_decides_even_when_nobody_waits_for_the_lock(redis: Redis) -> None:
    with sql_case.sqlite() as case:
        store = LockedStore(case.open(), RedisLock(redis, SystemClock()))
        store.create(a_record())

        def write(number: int) -> str:
            try:
                store.save(after(a_record(), policy={"writer": number}), 1)
            except ApprovalError as error:
                return error.code
            return "won"

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(write, range(8)))

    assert answers == [ErrorCode.VERSION_CONFLICT] * 7 + ["won"]


def test_everything_else_is_the_inner_stores() -> None:
    lock = open_redis_lock(f"redis://127.0.0.1:{free_port()}/0", SteppingClock())
    with sql_case.sqlite() as case:
        store = LockedStore(case.open(), lock)
        store.create(a_record(), fresh=True)
        letter = DeadLetter(request_id="r-1", code="model_unavailable", message="no answer", buried_at=T0)
        store.put_dead_letter(letter)

        assert store.load("r-1") == a_record()
        assert list(store.due(T0, 10).records) == []
        assert list(store.search(Query(), "", 10).records) == [a_record()]
        assert list(store.dead_letters(10)) == [letter]
        assert store.claim("key", "r-1") == "r-1"
        store.remove_dead_letter("r-1")
        assert list(store.dead_letters(10)) == []
    lock.close()
