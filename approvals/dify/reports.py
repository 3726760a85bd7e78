# SPDX-License-Identifier: Apache-2.0
"""Health and metrics of a workspace, which the endpoints `/health` and `/metrics` ask `find_approvals` for.

Only a tool knows whose model and store they are. They are in no output schema: no workflow needs them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from dify_plugin import Tool
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from approvals.accounts import AccountStanding
from approvals.dify.inner_calls import REPORT
from approvals.dify.outputs import Answer
from approvals.dify.services import service_for, settings_of
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm.breaker import BreakerState
from approvals.service import Status
from approvals.service.reporting import StoreReport
from approvals.telemetry import redact
from approvals.wiring import VERSION, wiring


class Report(StrEnum):
    """What can be asked for."""

    HEALTH = "health"
    METRICS = "metrics"


class Health(StrEnum):
    """How the plugin is: `degraded` while people decide without a model, `down` while nothing can be stored."""

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
    resources = wiring().resources(settings_of(tool))
    standing = resources.account.standing()
    if report is Report.HEALTH:
        return Answer({"status": Status.OK.value, report.value: _health(tool, standing)}, "health")
    stored = service_for(tool).report()
    text = resources.metrics.text() + resources.request_metrics.text() + gauges(standing, stored)
    return Answer({"status": Status.OK.value, report.value: text}, "metrics")


def _health(tool: Tool, standing: AccountStanding) -> dict[str, Any]:
    stored, reason = None, ""
    try:
        stored = service_for(tool).report()
    except ApprovalError as error:
        reason = redact(error.message)
    breakers = {model: one.state.value for model, one in standing.breakers.items()}
    stopped = BreakerState.OPEN.value in breakers.values()
    health = Health.DOWN if stored is None else Health.DEGRADED if stopped else Health.OK
    return {
        "status": health.value,
        "version": VERSION,
        "breakers": breakers,
        "limiter": {
            "backend": standing.limiter.backend.value,
            "waiting": standing.limiter.waiting,
            "paused_seconds": round(standing.limiter.paused_seconds, 3),
        },
        "in_flight": standing.in_flight,
        "store": {"reachable": stored is not None, "reason": reason, **(_stored(stored) if stored else {})},
    }


def _stored(stored: StoreReport) -> dict[str, Any]:
    return {
        "latency_ms": round(stored.store_seconds * 1_000, 1),
        "open": {state.value: count for state, count in stored.open.items()},
        "open_complete": stored.complete,
        "dead_letters": stored.dead_letters,
        "outbox": stored.notices.waiting,
        "notifications_given_up": stored.notices.given_up,
    }


def gauges(standing: AccountStanding, stored: StoreReport) -> str:
    """What stands now, in Prometheus's text format."""
    registry = CollectorRegistry()
    open_requests = _gauge(registry, "open_requests", "Requests that are not decided, by state.", "state")
    for state, count in stored.open.items():
        open_requests.labels(state.value).set(count)
    complete = "1 if all open requests were counted, 0 if there was no time for all."
    _gauge(registry, "open_requests_complete", complete).set(stored.complete)
    _gauge(registry, "dead_letters", "Analyses that failed and wait to be tried again, 1,000 at most.").set(
        stored.dead_letters
    )
    outbox = "Notifications that wait for delivery, 1,000 at most."
    _gauge(registry, "outbox_notifications", outbox).set(stored.notices.waiting)
    given_up = "Notifications that were given up after ten attempts, 1,000 at most."
    _gauge(registry, "given_up_notifications", given_up).set(stored.notices.given_up)
    slots = "Calls to models that are under way, of all settings with this address and key."
    _gauge(registry, "llm_slots_in_use", slots).set(standing.in_flight)
    _gauge(registry, "limiter_waiting", "Calls that wait for the rate limit.").set(standing.limiter.waiting)
    pause = "Seconds for which the endpoint asked every caller to wait, from now."
    _gauge(registry, "limiter_pause_seconds", pause).set(standing.limiter.paused_seconds)
    return generate_latest(registry).decode()


def _gauge(registry: CollectorRegistry, name: str, about: str, *labels: str) -> Gauge:
    return Gauge(f"approvals_{name}", about, labels, registry=registry)
