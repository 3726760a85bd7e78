# SPDX-License-Identifier: Apache-2.0
"""Python's notation becomes JSON in one pass, and nothing else does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.python_literals import json_of_python

values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_what_python_writes_is_read_as_it_was(value: Any) -> None:
    assert json.loads(json_of_python(repr(value))) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("(1, 2,)", [1, 2]), ("['a', ]", ["a"]), (r"'\x41\u0042\U00000043\'\n'", "ABC'\n"), ('"it\'s"', "it's")],
)
def test_tuples_trailing_commas_and_escapes_are_read(text: str, value: Any) -> None:
    assert json.loads(json_of_python(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "['a",
        "[1 2]",
        "[01]",
        "{1, 2}",
        "f'{x}'",
        "[inf]",
        "1_000",
        r"'\U00ffffff'",
        "b'a'",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        json.loads(json_of_python(text))
