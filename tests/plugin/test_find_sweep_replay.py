# SPDX-License-Identifier: Apache-2.0
"""`find_approvals`, `sweep_deadlines` and `replay_dead_letters` over stdio."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from approvals.domain.records import ApprovalRecord
from approvals.store.compression import decompressed
from devkit.host import HostStorage, PluginHost, Workspace
from devkit.llm_stub import LlmStub, Outcome
from tests.package.declared import output_names
from tests.plugin.conftest import ROOT, credentials_for
from tests.plugin.test_analyze import DESK

SOON = "version: 1\ndefault: {stages: [manager], deadline_hours: 0.0001}"
_NUMBERS = itertools.count()


@pytest.fixture
def workspace(stub: LlmStub) -> Workspace:
    """An empty workspace, with a breaker of its own."""
    base_url = f"{stub.base_url}/find-{next(_NUMBERS)}"
    return Workspace(HostStorage(), credentials_for(stub, base_url=base_url))


def call(plugin: PluginHost, workspace: Workspace, tool: str, **given: Any) -> dict[str, Any]:
    return plugin.invoke_tool(tool, given, workspace=workspace).raise_for_error().variables


def submitted(plugin: PluginHost, workspace: Workspace, **changes: Any) -> str:
    said = call(plugin, workspace, "analyze_approval", **{**DESK, **changes})
    call(plugin, workspace, "route_approval", request_id=said["request_id"], event="submit")
    return str(said["request_id"])


def test_pages_follow_each_other_newest_first_while_records_change(
    plugin: PluginHost, workspace: Workspace
) -> None:
    two_stages = "version: 1\ndefault: {stages: [manager, director]}"
    ids = [submitted(plugin, workspace, policy=two_stages, request_id=f"r-{n}") for n in range(5)]
    first = call(plugin, workspace, "find_approvals", state="under_review", limit="2")
    approve = {"event": "approve", "actor": "Bea", "actor_level": "manager"}
    call(plugin, workspace, "route_approval", request_id=ids[1], **approve)
    second = call(
        plugin, workspace, "find_approvals", state="under_review", limit="2", cursor=first["next_cursor"]
    )
    third = call(
        plugin, workspace, "find_approvals", state="under_review", limit="2", cursor=second["next_cursor"]
    )

    pages = [[one["request_id"] for one in page["approvals"]] for page in (first, second, third)]
    assert pages == [["r-4", "r-3"], ["r-2", "r-1"], ["r-0"]]
    assert third["next_cursor"] == ""
    assert set(third) == output_names("find_approvals") - {"ledger_ok"}


def test_one_request_is_found_whole_with_its_history_and_verdict(
    plugin: PluginHost, workspace: Workspace
) -> None:
    request_id = submitted(plugin, workspace)
    found = call(plugin, workspace, "find_approvals", request_id=request_id, verify_ledger="true")

    (one,) = found["approvals"]
    assert found["ledger_ok"]
    assert set(found) == output_names("find_approvals")
    assert (found["state"], found["next_step"], found["version"]) == ("approved", "closed", 3)
    assert [entry["event"] for entry in one["history"]] == ["submit"]
    assert ApprovalRecord.model_validate(one["record"]).request_id == request_id


def test_an_edited_past_is_found_and_named(plugin: PluginHost, workspace: Workspace) -> None:
    request_id = submitted(plugin, workspace, requester="Ann")
    stored = {key: decompressed(value, key) for key, value in workspace.storage.snapshot().items()}
    (key, value), *_ = ((key, value) for key, value in stored.items() if b'"requester":"Ann"' in value)
    workspace.storage.put(key, value.replace(b'"requester":"Ann"', b'"requester":"Bob"'))
    with PluginHost(cwd=ROOT, storage=workspace.storage, credentials=workspace.credentials) as fresh:
        found = fresh.invoke_tool(
            "find_approvals", {"request_id": request_id, "verify_ledger": "true"}
        ).variables

    assert not found["ledger_ok"]
    assert "the request or its analysis was changed" in found["approvals"][0]["ledger_faults"][0]


@pytest.mark.parametrize(
    "ids",
    ["r-2, r-9 ,r-1,", ["r-2", None, "r-9", "r-1"], '["r-2","r-9","r-1"]', "['r-2', None, '', 'r-9', 'r-1']"],
    ids=str,
)
def test_several_ids_are_found_in_their_order_and_told_in_a_report(
    plugin: PluginHost, workspace: Workspace, ids: object
) -> None:
    for number in range(3):
        submitted(plugin, workspace, request_id=f"r-{number}", vendor=f"Joiner {number}")
    answer = plugin.invoke_tool("find_approvals", {"request_id": ids}, workspace=workspace).raise_for_error()

    said = answer.variables
    assert [one["request_id"] for one in said["approvals"]] == ["r-2", "r-1"]
    assert set(said) == output_names("find_approvals") - {"ledger_ok"}
    assert (said["next_step"], said["version"]) == ("", 0)
    assert answer.text.startswith("**Requests**: 3 (approved 2, not on record 1)\n\n| Request | Requester |")
    assert "| r-2 | Ann | 300.00 USD | low | approved |" in answer.text


def test_one_request_is_told_in_a_line(plugin: PluginHost, workspace: Workspace) -> None:
    submitted(plugin, workspace, request_id="r-1")
    answer = plugin.invoke_tool("find_approvals", {"request_id": "r-1"}, workspace=workspace)

    assert answer.text == "r-1: a purchase of 300.00 USD by Ann, approved"


@pytest.mark.parametrize(
    "ids", ["../etc,r-1", "[1, {}]", "[", ",".join(f"r-{n}" for n in range(501)), "x" * 80_000]
)
def test_ids_that_cannot_be_looked_up_are_refused(plugin: PluginHost, workspace: Workspace, ids: str) -> None:
    said = call(plugin, workspace, "find_approvals", request_id=ids)

    assert (said["status"], said["error_code"]) == ("refused", "bad_parameter")
    assert said["error_message"].startswith("request_id ")


def test_nothing_found_is_not_found_and_a_strange_cursor_is_refused(
    plugin: PluginHost, workspace: Workspace
) -> None:
    nothing = call(plugin, workspace, "find_approvals", request_id="nobody")
    strange = plugin.invoke_tool("find_approvals", {"cursor": "never given out"}, workspace=workspace)

    assert (nothing["status"], nothing["error_code"]) == ("refused", "not_found")
    assert "nobody" in nothing["error_message"]
    assert (nothing["count"], nothing["approvals"], nothing["next_step"], nothing["brief"]) == (0, [], "", "")
    assert strange.raise_for_error().variables["error_code"] == "bad_parameter"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "ajar"),
        ("level", "boss"),
        ("overdue", "perhaps"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "x"),
    ],
)
def test_a_bad_parameter_of_a_search_is_refused_by_name(
    plugin: PluginHost, workspace: Workspace, name: str, value: str
) -> None:
    said = call(plugin, workspace, "find_approvals", **{name: value})

    assert (said["status"], said["error_code"]) == ("refused", "bad_parameter")
    assert said["error_message"].startswith(f"{name} ")
    assert repr(value) in said["error_message"]


def test_a_sweep_moves_on_what_is_overdue_once_however_many_sweep_at_once(
    plugin: PluginHost, workspace: Workspace
) -> None:
    overdue = {submitted(plugin, workspace, policy=SOON) for _ in range(6)}
    patient = submitted(plugin, workspace, policy="version: 1\ndefault: {stages: [manager]}")
    _until_overdue(plugin, workspace, len(overdue))
    with ThreadPoolExecutor(4) as pool:
        sweeps = list(pool.map(lambda _: call(plugin, workspace, "sweep_deadlines"), range(4)))

    escalated = [request_id for sweep in sweeps for request_id in sweep["escalated"]]
    assert sorted(set(escalated)) == sorted(overdue)
    levels = {one["level"] for one in _found(plugin, workspace, state="escalated")}
    assert levels <= {"director", "vp", "executive"}
    assert [one["request_id"] for one in _found(plugin, workspace, state="under_review")] == [patient]
    assert set(sweeps[0]) == output_names("sweep_deadlines")


def test_a_failed_analysis_is_made_up_for_while_the_request_waits(
    plugin: PluginHost, stub: LlmStub, workspace: Workspace
) -> None:
    stub.script(*[Outcome.PROSE] * 2)
    failed = call(plugin, workspace, "analyze_approval", **DESK)
    stub.script(*[Outcome.PROSE] * 2)
    still = call(plugin, workspace, "replay_dead_letters")
    recovered = call(plugin, workspace, "replay_dead_letters", request_id=failed["request_id"])
    nothing_left = call(plugin, workspace, "replay_dead_letters")
    again = call(plugin, workspace, "analyze_approval", **{**DESK, "request_id": failed["request_id"]})

    assert (failed["status"], failed["error_code"]) == ("manual_review", "model_reply_invalid")
    assert (still["replayed_count"], still["still_failing"]) == (1, [failed["request_id"]])
    assert recovered["recovered"] == [failed["request_id"]]
    assert nothing_left["replayed_count"] == 0
    assert (again["status"], again["replayed"], again["attempts"]) == ("ok", True, 5)
    assert set(recovered) == output_names("replay_dead_letters")


def _found(plugin: PluginHost, workspace: Workspace, **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(plugin, workspace, "find_approvals", **given)["approvals"]
    return found


def _until_overdue(plugin: PluginHost, workspace: Workspace, count: int) -> None:
    """The deadline of SOON is a third of a second; ask until it has passed for all."""
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        if len(_found(plugin, workspace, overdue="true")) == count:
            return
    raise AssertionError("the deadlines never passed")
