# SPDX-License-Identifier: Apache-2.0
"""The endpoints as Dify calls them: frames in, frames out, the plugin's own tools called through the platform."""

import base64
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from devkit.host import HostResponse, PluginHost
from devkit.llm_stub import LlmStub
from devkit.serve import EndpointServer

TOKEN = "token-of-the-endpoint-0123456789"
SECRET, NEXT_SECRET = ("whsec_" + base64.b64encode(letter * 24).decode() for letter in (b"a", b"b"))
SETTINGS = {"api_token": TOKEN, "signing_secret": SECRET, "desk_secret": ""}
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
ARTICLE = {
    "content": "Two monitors for the design team, 640 EUR in total, from our usual supplier.",
    "context": {"request_type": "purchase", "amount": 640, "currency": "EUR", "priority": "normal"},
}


class OverHttp:
    """The same plugin behind `devkit serve`, called by the standard library's client, which sends what it is told."""

    def __init__(self, plugin: PluginHost, server: EndpointServer, settings: dict[str, str]) -> None:
        self._plugin, self._settings = plugin, settings
        self._address = httpx.URL(server.url)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plugin, name)

    def invoke_endpoint(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, settings: Mapping[str, str]
    ) -> HostResponse:
        self._settings.clear()
        self._settings.update(settings)
        connection = HTTPConnection(self._address.host, self._address.port, timeout=30)
        sent = {name: value.encode() for name, value in headers.items()}
        connection.request(method, self._address.path + quote(path, safe="/%?=&.,:"), body or None, sent)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return HostResponse(answer.status, dict(answer.headers.items()), (data,), None, 0.0)


@pytest.fixture(scope="module")
def over_http(shared_plugin: PluginHost) -> Iterator[OverHttp]:
    settings: dict[str, str] = {}
    with EndpointServer(shared_plugin, settings) as server:
        yield OverHttp(shared_plugin, server, settings)


@pytest.fixture(params=["frames", "http"])
def plugin(request: pytest.FixtureRequest, plugin: PluginHost, over_http: OverHttp) -> PluginHost:
    """The plugin's endpoints over frames, and over HTTP."""
    return plugin if request.param == "frames" else cast("PluginHost", over_http)


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
    error = answer.json()["error"]
    assert error["code"] == "unauthenticated"
    assert error["message"].endswith("send Authorization: Bearer <api_token>")
    assert TOKEN not in answer.text


def test_a_refusal_of_the_tool_has_the_status_of_its_code(plugin: PluginHost) -> None:
    answer = post(plugin, "/v1/approvals/analyze", {"content": "A chair", "context": {"amount": "-4"}})

    assert answer.status == 400
    error = answer.json()["error"]
    assert error["code"] == "bad_parameter"
    assert "-4" in error["message"]


def get(plugin: PluginHost, path: str, headers: dict[str, str] | None = None) -> HostResponse:
    return plugin.invoke_endpoint("GET", path, AUTHORIZATION if headers is None else headers, b"", SETTINGS)


def submitted(plugin: PluginHost) -> str:
    """The id of a request that waits for a manager."""
    analyzed = post(
        plugin, "/v1/approvals/analyze", {**ARTICLE, "context": {"requester": "Mia", "amount": 900}}
    )
    request_id: str = analyzed.json()["request_id"]
    plugin.invoke_tool("route_approval", {"request_id": request_id, "event": "submit"}).raise_for_error()
    return request_id


def signed(
    body: bytes, secret: str = SECRET, message_id: str = "", age: timedelta = timedelta(0)
) -> dict[str, str]:
    """The headers of a message as a sender makes them, with the library of Standard Webhooks."""
    message_id, at = message_id or f"msg_{uuid4()}", datetime.now(UTC) - age
    signature = Webhook(secret).sign(message_id, at, body.decode())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


APPROVE = json.dumps({"event": "approve", "actor": "Ann", "actor_level": "manager", "comment": "ok"}).encode()


def send(
    plugin: PluginHost,
    request_id: str,
    headers: Mapping[str, str],
    body: bytes = APPROVE,
    settings: Mapping[str, str] = SETTINGS,
) -> HostResponse:
    path = f"/v1/approvals/{request_id}/events"
    return plugin.invoke_endpoint("POST", path, headers, body, settings)


def test_a_request_is_shown_with_its_verified_ledger(plugin: PluginHost) -> None:
    request_id = submitted(plugin)

    said = get(plugin, f"/v1/approvals/{request_id}").json()

    assert (said["request_id"], said["state"], said["ledger_ok"]) == (request_id, "under_review", True)
    assert [entry["event"] for entry in said["ledger"]] == ["submit"]
    assert said["record"]["request"]["content"] == ARTICLE["content"]
    assert said["brief"]


@pytest.mark.parametrize(
    "request_id", ["req_unknown", "a,b", "%2e%2e", "..%2f..", "%0d%0aX-Evil:1", "é", "x" * 300]
)
def test_an_id_that_stands_for_nothing_is_not_found(plugin: PluginHost, request_id: str) -> None:
    answer = get(plugin, f"/v1/approvals/{request_id}")

    assert answer.status == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_a_signed_event_is_carried_out_and_the_ledger_says_how_the_actor_is_known(plugin: PluginHost) -> None:
    request_id = submitted(plugin)

    answer = send(plugin, request_id, signed(APPROVE))

    assert answer.status == 200, answer.text
    assert answer.json()["status"] == "ok"
    last = get(plugin, f"/v1/approvals/{request_id}").json()["ledger"][-1]
    assert (last["event"], last["actor"], last["how_known"]) == ("approve", "Ann", "api")
    assert last["correlation_id"] == answer.headers["X-Correlation-Id"]


def test_an_event_may_come_in_the_envelope_of_standard_webhooks(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    data = {"actor": "Ann", "actor_level": "manager", "request_id": request_id}
    body = json.dumps({"type": "approval.reject", "timestamp": "2026-11-29T10:00:00Z", "data": data}).encode()

    answer = send(plugin, request_id, signed(body), body)

    assert answer.json()["state"] == "rejected"


def test_a_message_counts_once_for_all_requests(plugin: PluginHost) -> None:
    first, other = submitted(plugin), submitted(plugin)
    headers = signed(APPROVE)
    assert send(plugin, first, headers).status == 200

    again, elsewhere = send(plugin, first, headers), send(plugin, other, headers)

    assert (again.status, again.json()["error"]["code"]) == (409, "replayed_event")
    assert (elsewhere.status, elsewhere.json()["error"]["code"]) == (409, "idempotency_mismatch")
    assert [entry["event"] for entry in get(plugin, f"/v1/approvals/{other}").json()["ledger"]] == ["submit"]


def test_of_copies_that_arrive_at_once_one_counts(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    headers = signed(APPROVE)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(plugin, request_id, headers), range(6)))

    assert sorted(answer.status for answer in answers) == [200, *[409] * 5], [one.text for one in answers]
    ledger = get(plugin, f"/v1/approvals/{request_id}").json()["ledger"]
    assert [entry["event"] for entry in ledger].count("approve") == 1


def test_two_secrets_are_valid_while_one_is_replaced(plugin: PluginHost) -> None:
    both = {**SETTINGS, "signing_secret": f"{SECRET} {NEXT_SECRET}"}
    for secret in (SECRET, NEXT_SECRET):
        assert send(plugin, submitted(plugin), signed(APPROVE, secret), settings=both).status == 200
    assert send(plugin, submitted(plugin), signed(APPROVE, NEXT_SECRET)).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        AUTHORIZATION,
        signed(APPROVE, NEXT_SECRET),
        signed(APPROVE + b" "),
        signed(APPROVE, age=timedelta(minutes=6)),
        signed(
            APPROVE, age=timedelta(hours=-6)
        ),  # signed when the tests are collected, so far ahead of any run
        {**signed(APPROVE), "webhook-signature": "v1"},
        {**signed(APPROVE), "webhook-signature": "v1,%%%"},
        {**signed(APPROVE), "webhook-signature": "v2,YWJj v1a,YWJj"},
        {**signed(APPROVE), "webhook-timestamp": "nan"},
        {**signed(APPROVE), "webhook-id": "another"},
        signed(APPROVE, message_id="m" * 257),
    ],
)
def test_a_message_that_nobody_signed_just_now_is_refused(
    plugin: PluginHost, headers: dict[str, str]
) -> None:
    answer = send(plugin, "req_1", headers)

    assert answer.status == 401
    assert answer.json()["error"]["code"] == "bad_signature"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", f"{SECRET} {NEXT_SECRET} {SECRET}"])
def test_settings_without_a_usable_secret_take_no_event(plugin: PluginHost, secret: str) -> None:
    answer = send(plugin, "req_1", signed(APPROVE), settings={**SETTINGS, "signing_secret": secret})

    assert answer.status == 403
    assert answer.json()["error"]["code"] == "not_configured"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/approvals/analyze", None),
        ("PUT", "/v1/approvals/analyze", "POST"),
        ("GET", "/v1/approvals/req_1/events", "POST"),
        ("DELETE", "/v1/approvals/req_1", "GET"),
        ("OPTIONS", "/v1/approvals/req_1", "GET"),
    ],
)
def test_a_wrong_method_is_told(plugin: PluginHost, method: str, path: str, allow: str | None) -> None:
    answer = plugin.invoke_endpoint(method, path, AUTHORIZATION, b"", SETTINGS)

    if allow is None:  # the path is also that of a request, which nothing stands for
        assert answer.status == 404
    else:
        assert (answer.status, answer.headers["Allow"]) == (405, allow)
        assert answer.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/approvals/../../etc/passwd", "/v2/approvals/analyze"]
)
def test_a_path_without_a_route_is_told_as_json(plugin: PluginHost, path: str) -> None:
    assert get(plugin, path).json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"not json", b"[]", b"null", b"3", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000,
        b'{"a":' * 50 + b"1" + b"}" * 50, b'{"content": "x", "requester": true}', b'{"content": "x", "vendor": ["a"]}',
        b'{"content": 7}', b'{"content": "x", "content": "y"}', b'{"content": "x", "context": {"a": 1, "a": 2}}',
        b'{"content": "x", "currency": 7}',
        b'{"content": ""}', b'{"content": null}', b'{"content": "x", "context": []}', b'{"content": "x", "amonut": 3}',
        b'{"content": "x", "context": {"amount": 1e999}}', b'{"content": "x", "priority": "9"}',
        b'{"content": "\\ud800", "context": {"currency": "euros"}}', b'{"content": {"a": 1}, "policy": "x"}',
        b'{"content": "' + b"a" * 200_000 + b'"}',
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused(plugin: PluginHost, body: bytes) -> None:
    answer = post(plugin, "/v1/approvals/analyze", body)

    assert answer.status == 400, answer.text
    assert answer.json()["error"]["code"] in {"bad_parameter", "bad_policy"}
    assert "Traceback" not in answer.text


def test_a_body_that_dify_cuts_is_refused(plugin: PluginHost) -> None:
    answer = post(plugin, "/v1/approvals/analyze", b'{"content": "' + b"a" * (11 * 1024 * 1024))

    assert (answer.status, answer.json()["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "body", [{"content": "a" * 6_000_000}, {"content": "x", "context": {"a": "ü" * 3_000_000}}]
)
def test_a_body_that_fits_no_line_to_the_daemon_is_refused_and_the_plugin_lives(
    plugin: PluginHost, body: dict[str, Any]
) -> None:
    answer = post(plugin, "/v1/approvals/analyze", body)

    assert (answer.status, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert post(plugin, "/v1/approvals/analyze", ARTICLE).status == 200
    assert plugin.violations == []


def test_a_callers_correlation_id_is_in_the_answer_on_every_line_of_the_log_and_in_calls_out(
    plugin: PluginHost, stub: LlmStub
) -> None:
    ours = f"order-{uuid4()}"
    answer = post(plugin, "/v1/approvals/analyze", ARTICLE, {**AUTHORIZATION, "X-Correlation-Id": ours})

    assert answer.headers["X-Correlation-Id"] == ours
    lines = [line["message"] for line in plugin.logs if ours in line["message"]]
    assert {json.loads(line)["use_case"] for line in lines} == {"analyze", "analyze_approval"}
    assert stub.requests[-1].header("X-Correlation-Id") == ours


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\\r\\nSet-Cookie: x=1", "<script>", "é"])
def test_a_correlation_id_that_is_no_plain_word_is_replaced(plugin: PluginHost, given: str) -> None:
    answer = get(plugin, "/v1/approvals/req_none", {**AUTHORIZATION, "X-Correlation-Id": given})

    assert answer.status == 404
    assert answer.headers["X-Correlation-Id"] != given
    assert answer.headers["X-Correlation-Id"].isalnum()


def test_only_an_endpoint_may_say_how_an_actor_is_known(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    approve = {"request_id": request_id, **json.loads(APPROVE), "how_known": "link"}

    for proof in (
        "1764410000:abc",
        "é:ü",
        ":",
        f"{int(datetime.now(UTC).timestamp())}:{'0' * 64}",
        "9" * 5_000,
    ):
        forged = plugin.invoke_tool("route_approval", {**approve, "endpoint_proof": proof})
        assert forged.variables["error_code"] == "not_authorized"
    plugin.invoke_tool("route_approval", approve)

    assert get(plugin, f"/v1/approvals/{request_id}").json()["ledger"][-1]["how_known"] == "typed"
