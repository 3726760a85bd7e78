# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.engine.values import as_received, converted
from tests.devkit.engine.worlds import PROVIDER, declared

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("kind", "value", "received"),
    [
        ("string", None, ""),
        ("string", 1200.5, "1200.5"),
        ("string", True, "True"),
        ("string", {"a": 1}, "{'a': 1}"),
        ("select", 3, "3"),
        ("number", "12", 12),
        ("number", "12.0", 12.0),
        ("number", "", None),
        ("number", None, None),
        ("boolean", "no", False),
        ("boolean", "YES", True),
        ("boolean", "perhaps", True),
        ("boolean", "", False),
        ("object", '{"a": 1}', {"a": 1}),
        ("object", "{broken", {}),
        ("array", "[1, 2]", [1, 2]),
        ("array", "one", ["one"]),
        ("any", {"a": 1}, {"a": 1}),
    ],
)
def test_dify_converts_by_the_declared_type(kind: str, value: Any, received: Any) -> None:
    assert converted(kind, value) == received
    assert type(converted(kind, value)) is type(received)


def test_a_number_in_scientific_notation_fails_before_the_plugin_sees_it() -> None:
    with pytest.raises(ValueError, match="1e5"):
        converted("number", "1e5")


def test_undeclared_parameters_pass_through() -> None:
    tool = declared(("amount", "string"))[PROVIDER, "act"]

    assert as_received(tool, {"amount": 5, "typo": None}) == {"amount": "5", "typo": None}


@given(kind=st.sampled_from(["string", "boolean", "array", "object"]), value=JSON)
def test_every_value_arrives_as_the_declared_type(kind: str, value: Any) -> None:
    expected = {"string": str, "boolean": bool, "array": list, "object": dict}[kind]

    assert isinstance(converted(kind, value), expected)
