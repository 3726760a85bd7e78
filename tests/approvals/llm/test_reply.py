# SPDX-License-Identifier: Apache-2.0
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.llm import TokenUsage
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.reply import Completion, error_status, read_reply
from tests.approvals.llm.endpoints import completion

URL = "https://api.example.com/v1/chat/completions"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["content", "message", "usage", "x"]), inner)
    ),
)


def read(document: Any) -> Completion:
    return read_reply(
        document if isinstance(document, bytes) else json.dumps(document).encode(), URL, "asked-for"
    )


def with_content(content: Any) -> dict[str, Any]:
    return completion(choices=[{"message": {"content": content}}])


def test_text_model_and_usage_are_read() -> None:
    assert read(completion("fine")) == Completion("fine", "deepseek-v3.2", TokenUsage(100, 20), None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_any_encoding_that_json_may_have_is_read(encoding: str) -> None:
    body = json.dumps({"choices": [{"message": {"content": "zwölf Stühle"}}]}, ensure_ascii=False).encode(
        encoding
    )

    assert read_reply(body, "https://api.example.com", "a-model").text == "zwölf Stühle"


def test_a_model_that_is_not_named_is_the_one_that_was_asked() -> None:
    assert read(completion(model=None)).model == "asked-for"
    assert read(completion(model=7)).model == "asked-for"


def test_text_in_parts_is_put_together_and_thinking_is_left_out() -> None:
    parts = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]

    assert read(with_content(parts)).text == "ab"


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "many",
        {"prompt_tokens": 100},
        {"total_tokens": 120},
        {"prompt_tokens": -1, "completion_tokens": 20},
        {"prompt_tokens": 100, "completion_tokens": -20},
        {"prompt_tokens": 100.5, "completion_tokens": 20},
        {"prompt_tokens": "100", "completion_tokens": 20},
        {"prompt_tokens": True, "completion_tokens": 20},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": 10**12, "completion_tokens": 20},
    ],
)
def test_usage_that_cannot_be_true_is_unknown(usage: Any) -> None:
    assert read(completion(usage=usage)).usage is None


@pytest.mark.parametrize(
    ("cost", "read_as"),
    [
        ("0.00012345678901234567", "0.00012345678901234567"),
        ("0", "0"),
        ("1", "1"),
        ("1e-7", "0.0000001"),
        ("-1", None),
        ("1e9", None),
        ("NaN", None),
        ("Infinity", None),
        ('"0.1"', None),
        ("true", None),
        ("null", None),
    ],
)
def test_a_stated_cost_is_read_to_the_last_digit_if_it_can_be_one(cost: str, read_as: str | None) -> None:
    body = b'{"choices":[{"message":{"content":""}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":%s}}'

    found = read(body % cost.encode()).stated_cost

    assert found == (None if read_as is None else Decimal(read_as))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"Sure!",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"usage": 1e9999999999999999999}',
        b"1" * 5_000,
        [],
        "text",
        {},
        {"choices": []},
        {"choices": {}},
        {"choices": [{}]},
        {"choices": [{"message": {}}]},
        {"choices": [{"message": "fine"}]},
        {"choices": [{"delta": {"content": "fine"}}]},
        with_content(42),
        with_content([]),
        with_content(["fine"]),
        with_content([{"type": 1}]),
    ],
)
def test_anything_but_a_chat_completion_is_malformed(document: Any) -> None:
    with pytest.raises(CallFailure) as caught:
        read(document)
    assert caught.value.kind is FailureKind.REPLY_MALFORMED
    assert URL in caught.value.message


@pytest.mark.parametrize(
    "message", [{"content": None}, {"content": None, "refusal": "no"}, {"refusal": "no"}]
)
def test_a_reply_without_text_is_empty_and_still_costs(message: Any) -> None:
    with pytest.raises(CallFailure, match="'content_filter'") as caught:
        read(completion(choices=[{"message": message, "finish_reason": "content_filter"}]))
    assert caught.value.kind is FailureKind.REPLY_EMPTY
    assert caught.value.usage == TokenUsage(100, 20)


@given(json_values.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_any_body_is_a_completion_or_a_failure(body: bytes) -> None:
    wrapped = b'{"choices":[{"message":%s}],"usage":%s,"model":%s}' % (body, body, body)
    for candidate in (body, wrapped):
        try:
            found = read(candidate)
        except CallFailure:
            continue
        assert isinstance(found.text, str)
        assert found.usage is None or found.usage.total > 0


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"error": {"code": 502, "message": "down"}}, 502),
        ({"error": {"code": 429}}, 429),
        ({"error": {"code": 200}}, None),
        ({"error": {"code": "bad"}}, None),
        ({"error": "bad"}, None),
        (completion(error=None), None),
        ({**completion(), "error": {"code": 502}}, None),
        (completion('"error"'), None),
    ],
)
def test_an_error_behind_a_200_is_found(document: Any, status: int | None) -> None:
    assert error_status(json.dumps(document).encode()) == status


def test_broken_json_with_an_error_in_it_has_no_status() -> None:
    assert error_status(b'{"error": {"code": 502') is None
