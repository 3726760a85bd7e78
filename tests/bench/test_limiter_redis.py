# SPDX-License-Identifier: Apache-2.0
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.limiter_redis import worst_excess

AMOUNTS = st.lists(st.tuples(st.integers(0, 600), st.integers(1, 50)), min_size=1, max_size=12)


@given(AMOUNTS, st.integers(1, 100), st.integers(0, 100))
def test_the_worst_stretch_is_the_worst_of_all_stretches(
    taken: list[tuple[int, int]], limit: int, burst: int
) -> None:
    moments = sorted(moment / 60 for moment, _ in taken)
    amounts = [amount for _, amount in taken]
    stretches = combinations_with_replacement(range(len(moments)), 2)
    worst = max(
        sum(amounts[first : last + 1]) - limit * (moments[last] - moments[first]) - burst
        for first, last in stretches
    )
    assert worst_excess(moments, amounts, limit, burst) == pytest.approx(worst)
