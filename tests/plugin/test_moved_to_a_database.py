# SPDX-License-Identifier: Apache-2.0
"""A company that moves to a database goes on where it was: requests, decisions, idempotency keys, ledgers."""

from pathlib import Path

import pytest

from devkit.host import PluginHost
from devkit.host.host import Workspace
from devkit.llm_stub import LlmStub
from devkit.move.command import move_to, source_of
from tests.approvals.store import sql_case
from tests.plugin.conftest import credentials_for
from tests.plugin.test_analyze import DESK
from tests.plugin.test_endpoints import AUTHORIZATION, SETTINGS
from tests.servers import Kind, shared_url

POLICY = "version: 1\ncurrency: USD\ndefault: {stages: [manager, director], deadline_hours: 24}\n"


@pytest.mark.parametrize("kind", [None, Kind.PGBOUNCER])
def test_requests_go_on_in_the_database_where_they_stood(
    plugin: PluginHost, stub: LlmStub, tmp_path: Path, kind: Kind | None
) -> None:
    url = shared_url(kind) if kind else f"sqlite:///{tmp_path}/approvals.db"
    sql_case.empty(url)
    workspace = Workspace(credentials=credentials_for(stub))
    asked = {**DESK, "request_id": "PO-1", "idempotency_key": "order 1", "policy": POLICY}
    before = plugin.invoke_tool("analyze_approval", asked, workspace=workspace).raise_for_error()
    submit = {"request_id": "PO-1", "event": "submit"}
    plugin.invoke_tool("route_approval", submit, workspace=workspace).raise_for_error()
    approve = {"request_id": "PO-1", "event": "approve", "actor": "Bo", "actor_level": "manager"}
    plugin.invoke_tool("route_approval", approve, workspace=workspace).raise_for_error()

    summary = move_to(url, source_of(files_of(workspace, tmp_path / "dify"), None))
    moved = credentials_for(stub, store_url=url)
    repeated = plugin.invoke_tool("analyze_approval", asked, credentials=moved).raise_for_error()
    sign = {"request_id": "PO-1", "event": "approve", "actor": "Di", "actor_level": "director"}
    signed = plugin.invoke_tool("route_approval", sign, credentials=moved).raise_for_error()
    find = {"request_id": "PO-1", "verify_ledger": "true"}
    found = plugin.invoke_tool("find_approvals", find, credentials=moved).raise_for_error()

    assert summary.complete
    assert summary.verified == 1
    assert repeated.variables["replayed"]
    assert repeated.variables["summary"] == before.variables["summary"]
    assert signed.variables["state"] == "approved"
    assert found.variables["ledger_ok"]
    events = [entry["event"] for entry in found.variables["approvals"][0]["history"]]
    assert events == ["submit", "approve", "approve"]
    sql_case.empty(url)


def test_what_the_endpoint_answers_is_an_answer_that_can_be_moved(
    plugin: PluginHost, stub: LlmStub, tmp_path: Path
) -> None:
    workspace = Workspace(credentials=credentials_for(stub))
    asked = {**DESK, "request_id": "PO-1", "policy": POLICY}
    plugin.invoke_tool("analyze_approval", asked, workspace=workspace).raise_for_error()
    submit = {"request_id": "PO-1", "event": "submit"}
    plugin.invoke_tool("route_approval", submit, workspace=workspace).raise_for_error()
    got = plugin.invoke_endpoint(
        "GET", "/v1/approvals/PO-1", AUTHORIZATION, settings=SETTINGS, workspace=workspace
    )
    (tmp_path / "PO-1.json").write_bytes(got.body)
    url = f"sqlite:///{tmp_path}/approvals.db"

    summary = move_to(url, source_of(None, tmp_path))

    assert summary.complete
    moved = credentials_for(stub, store_url=url)
    found = plugin.invoke_tool(
        "find_approvals", {"request_id": "PO-1", "verify_ledger": "true"}, credentials=moved
    )
    assert found.variables["next_step"] == "review_manager"
    assert found.variables["ledger_ok"]


def files_of(workspace: Workspace, root: Path) -> Path:
    """The storage root of the plugin daemon with this workspace's files."""
    for key, value in workspace.storage.snapshot().items():
        path = root / "persistence" / "workspace-1" / "approvalkit" / "approvals" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value)
    return root
