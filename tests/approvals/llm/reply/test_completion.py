# SPDX-License-Identifier: Apache-2.0
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.llm import TokenUsage
from approvals.llm.failures import CallFailure, FailureKind, Remedy
from approvals.llm.reply import Completion, read_reply
from approvals.telemetry import redacting
from tests.approvals.llm.callers import KEY
from tests.approvals.llm.endpoints import completion

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://api.example.com/v1/chat/completions"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["content", "message", "usage", "x"]), inner)
    ),
)


def read(document: Any) -> Completion:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_reply(200, {}, body, url=URL, model="asked-for", now=NOW)


def with_content(content: Any) -> dict[str, Any]:
    return completion(choices=[{"message": {"content": content}}])


def test_text_model_and_usage_are_read() -> None:
    assert read(completion("fine")) == Completion("fine", "deepseek-v3.2", TokenUsage(100, 20), None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_any_encoding_that_json_may_have_is_read(encoding: str) -> None:
    body = json.dumps({"choices": [{"message": {"content": "zwölf Stühle"}}]}, ensure_ascii=False).encode(
        encoding
    )

    assert read(body).text == "zwölf Stühle"


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
        {"prompt_tokens": 0, "completion_tokens": 20, "total_tokens": 20},
        {"prompt_tokens": 100, "completion_tokens": 0, "total_tokens": 100},
        {"prompt_tokens": 10**12, "completion_tokens": 20},
    ],
)
def test_usage_that_cannot_be_true_is_unknown(usage: Any) -> None:
    assert read(completion(usage=usage)).usage is None


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
        {},
        {"choices": {}},
        {"answer": 42},
        b"data: [DONE]",
        b": keep-alive",
    ],
)
def test_anything_but_a_chat_completion_is_malformed(document: Any) -> None:
    with pytest.raises(CallFailure) as caught:
        read(document)
    assert caught.value.kind is FailureKind.REPLY_MALFORMED
    assert URL in caught.value.message


@pytest.mark.parametrize(
    "message",
    [
        {"content": None},
        {"content": None, "refusal": "no"},
        {"refusal": "no"},
        {"content": ""},
        {"content": " \n"},
        {"content": []},
        {"content": [{"type": "thinking", "thinking": "hm"}]},
        {"content": 42},
        {},
    ],
)
def test_a_reply_without_text_is_empty_and_still_costs(message: Any) -> None:
    with pytest.raises(CallFailure, match="'content_filter'") as caught:
        read(completion(choices=[{"message": message, "finish_reason": "content_filter"}]))
    assert caught.value.kind is FailureKind.REPLY_EMPTY
    assert caught.value.usage == TokenUsage(100, 20)
    assert caught.value.remedy is None


@pytest.mark.parametrize(
    "document",
    [
        {"choices": []},
        {"choices": None, "object": "chat.completion"},
        {"object": "chat.completion", "usage": {}},
        {"choices": [{}]},
        {"choices": [{"message": {}}]},
        {
            "choices": [
                {"finish_reason": "content_filter", "content_filter_results": {"hate": {"filtered": True}}}
            ]
        },
    ],
)
def test_a_completion_without_any_message_is_empty(document: Any) -> None:
    with pytest.raises(CallFailure) as caught:
        read(document)
    assert caught.value.kind is FailureKind.REPLY_EMPTY


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
def test_a_reply_that_ran_out_of_tokens_says_so(reason: str) -> None:
    choice = {"message": {"content": '{"analyses": ['}, "finish_reason": reason}
    nothing = {"message": {"content": "", "reasoning": "Let me see"}, "finish_reason": reason}

    assert read(completion(choices=[choice])).is_cut
    with pytest.raises(CallFailure) as caught:
        read(completion(choices=[nothing]))
    assert (caught.value.kind, caught.value.remedy) == (FailureKind.REPLY_EMPTY, Remedy.MORE_ROOM)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_an_answer_that_was_put_aside_as_thinking_is_the_answer(field: str) -> None:
    choice = {"message": {"content": "", field: "fine"}, "finish_reason": "stop"}

    assert read(completion(choices=[choice])).text == "fine"


def chunks(*documents: Any) -> bytes:
    return b"".join(b"data: %s\r\n\r\n" % json.dumps(each).encode() for each in documents)


def delta(text: str, **more: Any) -> dict[str, Any]:
    return {
        "object": "chat.completion.chunk",
        "model": "m-2",
        "choices": [{"delta": {"content": text}, **more}],
    }


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b": PROCESSING\n\n", b"event: message\n"])
def test_a_stream_that_nobody_asked_for_is_put_together(start: bytes) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 20}}
    body = chunks(delta("fi"), delta("ne", finish_reason="stop"), usage) + b"data: [DONE]\n\n"

    assert read(start + body) == Completion("fine", "m-2", TokenUsage(100, 20), None)


def test_a_single_chunk_is_read_as_a_completion() -> None:
    assert read(delta("fine")).text == "fine"


def test_a_stream_that_breaks_off_with_an_error_is_that_error() -> None:
    body = chunks(delta("fi"), {"error": {"message": "Rate limit exceeded", "code": 429}})

    with pytest.raises(CallFailure, match="Rate limit exceeded") as caught:
        read(body)
    assert caught.value.kind is FailureKind.RATE_LIMITED


@pytest.mark.parametrize(
    "document",
    [
        {"code": 0, "msg": "success", "data": completion()},
        [completion()],
        {"type": "message", "content": [{"type": "text", "text": "fine"}], "stop_reason": "end_turn"},
        {"choices": [{"text": "fine"}]},
        with_content(["fi", {"type": "text", "text": "ne"}]),
        completion(base_resp={"status_code": 0, "status_msg": "success"}),
        completion(error=None),
        {**completion(), "error": {"code": 502}},
    ],
)
def test_a_completion_in_another_wrapping_is_one_all_the_same(document: Any) -> None:
    assert read(document).text == "fine"


@pytest.mark.parametrize("title", ["Sign in", ""])
def test_a_web_page_is_named_as_one(title: str) -> None:
    with pytest.raises(CallFailure, match="web page") as caught:
        read(f"<!DOCTYPE html><html><head><title>{title}</title></head>".encode())
    assert title in caught.value.message
    assert caught.value.kind is FailureKind.REPLY_MALFORMED


def test_a_key_that_a_bad_reply_repeats_is_not_passed_on() -> None:
    for body in (KEY.encode(), json.dumps({KEY: 1}).encode(), json.dumps({"error": KEY * 9}).encode()):
        with redacting({"api_key": KEY}), pytest.raises(CallFailure) as caught:
            read(body)
        assert KEY not in caught.value.message
        assert KEY[:20] not in caught.value.message


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
