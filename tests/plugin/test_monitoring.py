# SPDX-License-Identifier: Apache-2.0
"""Health and metrics as a monitor reads them."""

from prometheus_client.parser import text_string_to_metric_families

from devkit.host import HostStorage, PluginHost
from devkit.host.calls import Workspace
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import credentials_for
from tests.plugin.test_endpoints import AUTHORIZATION, SETTINGS


def metrics_of(plugin: PluginHost, workspace: Workspace) -> dict[str, dict[tuple[str, ...], float]]:
    """Every sample by its name, and the values of its labels in the order of their names."""
    answer = plugin.invoke_endpoint("GET", "/metrics", AUTHORIZATION, b"", SETTINGS, workspace=workspace)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation.endswith("."), family.name
        for sample in family.samples:
            samples.setdefault(sample.name, {})[
                tuple(value for _, value in sorted(sample.labels.items()))
            ] = sample.value
    return samples


def workspace(stub: LlmStub, name: str) -> Workspace:
    """A workspace of its own, with this word in its credentials."""
    return Workspace(HostStorage(), credentials_for(stub, second_opinion_model=name))


def test_what_happens_to_requests_is_counted_for_this_workspace_alone(
    shared_plugin: PluginHost, stub: LlmStub, channel: str
) -> None:
    here, elsewhere = workspace(stub, f"same-{channel}"), workspace(stub, f"same-{channel}")
    asked = {"content": "A chair for 90 EUR", "requester": "Mia", "amount": "9000", "currency": "USD"}
    read = shared_plugin.invoke_tool("analyze_approval", asked, workspace=here).raise_for_error()
    request_id = read.variables["request_id"]
    shared_plugin.invoke_tool("route_approval", {"request_id": request_id, "event": "submit"}, workspace=here)
    approve = {"request_id": request_id, "event": "approve", "actor": "Ann", "actor_level": "manager"}
    shared_plugin.invoke_tool("route_approval", {**approve, "actor": "Mia"}, workspace=here)
    shared_plugin.invoke_tool("route_approval", approve, workspace=here)

    counted, others = metrics_of(shared_plugin, here), metrics_of(shared_plugin, elsewhere)

    assert sum(counted["approvals_analyses_total"].values()) == 1
    assert counted["approvals_decisions_total"][("submit", "", "under_review")] == 1
    assert counted["approvals_refusals_total"][("not_authorized", "approve")] == 1
    assert counted["approvals_open_requests"][("under_review",)] == 1
    assert counted["approvals_open_requests_complete"] == {(): 1}
    assert sum(counted["approvals_llm_call_seconds_count"].values()) >= 1
    assert 0 < counted["approvals_storage_used_bytes"][()] < counted["approvals_storage_granted_bytes"][()]
    assert "approvals_analyses_total" not in others
    assert others["approvals_open_requests"][("under_review",)] == 0


def test_health_says_whether_requests_can_be_stored(
    shared_plugin: PluginHost, stub: LlmStub, channel: str
) -> None:
    here = workspace(stub, f"health-{channel}")

    well = shared_plugin.invoke_endpoint("GET", "/health", AUTHORIZATION, b"", SETTINGS, workspace=here)
    here.storage.fail_after(1)
    ill = shared_plugin.invoke_endpoint("GET", "/health", AUTHORIZATION, b"", SETTINGS, workspace=here)

    assert (well.status, well.json()["status"], well.json()["store"]["reachable"]) == (200, "ok", True)
    assert (ill.status, ill.json()["status"], ill.json()["store"]["reachable"]) == (503, "down", False)


def test_monitors_need_the_token(shared_plugin: PluginHost) -> None:
    for path in ("/health", "/metrics"):
        assert shared_plugin.invoke_endpoint("GET", path, {}, b"", SETTINGS).status == 401
