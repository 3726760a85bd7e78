# SPDX-License-Identifier: Apache-2.0
"""Cutting a stream into lines."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.host.frames import PLATFORM_LINE_LIMIT, LineSplitter, LineTooLongError

lines = st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line))
cuts = st.lists(st.integers(0, 400))


@given(lines, cuts)
def test_the_same_lines_come_out_however_the_stream_is_cut(expected: list[bytes], places: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in expected)
    bounds = [0, *sorted(place for place in places if place < len(stream)), len(stream)]
    splitter = LineSplitter()

    found = [line for start, end in pairwise(bounds) for line in splitter.feed(stream[start:end])]

    assert found == expected


def test_a_line_without_its_end_waits_for_it() -> None:
    splitter = LineSplitter()

    assert splitter.feed(b"one\ntw") == [b"one"]
    assert splitter.feed(b"o") == []
    assert splitter.feed(b"\n") == [b"two"]


def test_a_line_at_the_platforms_limit_passes_and_one_byte_more_does_not() -> None:
    assert len(LineSplitter().feed(b"x" * PLATFORM_LINE_LIMIT + b"\n")[0]) == PLATFORM_LINE_LIMIT
    with pytest.raises(LineTooLongError) as refused:
        LineSplitter().feed(b"x" * (PLATFORM_LINE_LIMIT + 1))
    assert refused.value.size == PLATFORM_LINE_LIMIT + 1
