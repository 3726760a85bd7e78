# SPDX-License-Identifier: Apache-2.0
"""The desk in a browser's hands: over HTTP, with the cookies of the console beside its own."""

import re
import sys
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from devkit.serve import EndpointServer
from tests.plugin.conftest import ROOT, credentials_for

TOKEN = "token-of-the-endpoint-0123456789"
SECRET = "desk-secret-of-the-endpoint-0123456789"
SETTINGS = {"api_token": TOKEN, "signing_secret": "", "desk_secret": SECRET}
PUBLIC = "https://dify.example.com/e/AbCd1234EfGh5678"
CONSOLE = {
    "access_token": "console-access-cookie",
    "refresh_token": "console-refresh-cookie",
    "csrf_token": "c-s-r-f",
}
POLICY = """\
version: 1
people:
  - {name: Ann Lee, email: ann@example.com, levels: [manager]}
  - {name: Dan Ruiz, email: dan@example.com, levels: [director]}
default: {stages: [manager, director]}
"""


@pytest.fixture(scope="module")
def plugin(stub: LlmStub) -> Iterator[PluginHost]:
    """A plugin whose credentials know where its endpoint is."""
    credentials = credentials_for(stub, public_url=PUBLIC, desk_secret=SECRET)
    with PluginHost(
        (sys.executable, "-m", "main"), cwd=ROOT, storage=HostStorage(), credentials=credentials
    ) as host:
        yield host
        assert host.violations == []


@pytest.fixture
def browser(plugin: PluginHost) -> Iterator[httpx.Client]:
    """A browser that is signed in at the console, too."""
    with (
        EndpointServer(plugin, SETTINGS) as server,
        httpx.Client(base_url=f"{server.url}/", cookies=CONSOLE, timeout=30, trust_env=False) as client,
    ):
        yield client


def tool(plugin: PluginHost, name: str, **parameters: str) -> dict[str, Any]:
    """What a tool answers a workflow."""
    answer = plugin.invoke_tool(name, parameters).raise_for_error().variables
    assert answer["status"] in {"ok", "manual_review"}, answer
    return answer


def submitted(plugin: PluginHost) -> dict[str, Any]:
    """A request that waits for its first signature, as `route_approval` answers."""
    said = tool(plugin, "analyze_approval", content="Two desks", requester="Mia", amount="900", policy=POLICY)
    return tool(plugin, "route_approval", request_id=said["request_id"], event="submit")


def fields(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the last form."""
    last = page.text.rpartition("<form")[2]
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', last)
    return {name: unescape(value) for name, value in pairs}


def sign_in(browser: httpx.Client, person: str) -> None:
    answer = browser.post("desk", data={"person": person, "token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "desk")


def test_people_sign_in_decide_and_sign_out(plugin: PluginHost, browser: httpx.Client) -> None:
    request_id = submitted(plugin)["request_id"]
    sign_in(browser, "Ann Lee")
    assert request_id in browser.get("desk").text

    page = browser.get(f"desk/{request_id}")
    asked = browser.post(f"desk/{request_id}", data={**fields(page), "event": "approve", "comment": "Fine"})
    done = browser.post(f"desk/{request_id}", data=fields(asked))

    assert done.status_code == 303
    found = tool(plugin, "find_approvals", request_id=request_id, verify_ledger="true")
    last = found["approvals"][0]["history"][-1]
    assert (last["event"], last["actor"], last["how_known"], last["level"]) == (
        "approve",
        "Ann Lee",
        "token",
        "manager",
    )
    assert found["ledger_ok"] is True
    out = browser.post("desk", data={**fields(browser.get("desk/insights")), "sign_out": "1"})
    assert out.status_code == 303
    assert browser.get("desk").status_code == 401


def test_each_approver_is_answered_a_link_that_decides_once(
    plugin: PluginHost, browser: httpx.Client
) -> None:
    standing = submitted(plugin)
    (link,) = standing["decide_links"]
    assert link == {"email": "ann@example.com", "url": standing["decide_url"]}
    assert standing["decide_url"].startswith(f"{PUBLIC}/d/")
    path = urlsplit(standing["decide_url"]).path.partition("/d/")[2]

    asked = browser.post(f"d/{path}", data={"event": "approve", "comment": ""})
    done = browser.post(f"d/{path}", data=fields(asked))

    assert (done.status_code, browser.get(f"d/{path}").status_code) == (303, 410)
    found = tool(plugin, "find_approvals", request_id=standing["request_id"])
    last = found["approvals"][0]["history"][-1]
    assert (last["actor"], last["how_known"]) == ("ann@example.com", "link")
    assert found["decide_url"] == f"{PUBLIC}/desk/{standing['request_id']}"
    assert "decide_links" not in found


def test_an_event_that_is_refused_answers_no_link(plugin: PluginHost) -> None:
    standing = submitted(plugin)
    given = {
        "request_id": standing["request_id"],
        "event": "approve",
        "actor": "Mallory",
        "actor_level": "vp",
    }
    refused = plugin.invoke_tool("route_approval", given).raise_for_error().variables

    assert (refused["status"], refused["decide_url"], refused["decide_links"]) == ("refused", "", [])


def test_a_workflow_cannot_claim_that_somebody_signed_in(plugin: PluginHost) -> None:
    standing = submitted(plugin)
    answer = tool(
        plugin, "route_approval", request_id=standing["request_id"], event="approve", actor="Ann Lee",
        actor_level="manager", how_known="token",
    )  # fmt: skip
    found = tool(plugin, "find_approvals", request_id=answer["request_id"])
    assert found["approvals"][0]["history"][-1]["how_known"] == "typed"


def test_the_consoles_cookies_are_nowhere_but_in_the_request(
    plugin: PluginHost, browser: httpx.Client
) -> None:
    request_id = submitted(plugin)["request_id"]
    sign_in(browser, "Ann Lee")
    answers = [browser.get(path) for path in ("desk", f"desk/{request_id}", "desk/insights", "d/x", "health")]
    answers.append(browser.post(f"desk/{request_id}", data={"event": "approve"}))

    said = "".join(f"{answer.headers}{answer.text}" for answer in answers)
    written = str(plugin.logs) + plugin.stderr + str(plugin.workspace.storage.snapshot())
    for value in CONSOLE.values():
        assert value not in said
        assert value not in written
    for secret in (TOKEN, SECRET):
        assert secret not in said
        assert secret not in written


@pytest.mark.parametrize(
    "path", ["desk/..%2F..%2Fhealth", "desk/%2e%2e", "d/%2e%2e%2fdesk", "desk/a%0d%0aSet-Cookie:x=y"]
)
def test_a_path_leads_nowhere_else_and_writes_no_header(browser: httpx.Client, path: str) -> None:
    sign_in(browser, "Ann Lee")
    answer = browser.get(path)

    assert answer.status_code in {400, 404}
    assert "set-cookie" not in answer.headers
    assert "Traceback" not in answer.text


def test_a_wrong_method_is_refused(browser: httpx.Client) -> None:
    answer = browser.delete("desk")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
