# SPDX-License-Identifier: Apache-2.0
"""Requests whose head is odd, and the console's cookies, which are nobody's business here."""

import json
from collections.abc import Mapping

import pytest

from devkit.host import HostStorage, PluginHost
from devkit.host.calls import Workspace
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import credentials_for
from tests.plugin.test_endpoints import ARTICLE, AUTHORIZATION, SETTINGS, TOKEN

COOKIES = {
    "access_token": "eyJconsole-access",
    "refresh_token": "console-refresh",
    "csrf_token": "console-csrf",
}


def get(plugin: PluginHost, path: str, headers: Mapping[str, str]) -> tuple[int, str]:
    answer = plugin.invoke_endpoint("GET", path, {**AUTHORIZATION, **headers}, b"", SETTINGS)
    return answer.status, answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"under_score": "1"},
        {"Content-Type": "a/b", "content-type": "c/d"},
        {"Host": "a b"},
        {"Host": "exa mple.com:99999999"},
        {"Host": "[::1"},
        {"X-Odd": "\x00"},
        {"Transfer-Encoding ": "chunked"},
    ],
)
def test_a_head_that_the_sdk_cannot_read_is_a_bad_request(
    plugin: PluginHost, channel: str, headers: dict[str, str]
) -> None:
    if channel == "sdk":
        headers = {}  # the SDK's own channel leaves such requests to the daemon, which answers 500
    status, text = get(plugin, "/v1/approvals/req_none", headers)

    assert status in {400, 404}
    assert json.loads(text)["error"]["code"] in {"bad_request", "not_found"}
    assert "Traceback" not in text


@pytest.mark.parametrize("path", ["/", "//", "//v1//approvals", "/v1/approvals/"])
def test_a_path_that_no_route_matches_is_told_as_json(plugin: PluginHost, channel: str, path: str) -> None:
    status, text = get(plugin, path, {})

    assert status == 404
    if channel == "own":
        assert json.loads(text)["error"]["code"] == "not_found"


def test_a_very_long_path_and_many_headers_are_answered(plugin: PluginHost) -> None:
    assert get(plugin, "/v1/approvals/" + "a" * 50_000, {})[0] == 404
    assert get(plugin, "/v1/approvals/a", {f"X-Many-{number}": "v" for number in range(500)})[0] in {400, 404}


def test_no_cookie_of_the_console_leaves_the_request(plugin: PluginHost, stub: LlmStub) -> None:
    here = Workspace(HostStorage(), credentials_for(stub))
    sent = "; ".join(f"{name}={value}" for name, value in COOKIES.items())
    headers = {**AUTHORIZATION, "Cookie": sent, "X-Correlation-Id": "with-cookies"}
    seen_before = len(plugin.logs)
    answers = [
        plugin.invoke_endpoint(
            "POST", "/v1/approvals/analyze", headers, json.dumps(ARTICLE).encode(), SETTINGS, workspace=here
        ),
        plugin.invoke_endpoint(
            "POST", "/v1/approvals/analyze", headers, b"not json", SETTINGS, workspace=here
        ),
        plugin.invoke_endpoint("POST", "/v1/approvals/x/events", headers, b"{}", SETTINGS, workspace=here),
        *(
            plugin.invoke_endpoint("GET", path, headers, b"", SETTINGS, workspace=here)
            for path in ("/v1/approvals/x", "/health", "/metrics", "/nothing", "/desk", "/d/token")
        ),
    ]
    everything = [
        *(f"{answer.headers}{answer.text}" for answer in answers),
        *(line["message"] for line in plugin.logs[seen_before:]),
        *(f"{key}{value!r}" for key, value in here.storage.snapshot().items()),
        plugin.stderr,
        *(f"{request.head!r}{request.body!r}" for request in stub.requests),
    ]

    assert answers[0].status == 200
    for secret in (*COOKIES.values(), TOKEN):
        assert not any(secret in text for text in everything), secret


def test_a_workspace_without_credentials_is_told_what_to_do(plugin: PluginHost) -> None:
    nothing = Workspace(HostStorage(), None)
    answer = plugin.invoke_endpoint(
        "POST",
        "/v1/approvals/analyze",
        AUTHORIZATION,
        json.dumps(ARTICLE).encode(),
        SETTINGS,
        workspace=nothing,
    )

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "authorize the plugin in Dify under Tools" in answer.json()["error"]["message"]
