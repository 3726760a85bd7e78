# SPDX-License-Identifier: Apache-2.0
"""Notifications from the plugin's process to a server on this machine."""

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from devkit.host import HostStorage, PluginHost
from devkit.host.calls import Workspace
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import credentials_for
from tests.plugin.test_endpoints import AUTHORIZATION, SETTINGS

SECRET = "whsec_" + base64.b64encode(b"n" * 24).decode()


@dataclass(slots=True)
class Receiver:
    """A server that remembers what it was sent. While `silent` is set it does not answer."""

    url: str = ""
    status: int = 200
    silent: Event = field(default_factory=Event)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()
    done = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if told.silent.is_set():
                done.wait(20)
                return
            told.got.append((dict(self.headers.items()), body))
            self.send_response(told.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}/hooks/Secret7Part"
        yield told
        done.set()
        server.shutdown()
        thread.join()


def workspace(stub: LlmStub, receiver: Receiver, **changes: str) -> Workspace:
    notify = {"notify_url": receiver.url, "notify_secret": SECRET, **changes}
    return Workspace(HostStorage(), credentials_for(stub, **notify))


def submitted(plugin: PluginHost, here: Workspace) -> str:
    asked = {"content": "A chair", "requester": "Mia", "amount": "900", "currency": "USD"}
    read = plugin.invoke_tool("analyze_approval", asked, workspace=here).raise_for_error()
    request_id: str = read.variables["request_id"]
    submit = {"request_id": request_id, "event": "submit"}
    plugin.invoke_tool("route_approval", submit, workspace=here).raise_for_error()
    return request_id


def test_who_must_sign_is_told_by_the_call_that_opened_the_stage(
    shared_plugin: PluginHost, stub: LlmStub, receiver: Receiver
) -> None:
    here = workspace(stub, receiver)
    request_id = submitted(shared_plugin, here)

    [(headers, body)] = receiver.got
    told = Webhook(SECRET).verify(body, headers)
    assert (told["type"], told["data"]["request_id"]) == ("approval.opened", request_id)
    found = shared_plugin.invoke_tool("find_approvals", {"request_id": request_id}, workspace=here)
    ledger = found.json[0]["approvals"][0]["history"]
    assert told["data"]["entry_hash"] == ledger[-1]["hash"]


def test_a_silent_receiver_costs_two_seconds_and_is_told_by_the_sweep(
    shared_plugin: PluginHost, stub: LlmStub, receiver: Receiver
) -> None:
    here = workspace(stub, receiver, second_opinion_model="silent-receiver")
    receiver.silent.set()
    started = time.monotonic()
    request_id = submitted(shared_plugin, here)
    assert time.monotonic() - started < 4

    metrics = shared_plugin.invoke_endpoint(
        "GET", "/metrics", AUTHORIZATION, b"", SETTINGS, workspace=here
    ).text
    assert "approvals_outbox_notifications 1.0" in metrics
    assert 'approvals_notifications_total{format="standard-webhooks",outcome="failed"} 1.0' in metrics
    assert request_id not in metrics


def test_the_address_and_the_secret_stand_in_no_log(
    shared_plugin: PluginHost, stub: LlmStub, receiver: Receiver
) -> None:
    receiver.status = 500
    submitted(shared_plugin, workspace(stub, receiver))

    lines = json.dumps(shared_plugin.logs)
    assert "notification not delivered" in lines
    assert "Secret7Part" not in lines
    assert SECRET not in lines


def test_an_event_from_outside_carries_its_correlation_id_to_the_notification(
    shared_plugin: PluginHost, stub: LlmStub, receiver: Receiver
) -> None:
    here = workspace(stub, receiver)
    request_id = submitted(shared_plugin, here)
    receiver.got.clear()
    body = json.dumps({"event": "approve", "actor": "Ann", "actor_level": "executive"}).encode()
    signing = {**SETTINGS, "signing_secret": SECRET}
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body.decode()),
        "X-Correlation-Id": "erp-42",
    }
    path = f"/v1/approvals/{request_id}/events"
    answer = shared_plugin.invoke_endpoint("POST", path, headers, body, signing, workspace=here)

    assert answer.status == 200, answer.text
    [(got, _)] = receiver.got
    assert got["X-Correlation-Id"] == "erp-42"


@pytest.mark.parametrize(
    "changes",
    [
        {"notify_url": "nonsense"},
        {"notify_secret": ""},
        {"notify_format": "pigeon"},
        {"notify_secret": "whsec_"},
    ],
)
def test_settings_that_cannot_notify_are_refused_when_they_are_saved(
    shared_plugin: PluginHost, stub: LlmStub, receiver: Receiver, changes: dict[str, str]
) -> None:
    credentials = {**(workspace(stub, receiver).credentials or {}), **changes}
    error = shared_plugin.validate_credentials(credentials).error
    assert error is not None
    assert "notify_" in error.message
    assert "Secret7Part" not in error.message
