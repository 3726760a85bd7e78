# SPDX-License-Identifier: Apache-2.0
"""The workflow that ends once the signers have their links: they decide over HTTP, on the plugin's own pages."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from devkit.declarations import read_declarations
from devkit.engine import Run, Runner, ToolCaller, load_workflow
from devkit.engine.plugin_tools import PluginTools
from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from devkit.serve import EndpointServer
from tests.workflows.conftest import ROOT, credentials
from tests.workflows.stories import Faults

WORKFLOW = load_workflow(ROOT / "workflows" / "approval_desk.yml").with_retry_interval(0)
SECRET = "desk-secret-of-the-workflow-0123456789"
PUBLIC = "https://dify.example.com/e/hook"
SETTINGS = {"api_token": "token-0123456789", "signing_secret": "", "desk_secret": SECRET}
POLICY = json.dumps(
    {
        "version": 1,
        "people": [
            {"name": "Ann Lee", "email": "ann@example.com", "levels": ["manager"]},
            {"name": "Bea Novak", "email": "bea@example.com", "levels": ["manager"]},
        ],
        "rules": [{"name": "small", "when": {"amount": {"to": 50}}, "then": {"auto_approve": True}}],
        "default": {"stages": ["manager"]},
    }
)
FORM = {
    "requester": "Mia", "request_type": "purchase", "content": 'Two "desks"', "amount": 640, "currency": "USD",
}  # fmt: skip


@dataclass(slots=True)
class Gateway:
    """A mail gateway: it remembers what it was sent, and refuses what is for `broken`."""

    url: str = ""
    broken: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    told = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.sent.append(message)
            self.send_response(400 if message["to"] == told.broken else 202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}/hooks/mail"
        yield told
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def desk_plugin(stub: LlmStub) -> Iterator[PluginHost]:
    known = {**credentials(stub), "public_url": PUBLIC, "desk_secret": SECRET}
    with PluginHost(cwd=ROOT, storage=HostStorage(), credentials=known) as host:
        yield host


def run(tools: ToolCaller, notify_url: str, **changes: Any) -> Run:
    workflow = WORKFLOW.with_environment(POLICY=POLICY, NOTIFY_URL=notify_url)
    return Runner(tools, read_declarations(ROOT)).start(workflow, {**FORM, **changes})


def decide(plugin: PluginHost, path: str, event: str) -> int:
    """Choose and confirm on the page of a link; the status of the last answer."""
    with EndpointServer(plugin, SETTINGS) as server, httpx.Client(trust_env=False, timeout=30) as browser:
        url = f"{server.url}{path}"
        asked = browser.post(url, data={"event": event, "comment": ""})
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', asked.text)
        return browser.post(url, data={name: unescape(value) for name, value in hidden}).status_code


def test_each_signer_gets_a_link_the_run_ends_and_the_link_decides(
    desk_plugin: PluginHost, gateway: Gateway
) -> None:
    ended = run(PluginTools(desk_plugin), gateway.url)

    assert ended.status.succeeded, ended.errors
    assert (ended.outputs["state"], ended.outputs["notified"]) == ("under_review", [202, 202])
    assert ended.pending_forms == ()
    by_name: Mapping[str, Any] = {message["to"]: message for message in gateway.sent}
    assert set(by_name) == {"ann@example.com", "bea@example.com"}
    ann, bea = by_name["ann@example.com"], by_name["bea@example.com"]
    assert ann["url"] != bea["url"]
    assert ann["url"] in ann["text"]
    assert (ann["request_id"], ann["level"]) == (ended.outputs["request_id"], "manager")

    assert decide(desk_plugin, ann["url"].removeprefix(PUBLIC), "approve") == 303
    assert decide(desk_plugin, bea["url"].removeprefix(PUBLIC), "reject") == 410


def test_the_links_are_no_output_of_the_run(desk_plugin: PluginHost, gateway: Gateway) -> None:
    """Whoever asked sees the outputs; a link would let them decide on their own request."""
    ended = run(PluginTools(desk_plugin), gateway.url)
    assert "/d/" not in json.dumps(ended.outputs)


def test_a_signer_who_cannot_be_told_stops_nobody(desk_plugin: PluginHost, gateway: Gateway) -> None:
    gateway.broken = "ann@example.com"
    ended = run(PluginTools(desk_plugin), gateway.url)

    assert ended.outputs["state"] == "under_review"
    assert 202 in ended.outputs["notified"]


@pytest.mark.parametrize(
    ("changes", "url", "state"),
    [({"amount": 20, "content": "Ten pens from Lumen Ltd"}, "x", "approved"), ({}, "", "under_review")],
)
def test_nobody_is_told_where_nobody_signs_or_no_address_is_given(
    desk_plugin: PluginHost, gateway: Gateway, changes: dict[str, Any], url: str, state: str
) -> None:
    ended = run(PluginTools(desk_plugin), url and gateway.url, **changes)

    assert ended.status.succeeded, ended.errors
    assert ended.outputs["state"] == state
    assert gateway.sent == []


def test_what_is_refused_is_not_submitted_and_says_why(desk_plugin: PluginHost, gateway: Gateway) -> None:
    ended = run(PluginTools(desk_plugin), gateway.url, amount=-4)

    assert ended.outputs["state"] == "not_submitted"
    assert "-4" in ended.outputs["error"]
    assert gateway.sent == []


@pytest.mark.parametrize("broken", ["analyze_approval", "route_approval"])
def test_without_the_plugin_the_run_ends_and_says_so(
    desk_plugin: PluginHost, gateway: Gateway, broken: str
) -> None:
    ended = run(Faults(PluginTools(desk_plugin), lambda tool, _: tool == broken), gateway.url)

    assert ended.status.succeeded, ended.errors
    assert ended.outputs["state"] == "not_submitted"
    assert gateway.sent == []
