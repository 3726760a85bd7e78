# SPDX-License-Identifier: Apache-2.0
"""The process is killed at a storage call: whoever repeats the call finds everything as it must be.

Here at a few of them, as the platform kills; `tests/tools_against_mocked_endpoints/test_crash.py` tries every one.
"""

import sys
from pathlib import Path
from typing import Any

from devkit.host import Cut, HostStorage, PluginHost, Workspace
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import credentials_for
from tests.plugin.test_analyze import DESK

ROOT = Path(__file__).parents[2]
CUTS = 5
POLICY = "version: 1\ndefault: {stages: [manager]}"
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("analyze_approval", {**DESK, "request_id": "r-1", "policy": POLICY, "idempotency_key": "a"}),
    ("route_approval", {"request_id": "r-1", "event": "submit", "idempotency_key": "b"}),
    (
        "route_approval",
        {
            "request_id": "r-1",
            "event": "approve",
            "actor": "Bea",
            "actor_level": "manager",
            "idempotency_key": "c",
        },
    ),
]


def started(storage: HostStorage, stub: LlmStub) -> PluginHost:
    command = (sys.executable, "-m", "main")
    return PluginHost(command=command, cwd=ROOT, storage=storage, credentials=credentials_for(stub))


def storage_calls_of_all_steps(stub: LlmStub) -> int:
    storage = HostStorage()
    with started(storage, stub) as plugin:
        for tool, given in STEPS:
            plugin.invoke_tool(tool, given).raise_for_error()
    return storage.operations


def test_after_a_crash_at_a_storage_call_the_same_steps_again_end_as_if_nothing_had_happened(
    stub: LlmStub,
) -> None:
    stub.clear()
    with started(HostStorage(), stub) as survivor:
        calls = storage_calls_of_all_steps(stub)
        for number in sorted({1 + calls * part // CUTS for part in range(CUTS)} | {calls}):
            storage = HostStorage()
            storage.cut_after(number, Cut.BEFORE)  # dying after a call is dying before the next one
            with started(storage, stub) as victim:
                answers = [victim.invoke_tool(tool, given) for tool, given in STEPS]
            assert answers[-1].error is not None

            repeat_all_steps(survivor, Workspace(storage, credentials_for(stub)))


def repeat_all_steps(plugin: PluginHost, workspace: Workspace) -> None:
    """In a process that never saw this workspace before."""

    def call(tool: str, **given: Any) -> dict[str, Any]:
        return plugin.invoke_tool(tool, given, workspace=workspace).raise_for_error().variables

    said = [call(tool, **given) for tool, given in STEPS]
    (one,) = call("find_approvals", request_id="r-1", verify_ledger="true")["approvals"]
    listed = call("find_approvals", state="approved")["approvals"]

    assert [answer["status"] for answer in said] == ["ok"] * 3
    assert said[-1]["state"] == "approved"
    assert [entry["event"] for entry in one["history"]] == ["submit", "approve"]
    assert one["ledger_ok"]
    assert [other["request_id"] for other in listed] == ["r-1"]
