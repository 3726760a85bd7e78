# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bench.figures import Figures, median_of, percentile

RAW = {
    "seconds": 2.0,
    "cpu_seconds": 0.5,
    "taken": [0.010, 0.030, 0.020, 0.040],
    "errors": {"ReadTimeout": 3},
}


def test_a_window_becomes_figures_per_second_and_per_call() -> None:
    figures = Figures.of(RAW)
    assert figures.per_second == 2.0
    assert figures.mean_ms == 25.0
    assert figures.cpu_ms == 125.0
    assert (figures.calls, figures.errors) == (4, 3)


def test_a_window_in_which_nothing_ended_is_no_good_news() -> None:
    figures = Figures.of({**RAW, "taken": []})
    assert figures.per_second == 0
    assert figures.p95_ms == figures.cpu_ms == float("inf")


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[float], part: int) -> None:
    ordered = sorted(values)
    found = percentile(ordered, part)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * part / 100
    assert sum(value < found for value in values) < len(values) * part / 100


def test_the_median_of_the_rounds_is_taken_figure_by_figure_and_errors_add_up() -> None:
    one = Figures.of(RAW)
    rounds = [replace(one, per_second=speed, p95_ms=late) for speed, late in ((1, 30), (5, 10), (3, 20))]
    median = median_of(rounds)
    assert (median.per_second, median.p95_ms, median.errors, median.calls) == (3, 20, 9, 12)
