# SPDX-License-Identifier: Apache-2.0
"""Whatever a frame holds, the daemon can read it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.dify.channel.frames import LONGEST_FRAME, FrameTooLongError, encode_frame, encode_stream

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
LONE_SURROGATES = st.text(st.characters(codec=None, exclude_categories=()))


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_a_frame_is_one_line_of_json_and_an_empty_line(frame: dict[str, Any]) -> None:
    encoded = encode_frame(frame)

    assert json.loads(encoded) == json.loads(json.dumps(frame))
    assert encoded.endswith(b"\n\n")
    assert b"\n" not in encoded[:-2]


@given(LONE_SURROGATES)
def test_a_lone_surrogate_leaves_as_the_replacement_character(text: str) -> None:
    as_others_read_it = json.loads(json.dumps(text))  # two halves side by side are one character
    expected = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in as_others_read_it)

    assert json.loads(encode_frame({"text": text})) == {"text": expected}


def test_a_frame_that_the_daemon_ends_a_plugin_for_is_never_made() -> None:
    longest = {"text": "x" * (LONGEST_FRAME - len('{"text":""}'))}
    longer = {"text": longest["text"] + "x"}

    assert len(encode_frame(longest).rstrip(b"\n")) == LONGEST_FRAME
    with pytest.raises(FrameTooLongError, match="5,242,880 bytes"):
        encode_frame(longer)
    with pytest.raises(FrameTooLongError):
        encode_stream("s", [longest])
