# SPDX-License-Identifier: Apache-2.0
"""What a decided request takes in Dify's storage, all of its keys together, over stdio."""

import sys
from collections.abc import Iterator

import pytest

from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import ROOT, credentials_for

MOST_BYTES = 2_500
REQUESTS = 8
ROUTINE = {
    "content": "Please approve two height-adjustable desks and a task chair for the new colleague in the support team. "
    "Quote Q-2026-118 from Officeworks, delivery included, valid until the end of the month.",
    "request_type": "purchase",
    "amount": "300",
    "currency": "USD",
    "requester": "ann.lee@example.com",
    "vendor": "Officeworks",
    "cost_center": "CC-114",
    "priority": "3",
}


@pytest.fixture(scope="module")
def plugin(stub: LlmStub) -> Iterator[PluginHost]:
    stub.clear()
    with PluginHost(
        command=(sys.executable, "-m", "main"),
        cwd=ROOT,
        storage=HostStorage(),
        credentials=credentials_for(stub),
    ) as host:
        yield host


def stored_bytes(plugin: PluginHost) -> int:
    """Keys and values, but the policies, which all requests share."""
    stored = plugin.workspace.storage.snapshot().items()
    return sum(len(key) + len(value) for key, value in stored if not key.startswith("pol/"))


def decided(plugin: PluginHost, number: int, *, amount: str) -> str:
    """A request with ids and keys as the workflows give them, from analysis to its end. Gives the last state."""
    given = {**ROUTINE, "amount": amount, "idempotency_key": f"4f6e1f9a-6a0e-4f0c-9a55-{number:012}"}
    request_id = plugin.invoke_tool("analyze_approval", given).raise_for_error().variables["request_id"]
    event = {"request_id": request_id, "event": "submit", "idempotency_key": f"{request_id}:submit"}
    said = plugin.invoke_tool("route_approval", event).raise_for_error().variables
    if said["next_step"] != "closed":
        signature = {
            "request_id": request_id,
            "event": "approve",
            "actor": "bo.manager@example.com",
            "actor_level": "manager",
            "comment": "Fine, this is within our budget for the quarter.",
            "idempotency_key": f"{request_id}:manager:1",
        }
        said = plugin.invoke_tool("route_approval", signature).raise_for_error().variables
    return str(said["state"])


@pytest.mark.parametrize(("amount", "signatures"), [("300", 0), ("1200", 1)], ids=["automatic", "signed"])
def test_a_decided_request_takes_at_most_two_and_a_half_kilobytes(
    plugin: PluginHost, amount: str, signatures: int
) -> None:
    decided(plugin, 100 * signatures, amount=amount)  # opens the lists
    before = stored_bytes(plugin)

    states = {decided(plugin, 100 * signatures + number, amount=amount) for number in range(1, REQUESTS + 1)}

    each = (stored_bytes(plugin) - before) / REQUESTS
    assert states == {"approved"}
    assert 500 <= each <= MOST_BYTES
