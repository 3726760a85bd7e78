# SPDX-License-Identifier: Apache-2.0
"""The stub answers like an OpenAI-compatible endpoint and remembers what it was asked."""

import concurrent.futures
import json

import httpx
import pytest

from devkit.llm_stub import LlmStub
from devkit.llm_stub.completion import tokens
from devkit.llm_stub.received import KEPT

from .calls import analyses_in, chat, post, request, words_of


def test_a_completion_has_the_shape_of_openai_s(stub: LlmStub) -> None:
    body = chat(request("r-7"))
    answer = post(stub, body).json()

    assert (answer["object"], answer["model"]) == ("chat.completion", "m")
    assert answer["choices"][0]["finish_reason"] == "stop"
    said = answer["choices"][0]["message"]["content"]
    assert [analysis["id"] for analysis in json.loads(said)["analyses"]] == ["r-7"]
    prompt = sum(tokens(message["content"]) for message in body["messages"])
    assert answer["usage"] == {
        "prompt_tokens": prompt,
        "completion_tokens": tokens(said),
        "total_tokens": prompt + tokens(said),
    }


def test_several_requests_in_one_call_are_answered_in_order(stub: LlmStub) -> None:
    together = analyses_in(post(stub, chat(request("a"), request("b", "Cash for gifts"), request("c"))))
    alone = [
        analyses_in(post(stub, chat(each)))[0] for each in (request("a"), request("b", "Cash for gifts"))
    ]

    assert [analysis["id"] for analysis in together] == ["a", "b", "c"]
    assert together[:2] == alone


def test_a_re_ask_is_answered_from_the_first_document(stub: LlmStub) -> None:
    body = chat(request("r-1"))
    body["messages"] += [
        {"role": "assistant", "content": "{}"},
        {"role": "user", "content": "Your reply was refused."},
    ]

    assert [analysis["id"] for analysis in analyses_in(post(stub, body))] == ["r-1"]


def test_messages_without_a_document_get_a_polite_reply(stub: LlmStub) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]}

    assert words_of(post(stub, body)) == "I can only screen approval requests."


def test_any_prefix_leads_to_the_chat(stub: LlmStub) -> None:
    url = f"http://127.0.0.1:{stub.port}/openai/deployments/x/chat/completions?api-version=1"

    assert httpx.post(url, json=chat(), trust_env=False).status_code == 200
    assert stub.requests[-1].path == "/openai/deployments/x/chat/completions"


def test_other_paths_and_methods_are_unknown(stub: LlmStub) -> None:
    for method, path in (("POST", "/embeddings"), ("GET", "/chat/completions"), ("DELETE", "/models")):
        answer = httpx.request(method, f"{stub.base_url}{path}", trust_env=False)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_url")


def test_models_are_listed_and_others_refused() -> None:
    with LlmStub(models=["a", "b"]) as stub:
        listed = httpx.get(f"{stub.base_url}/models", trust_env=False).json()
        refused = post(stub, chat(model="c"))

    assert [model["id"] for model in listed["data"]] == ["a", "b"]
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("key", ["", "sk-wrong", "sk-right-not"])
def test_a_wrong_key_is_refused_with_openai_s_error(key: str) -> None:
    with LlmStub(api_key="sk-right") as stub:
        refused = post(stub, key=key)
        accepted = post(stub, key="sk-right")

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    assert key in refused.text  # careless on purpose
    assert accepted.status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"[" * 100_000, b'{"model": 1}', b'{"model": "m", "messages": []}',
     b'{"model": "m", "messages": [{"role": "user"}], "stream": true}'],
)  # fmt: skip
def test_a_body_that_is_no_call_is_a_400(stub: LlmStub, body: bytes) -> None:
    answer = httpx.post(f"{stub.base_url}/chat/completions", content=body, trust_env=False)

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    "document", ["[1]", '{"requests": null}', '{"requests": [1, "x"]}', '{"requests": {}}']
)
def test_a_document_of_a_strange_shape_is_survived(stub: LlmStub, document: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": document}]}

    assert post(stub, body).status_code == 200


def test_lone_surrogates_are_answered(stub: LlmStub) -> None:
    body = json.dumps(chat(request("\ud800", "Desk \udfff lamp"))).encode()

    answer = httpx.post(f"{stub.base_url}/chat/completions", content=body, trust_env=False)

    assert analyses_in(answer)[0]["id"] == "\ud800"


def test_the_log_keeps_everything_that_was_sent(stub: LlmStub) -> None:
    post(stub, chat(request("r-1")), key="sk-secret")
    received = stub.requests[-1]

    assert (received.number, received.connection, received.method) == (1, 1, "POST")
    assert received.header("authorization") == "Bearer sk-secret"
    assert received.header("absent") == ""
    assert dict(received.headers)["Content-Type"] == "application/json"
    assert received.json["model"] == "m"
    assert "sk-secret" not in repr((received, stub, stub.requests))


def test_the_log_is_bounded_and_can_be_emptied(stub: LlmStub) -> None:
    with httpx.Client(base_url=stub.base_url, trust_env=False) as client:
        for _ in range(KEPT + 5):
            client.get("/models")

    assert (stub.requests.count, len(stub.requests), stub.requests.connections) == (KEPT + 5, KEPT, 1)
    assert [request.number for request in stub.requests][:2] == [6, 7]
    stub.requests.clear()
    assert (stub.requests.count, len(stub.requests), stub.requests.max_in_flight) == (0, 0, 0)


def test_latency_holds_for_each_and_requests_overlap() -> None:
    with LlmStub(latency_ms=200) as stub, concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(stub), range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.elapsed.total_seconds() >= 0.2 for answer in answers)
    assert (stub.requests.count, stub.requests.in_flight) == (8, 0)
    assert stub.requests.max_in_flight >= 2


def test_it_can_be_stopped_and_started_again_on_its_port(stub: LlmStub) -> None:
    port = stub.port
    stub.stop()
    stub.stop()
    with pytest.raises(httpx.ConnectError):
        post(stub)

    assert stub.start().port == port
    assert post(stub).status_code == 200


def test_a_port_that_is_taken_is_said(stub: LlmStub) -> None:
    with pytest.raises(OSError, match="address already in use"):
        LlmStub(port=stub.port).start()
