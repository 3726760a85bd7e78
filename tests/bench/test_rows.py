# SPDX-License-Identifier: Apache-2.0
from bench.figures import Figures
from bench.rows import Cells


def figures(per_second: float) -> Figures:
    return Figures(10, per_second, 1, 1, 1, 1, 1, 0)


def test_the_faster_variant_stands_for_both_at_each_level() -> None:
    cells = Cells()
    cells.add("async", 10, figures(100))
    cells.add("gevent", 10, figures(90))
    cells.add("async", 100, figures(50))
    cells.add("gevent", 100, figures(60))
    row = cells.row("the SDK", ["async", "gevent"], [10, 100])
    assert row["variant"] == {"10": "async", "100": "gevent"}
    assert [row["median"][level]["per_second"] for level in ("10", "100")] == [100, 60]


def test_a_variant_is_given_up_once_another_was_faster() -> None:
    cells = Cells()
    both = ["async", "gevent"]
    assert not cells.is_beaten("async", both, 10)
    cells.add("async", 10, figures(90))
    assert not cells.is_beaten("async", both, 10)
    cells.add("gevent", 10, figures(100))
    assert cells.is_beaten("async", both, 10)
    assert not cells.is_beaten("gevent", both, 10)
