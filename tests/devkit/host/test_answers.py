# SPDX-License-Identifier: Apache-2.0
"""Merging a tool's messages."""

from typing import Any

import pytest

from devkit.host.answers import HostError, tool_answer, validation_answer


def variable(name: str, value: object, *, stream: bool = False) -> dict[str, Any]:
    body = {"variable_name": name, "variable_value": value, "stream": stream}
    return {"type": "variable", "message": body}


def test_the_last_value_of_a_variable_wins() -> None:
    answer = tool_answer([variable("a", 1), variable("b", 2), variable("a", 3)], None, 0.0)

    assert answer.variables == {"a": 3, "b": 2}


def test_streamed_pieces_are_joined_and_a_whole_value_replaces_them() -> None:
    pieces = [variable("a", "one ", stream=True), variable("a", "two", stream=True)]

    assert tool_answer(pieces, None, 0.0).variables == {"a": "one two"}
    assert tool_answer([*pieces, variable("a", "new")], None, 0.0).variables == {"a": "new"}


def test_json_is_a_list_and_text_is_joined_without_a_separator() -> None:
    answer = tool_answer(
        [
            {"type": "json", "message": {"json_object": {"a": 1}}},
            {"type": "text", "message": {"text": "one"}},
            {"type": "json", "message": {"json_object": [2]}},
            {"type": "text", "message": {"text": "two"}},
            {"type": "log", "message": {"label": "step"}},
            {"type": "link", "message": {"text": "http://localhost/"}},
        ],
        None,
        1.5,
    )

    assert (answer.json, answer.text, answer.logs) == ([{"a": 1}, [2]], "onetwo", [{"label": "step"}])
    assert answer.messages[-1]["type"] == "link"
    assert answer.seconds == 1.5


def test_an_answer_with_an_error_raises_it_on_demand() -> None:
    error = HostError("LookupError", "nothing there", {"traceback": "Traceback …"})
    answer = tool_answer([variable("half", "done")], error, 0.0)

    assert answer.variables == {"half": "done"}
    with pytest.raises(HostError, match="LookupError: nothing there") as raised:
        answer.raise_for_error()
    assert raised.value.traceback == "Traceback …"


def test_credentials_are_accepted_only_when_the_plugin_says_so() -> None:
    assert validation_answer([{"result": True}], None, 0.0).error is None
    assert validation_answer([], None, 0.0).error is not None
    assert validation_answer([{"result": False}], None, 0.0).error is not None
