# SPDX-License-Identifier: Apache-2.0
"""A memory that is bounded in time and in weight."""

from hypothesis import given
from hypothesis import strategies as st

from approvals.store.ttl_cache import Recent
from tests.approvals.store.contract import SteppingClock


def test_a_value_is_remembered_for_its_time() -> None:
    clock = SteppingClock()
    recent: Recent[str, int] = Recent(clock, capacity=10, seconds=60)
    recent.put("a", 1)
    clock.sleep(60)
    assert recent.get("a") == 1
    clock.sleep(1)
    assert recent.get("a") is None


def test_a_value_put_again_is_young_again() -> None:
    clock = SteppingClock()
    recent: Recent[str, int] = Recent(clock, capacity=10, seconds=60)
    recent.put("a", 1)
    clock.sleep(50)
    recent.put("a", 2)
    clock.sleep(50)
    assert recent.get("a") == 2
    recent.drop("a")
    recent.drop("a")
    assert recent.get("a") is None


@given(st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=8), st.integers(0, 40))))
def test_it_never_holds_more_than_it_may_and_forgets_the_oldest_first(
    puts: list[tuple[int, bytes, int]],
) -> None:
    clock = SteppingClock()
    recent: Recent[int, bytes] = Recent(clock, capacity=20, seconds=60, weigh=len)
    for key, value, seconds in puts:
        clock.sleep(seconds)
        recent.put(key, value)
        assert recent.get(key) == value

    newest = {key: value for key, value, _ in puts}
    kept = {key: got for key in newest if (got := recent.get(key)) is not None}
    assert kept.items() <= newest.items()
    assert sum(map(len, kept.values())) <= 20


def test_what_is_too_old_leaves_without_being_asked_for() -> None:
    clock = SteppingClock()
    recent: Recent[int, int] = Recent(clock, capacity=100, seconds=60)
    for key in range(50):
        recent.put(key, key)
    clock.sleep(61)
    recent.put(50, 50)
    assert len(recent) == 1
