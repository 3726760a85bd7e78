# SPDX-License-Identifier: Apache-2.0
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.paths import CyclicWorkflowError, count_paths


def listed(types: dict[str, str], arrows: Sequence[tuple[str, str]], node: str) -> int:
    """Walks every path, one by one, as Dify does."""
    here = int(types[node] in {"end", "answer"})
    return here + sum(listed(types, arrows, target) for source, target in arrows if source == node)


@given(st.data())
def test_the_count_is_the_number_of_paths_that_a_walk_finds(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 7))
    types = {"n0": "start"} | {
        f"n{number}": data.draw(st.sampled_from(["if-else", "answer", "end"])) for number in range(1, size)
    }
    pairs = [(f"n{one}", f"n{other}") for one in range(size) for other in range(one + 1, size)]
    arrows = data.draw(st.lists(st.sampled_from(pairs), max_size=12)) if pairs else []

    counted = count_paths(types, arrows, "n0")

    assert counted.paths == sum(counted.by_output.values()) == listed(types, arrows, "n0")


def diamonds(count: int) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """A row of branches that each lead to the next one by two edges."""
    types = {"start": "start"} | {f"b{number}": "if-else" for number in range(count)} | {"end": "end"}
    names = list(types)
    arrows = [("start", names[1])]
    for one, other in pairwise(names[1:]):
        arrows += [(one, other), (one, other)]
    return types, arrows


def test_parallel_edges_are_different_paths_and_each_doubles_the_count() -> None:
    counted = count_paths(*diamonds(10), "start")

    assert counted.paths == 1024
    assert {one.node_id for one in counted.multipliers} == {f"b{number}" for number in range(10)}
    assert {one.factor for one in counted.multipliers} == {2}


def test_a_count_that_no_one_could_list_costs_little_and_can_be_printed() -> None:
    counted = count_paths(*diamonds(20_000), "start")

    assert counted.paths == 2**20_000
    assert str(counted) == "more than 1,000,000,000,000"
    assert str(count_paths(*diamonds(11), "start")) == "2,048"


def test_the_nodes_that_multiply_most_come_first() -> None:
    types = {"start": "start", "two": "if-else", "five": "human-input", "one": "tool", "end": "end"}
    arrows = [("start", "two"), *[("two", "five")] * 2, *[("five", "one")] * 5, ("one", "end")]

    counted = count_paths(types, arrows, "start")

    assert counted.paths == 10
    assert [(one.node_id, one.factor) for one in counted.multipliers] == [("five", 5), ("two", 2)]


def test_what_leads_to_no_output_or_cannot_be_reached_counts_nothing() -> None:
    types = {"start": "start", "keep": "assigner", "end": "end", "other": "start"}
    arrows = [("start", "end"), *[("start", "keep")] * 9, *[("other", "end")] * 9, ("start", "gone")]

    counted = count_paths(types, arrows, "start")

    assert (counted.paths, counted.by_output, counted.multipliers) == (1, {"end": 1}, ())


def test_a_circle_is_refused_with_its_nodes_in_the_order_of_the_edges() -> None:
    types = {"start": "start", "a": "tool", "b": "tool", "c": "tool"}

    with pytest.raises(CyclicWorkflowError) as refused:
        count_paths(types, [("start", "a"), ("a", "b"), ("b", "c"), ("c", "a")], "start")

    circle = refused.value.nodes
    assert circle[0] == circle[-1]
    assert {("a", "b"), ("b", "c"), ("c", "a")} == set(pairwise(circle))
