# SPDX-License-Identifier: Apache-2.0
"""What is written to Dify is the same, however quickly it is put together."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from approvals.dify.channel.frame_lines import Answer, answer_lines, frame_line, keep_line

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
HALVES = st.text(st.characters(codec=None, exclude_categories=()))
"""Text with halves of surrogate pairs, as a model may write it."""


@given(st.dictionaries(st.text(), JSON | HALVES, max_size=5), st.text() | HALVES, st.none() | st.text())
def test_an_answer_is_written_as_its_messages_are_one_by_one(
    variables: dict[str, Any], text: str, session_id: str | None
) -> None:
    answer = Answer(variables, text)
    one_by_one = [
        {"event": "session", "session_id": session_id, "data": {"type": "stream", "data": message}}
        for message in answer.messages()
    ]

    lines = answer_lines(session_id, answer)

    assert [json.loads(line) for line in lines.split(b"\n\n") if line] == [
        json.loads(frame_line(frame)) for frame in one_by_one
    ]


@given(st.text(), st.text(), st.text(), st.binary())
def test_a_value_is_sent_to_be_kept_as_any_other_question_is(
    session_id: str, question_id: str, key: str, value: bytes
) -> None:
    request = {"opt": "set", "key": key, "value": value.hex()}
    asked = {"type": "storage", "backwards_request_id": question_id, "request": request}
    frame = {"event": "session", "session_id": session_id, "data": {"type": "invoke", "data": asked}}

    assert keep_line(session_id, question_id, key, value) == frame_line(frame)
