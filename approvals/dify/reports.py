# SPDX-License-Identifier: Apache-2.0
"""Health and metrics of a workspace, which the endpoints `/health` and `/metrics` ask `find_approvals` for.

Only a tool knows whose model and store they are. They are in no output schema: no workflow needs them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from dify_plugin import Tool

from approvals.dify.channel.storage import storage_of
from approvals.dify.inner_calls import REPORT
from approvals.dify.outputs import Answer
from approvals.dify.services import service_for, settings_of
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm.breaker import BreakerState
from approvals.monitoring import gauges, standing_of, stored_of
from approvals.service import Status
from approvals.service.reporting import StoreReport
from approvals.store.dify.storage import DifyStorage
from approvals.telemetry import redact
from approvals.wiring import VERSION, CredentialResources, wiring

_SLOW_SECONDS: Final = 0.5


class Report(StrEnum):
    """What can be asked for."""

    HEALTH = "health"
    METRICS = "metrics"


class Health(StrEnum):
    """How the plugin is: `degraded` without a model or without room for new requests, `down` without a store."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


def report_asked(given: Mapping[str, Any]) -> Report | None:
    """The report that a call asks for; None for an ordinary search. Raises `bad_parameter`."""
    word = given.get(REPORT)
    if not word:
        return None
    try:
        return Report(str(word))
    except ValueError:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER, f"{REPORT} must be one of {', '.join(Report)}; found {shown(word)}"
        ) from None


def report_answer(tool: Tool, report: Report) -> Answer:
    """The report, under its own name. A store that cannot be reached is told in `health`, and raised for `metrics`."""
    if report is Report.HEALTH:
        return Answer({"status": Status.OK.value, report.value: _health(tool)}, "health")
    resources = _resources(tool)
    stored = _stored(tool, resources)
    text = resources.metrics.text() + resources.request_metrics.text()
    text += gauges(resources.account.standing(), stored)
    return Answer({"status": Status.OK.value, report.value: text}, "metrics")


def _stored(tool: Tool, resources: CredentialResources) -> StoreReport:
    """What waits in the store. Monitors ask often, so that a count that takes long serves for a minute."""
    stored = resources.slow_report.get("")
    if stored is None:
        stored = service_for(tool).report()
        if stored.seconds > _SLOW_SECONDS:
            resources.slow_report.put("", stored)
    return stored


def _resources(tool: Tool) -> CredentialResources:
    storage = DifyStorage(storage_of(tool.session))
    return wiring().resources_of(settings_of(tool), storage, tool.session.app_id)


def _health(tool: Tool) -> dict[str, Any]:
    settings, stored, reason = settings_of(tool), None, ""
    try:
        resources, stored = _resources(tool), service_for(tool).report()
    except ApprovalError as error:
        resources, reason = wiring().resources(settings), redact(error.message)
    shown = standing_of(resources.account.standing())
    stopped = BreakerState.OPEN.value in shown["breakers"].values()
    full = stored is not None and stored.usage is not None and stored.usage.full
    health = Health.DOWN if stored is None else Health.DEGRADED if stopped or full else Health.OK
    store = {"reachable": stored is not None, "reason": reason, **(stored_of(stored) if stored else {})}
    return {"status": health.value, "version": VERSION, **shown, "store": store}
