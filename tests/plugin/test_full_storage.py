# SPDX-License-Identifier: Apache-2.0
"""A workspace whose storage fills up, over stdio: new requests are refused in time, open ones are decided."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import ROOT, credentials_for
from tests.plugin.test_analyze import DESK

QUOTA = 120_000
TWO_STAGES = "version: 1\ndefault: {stages: [manager, director], deadline_hours: 24}"


@pytest.fixture
def small(stub: LlmStub) -> Iterator[PluginHost]:
    stub.clear()
    with PluginHost(
        command=(sys.executable, "-m", "main"),
        cwd=ROOT,
        storage=HostStorage(quota=QUOTA),
        credentials=credentials_for(stub),
    ) as host:
        yield host


def analyzed(plugin: PluginHost, number: int) -> dict[str, Any]:
    given = {**DESK, "request_id": f"r-{number}", "policy": TWO_STAGES, "idempotency_key": f"key {number}"}
    return plugin.invoke_tool("analyze_approval", given).raise_for_error().variables


def routed(plugin: PluginHost, request_id: str, event: str, **more: str) -> dict[str, Any]:
    given = {"request_id": request_id, "event": event, **more}
    return plugin.invoke_tool("route_approval", given).raise_for_error().variables


def test_a_storage_that_fills_up_says_so_then_refuses_new_requests_and_decides_the_open_ones(
    small: PluginHost,
) -> None:
    answers = []
    while (answer := analyzed(small, len(answers)))["status"] != "refused":
        answers.append(answer)
        routed(small, answer["request_id"], "submit")

    assert (answer["error_code"], answer["request_id"]) == ("store_full", "")
    assert "devkit move" in answer["error_message"]
    warned = ["storage_nearly_full" in answer["flags"] for answer in answers]
    assert warned == sorted(warned)
    assert warned.count(False) > len(answers) / 2
    assert any(warned)
    assert analyzed(small, 0)["replayed"]
    ends = []
    for answer in answers:
        routed(
            small, answer["request_id"], "approve", actor="Bea", actor_level="manager", comment="Looks right."
        )
        ends.append(routed(small, answer["request_id"], "approve", actor="Dan", actor_level="director"))
    assert {end["state"] for end in ends} == {"approved"}
    assert {end["status"] for end in ends} == {"ok"}
    assert any("storage_nearly_full" in str(line) for line in small.logs)
