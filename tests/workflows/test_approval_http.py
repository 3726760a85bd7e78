# SPDX-License-Identifier: Apache-2.0
"""The workflow that asks the plugin's endpoint: the plugin itself behind `devkit serve`, and stand-ins that fail."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from devkit.bundle.command import shipped_tools
from devkit.engine import Run, Runner, RunStatus, load_workflow
from devkit.host import PluginHost
from devkit.llm_stub import LlmStub
from devkit.serve import EndpointServer
from tests.workflows.stories import ROOT, Faults
from tests.workflows.test_approval_batch import Calm

WORKFLOW = load_workflow(ROOT / "workflows" / "approval_http.yml").with_retry_interval(0)
TOKEN = "token-of-the-test"
FORM = {
    "requester": "Mia",
    "request_type": "expense",
    "content": 'A "standing" desk\nwith a \\ and a </script>',
    "amount": 640.5,
    "currency": "EUR",
    "vendor": 'Fabrikam "Möbel" GmbH',
}
ANALYSIS = {
    "status": "ok",
    "request_id": "req_1",
    "risk_level": "low",
    "suggested_level": "manager",
    "summary": "A desk.",
}


@dataclass(slots=True)
class Endpoint:
    """A server that answers every POST alike, and remembers what it was sent."""

    status: int = 200
    answer: bytes = b""
    url: str = ""
    received: list[tuple[str, str, Any]] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    told = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.received.append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(told.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told.answer)))
            self.end_headers()
            self.wfile.write(told.answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}/e/abc"
        yield told
        server.shutdown()
        thread.join()


def ask(url: str) -> Run:
    runner = Runner(caller=Faults(Calm()), declarations=shipped_tools(ROOT))
    return runner.start(WORKFLOW.with_environment(ENDPOINT_URL=url, API_TOKEN=TOKEN), FORM, run_id="run-7")


def test_an_analysis_is_shown(endpoint: Endpoint) -> None:
    endpoint.answer = json.dumps(ANALYSIS).encode()

    run = ask(endpoint.url)

    assert run.status is RunStatus.SUCCEEDED
    assert run.outputs == {**ANALYSIS, "error": ""}


def test_what_a_person_typed_arrives_whole_with_the_token(endpoint: Endpoint) -> None:
    endpoint.answer = json.dumps(ANALYSIS).encode()

    ask(endpoint.url)

    [(path, authorization, body)] = endpoint.received
    assert path == "/e/abc/v1/approvals/analyze"
    assert authorization == f"Bearer {TOKEN}"
    assert body["content"] == FORM["content"]
    context = {name: FORM[name] for name in ("request_type", "amount", "currency", "requester", "vendor")}
    assert body["context"] == {**context, "document_number": "", "request_id": "run-7"}


def test_a_refusal_is_read_and_told(endpoint: Endpoint) -> None:
    endpoint.status = 401
    endpoint.answer = b'{"error": {"code": "not_authorized", "message": "the token is not the right one"}}'

    run = ask(endpoint.url)

    assert run.status is RunStatus.SUCCEEDED
    assert run.outputs["status"] == "not_authorized"
    assert run.outputs["error"] == "the token is not the right one"


@pytest.mark.parametrize(
    "answer", [b"<html>Bad gateway</html>", b"[1, 2]", b"null", b'{"error": "down"}', b""]
)
def test_an_answer_of_another_shape_is_told_as_one(answer: bytes, endpoint: Endpoint) -> None:
    endpoint.answer = answer

    run = ask(endpoint.url)

    assert run.status.succeeded
    assert run.outputs["status"] == "failed"
    assert run.outputs["error"] == "the endpoint answered 200 without an analysis"


def test_an_endpoint_that_is_away_is_told() -> None:
    run = ask("http://127.0.0.1:9")

    assert run.status is RunStatus.FAILED
    assert "refused" in run.errors[-1]


def test_the_runner_reaches_no_other_machine() -> None:
    run = ask("https://dify.example.com/e/abc")

    assert run.status is RunStatus.FAILED
    assert "found host 'dify.example.com'" in run.errors[-1]


def test_the_token_stands_in_nothing_that_is_recorded(endpoint: Endpoint) -> None:
    endpoint.status = 500

    run = ask(endpoint.url)

    assert TOKEN not in repr([*run.trace, run.outputs, run.errors])


def test_every_edge_of_the_workflow_is_taken(endpoint: Endpoint) -> None:
    endpoint.answer = json.dumps(ANALYSIS).encode()

    assert ask(endpoint.url).edges_taken == {edge.edge_id for edge in WORKFLOW.edges}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[PluginHost, str]]:
    """The plugin as a process, its endpoints over HTTP, and a model stub."""
    with LlmStub(api_key="key-of-the-test") as stub:
        model = {"api_key": "key-of-the-test", "base_url": stub.base_url, "allow_insecure_http": "true"}
        with (
            PluginHost((sys.executable, "-m", "main"), cwd=ROOT, credentials=model) as host,
            EndpointServer(host, {"api_token": TOKEN}) as server,
        ):
            yield host, server.url


def test_the_plugin_itself_answers_with_an_analysis_of_what_was_typed(served: tuple[PluginHost, str]) -> None:
    host, url = served

    run = ask(url)

    assert run.status is RunStatus.SUCCEEDED, run.errors
    assert (run.outputs["status"], run.outputs["error"]) == ("ok", "")
    found = host.invoke_tool("find_approvals", {"request_id": run.outputs["request_id"]}).json[0][
        "approvals"
    ][0]
    request = found["record"]["request"]
    assert (request["content"], request["amount"], request["requester"]) == (FORM["content"], "640.5", "Mia")
    assert (request["vendor"], request["document_number"], request["context"]) == (FORM["vendor"], "", {})


def test_the_plugins_own_refusal_is_told(served: tuple[PluginHost, str]) -> None:
    _, url = served
    runner = Runner(caller=Faults(Calm()), declarations=shipped_tools(ROOT))
    asked = WORKFLOW.with_environment(ENDPOINT_URL=url, API_TOKEN="another")

    run = runner.start(asked, FORM, run_id="run-8")

    assert run.outputs["status"] == "unauthenticated"
    assert "api_token" in run.outputs["error"]
