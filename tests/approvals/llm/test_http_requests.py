# SPDX-License-Identifier: Apache-2.0
import logging

import pytest
from pydantic import SecretStr

from approvals.base_url import chat_completions_url
from approvals.errors import ApprovalError
from approvals.llm.http_requests import HttpRequests
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import KEY, asked, question
from tests.approvals.llm.endpoints import ScriptedEndpoint


def test_the_headers_say_who_asks_and_for_which_request(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    asked(client_at(endpoint.base_url))

    [request] = endpoint.received
    assert request.path == "/v1/chat/completions"
    assert request.headers["host"] == f"127.0.0.1:{endpoint.port}"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-request-id"] == "req-1"
    assert request.headers["user-agent"] == "dify-approvals/dev"


@pytest.mark.parametrize(
    ("request_id", "header"),
    [
        ("a b", "a%20b"),
        ("a\r\nX-Evil: 1", "a%0D%0AX-Evil:%201"),
        ("请求", "%E8%AF%B7%E6%B1%82"),
        ("x" * 500, "x" * 128),
    ],
)
def test_no_request_id_can_break_out_of_its_header(
    endpoint: ScriptedEndpoint, client_at: ClientAt, request_id: str, header: str
) -> None:
    asked(client_at(endpoint.base_url), request=question(request_id=request_id))

    assert endpoint.received[0].headers["x-request-id"] == header
    assert "x-evil" not in endpoint.received[0].headers


@pytest.mark.parametrize("text", ["采购 \U0001f4a1", "\ud800", "a\x00b", '"\\'])
def test_any_text_reaches_the_model_as_it_is(
    endpoint: ScriptedEndpoint, client_at: ClientAt, text: str
) -> None:
    asked(client_at(endpoint.base_url), request=question(text=text))

    assert endpoint.received[0].body["messages"][1]["content"] == text


@pytest.mark.parametrize(
    ("key", "where"),
    [("sk-abc def", "position 7 of 10"), ("sk-abc\n", "position 7"), ("ключ", "1"), ("", "empty")],
)
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(key: str, where: str) -> None:
    with pytest.raises(ApprovalError, match=where) as caught:
        HttpRequests(chat_completions_url("https://api.example.com"), SecretStr(key), "1")
    assert not key or key not in str(caught.value)


def test_the_key_is_in_no_repr_and_no_debug_log(
    endpoint: ScriptedEndpoint, client_at: ClientAt, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_at(endpoint.base_url)
    asked(client)

    shown = [
        repr(part)
        for part in (client, client._requests, client._exchanges, client._dialects, client.transport)
    ]
    assert KEY not in "".join(shown)
    assert KEY not in caplog.text


def test_azures_version_travels_in_the_query_and_its_key_in_a_header_of_its_own(
    endpoint: ScriptedEndpoint, client_at: ClientAt
) -> None:
    asked(client_at(f"{endpoint.base_url}?api-version=2024-10-21"))

    [request] = endpoint.received
    assert request.path == "/v1/chat/completions?api-version=2024-10-21"
    assert request.headers["api-key"] == KEY
