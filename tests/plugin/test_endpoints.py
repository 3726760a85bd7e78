# SPDX-License-Identifier: Apache-2.0
"""The endpoints as Dify calls them: frames in, frames out, the plugin's own tools called through the platform."""

import json
from typing import Any

import pytest

from devkit.host import HostResponse, PluginHost

TOKEN = "token-of-the-endpoint-0123456789"
SETTINGS = {"api_token": TOKEN, "signing_secret": "", "desk_secret": ""}
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
ARTICLE = {
    "content": "Two monitors for the design team, 640 EUR in total, from our usual supplier.",
    "context": {"request_type": "purchase", "amount": 640, "currency": "EUR", "priority": "normal"},
}


def post(plugin: PluginHost, path: str, body: Any, headers: dict[str, str] | None = None) -> HostResponse:
    """A POST of JSON, or of bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **(AUTHORIZATION if headers is None else headers)}
    return plugin.invoke_endpoint("POST", path, given, data, SETTINGS)


def test_the_body_of_an_http_request_node_is_analyzed(plugin: PluginHost) -> None:
    answer = post(plugin, "/v1/approvals/analyze", ARTICLE)

    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    said = answer.json()
    assert said["status"] == "ok"
    assert said["risk_level"] in {"low", "medium", "high"}
    stored = plugin.invoke_tool("find_approvals", {"request_id": said["request_id"]}).json[0]["approvals"][0]
    assert (stored["request_type"], stored["amount"], stored["currency"]) == ("purchase", "640", "EUR")


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
def test_another_token_is_refused(plugin: PluginHost, given: str) -> None:
    answer = post(plugin, "/v1/approvals/analyze", ARTICLE, {"Authorization": given} if given else {})

    assert answer.status == 401
    assert answer.json()["error"]["code"] == "unauthenticated"
    assert TOKEN not in answer.text


def test_a_refusal_of_the_tool_has_the_status_of_its_code(plugin: PluginHost) -> None:
    answer = post(plugin, "/v1/approvals/analyze", {"content": "A chair", "context": {"amount": "-4"}})

    assert answer.status == 400
    error = answer.json()["error"]
    assert error["code"] == "bad_parameter"
    assert "-4" in error["message"]
