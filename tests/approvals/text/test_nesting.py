# SPDX-License-Identifier: Apache-2.0
import pytest

from approvals.text.nesting import depth_of


@pytest.mark.parametrize(
    ("value", "depth"), [(1, 0), ("[", 0), ([], 1), ({}, 1), ([[1], {"a": [2]}], 3), (({"a": ()},), 3)]
)
def test_depth_is_counted_in_lists_and_objects(value: object, depth: int) -> None:
    assert depth_of(value, 20) == depth


def test_any_depth_is_survived() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert depth_of(value, 20) == 21
