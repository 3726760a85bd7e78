# SPDX-License-Identifier: Apache-2.0
"""What JSON can hold comes back, half of a surrogate pair too; anything else is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.json_text import json_bytes, json_text
from devkit.lenient_json import decoded

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(value=VALUES | st.just("half \ud83d of a pair"))
def test_whatever_json_holds_comes_back(value: Any) -> None:
    assert decoded(json_bytes(value)) == value
    assert decoded(json_text(value)) == value
    assert decoded(json.dumps(value)) == value
    assert decoded(json.dumps(value, ensure_ascii=False)) == value


@pytest.mark.parametrize("text", ["", "{", '{"a":1', "nothing"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        decoded(text)
