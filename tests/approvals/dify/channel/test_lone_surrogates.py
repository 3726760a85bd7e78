# SPDX-License-Identifier: Apache-2.0
"""Whatever text a call holds, its line can be read, and only broken surrogates are changed."""

import json

from hypothesis import given
from hypothesis import strategies as st

from approvals.dify.channel.frames import replace_lone_surrogates

ANY_TEXT = st.text(st.characters(exclude_categories=[]) | st.sampled_from("\\ud800\udc00\U0001f98a"))


@given(ANY_TEXT)
def test_a_line_is_mended_as_go_would_read_it(text: str) -> None:
    line = json.dumps(text)
    as_read = json.loads(line)  # escaped halves that stand side by side are one character to every reader

    expected = "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in as_read)
    assert json.loads(replace_lone_surrogates(line.encode())) == expected
