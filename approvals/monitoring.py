# SPDX-License-Identifier: Apache-2.0
"""What stands now, for monitors: gauges in Prometheus's text format, and the same for people in `/health`."""

from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from approvals.accounts import AccountStanding
from approvals.service.reporting import StoreReport


def standing_of(standing: AccountStanding) -> dict[str, Any]:
    """Breakers, limiter and calls under way, as `/health` shows them."""
    return {
        "breakers": {model: state.value for model, state in standing.breakers.items()},
        "limiter": {
            "backend": standing.limiter.backend.value,
            "waiting": standing.limiter.waiting,
            "paused_seconds": round(standing.limiter.paused_seconds, 3),
        },
        "in_flight": standing.in_flight,
    }


def stored_of(stored: StoreReport) -> dict[str, Any]:
    """What waits in the store, as `/health` shows it."""
    usage = stored.usage
    room = {"used_bytes": usage.used, "granted_bytes": usage.granted, "full": usage.full} if usage else {}
    return {
        **room,
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
    if stored.usage is not None:
        used = "Bytes of Dify's storage that this workspace uses."
        _gauge(registry, "storage_used_bytes", used).set(stored.usage.used)
        granted = "Bytes of Dify's storage that are granted to it."
        _gauge(registry, "storage_granted_bytes", granted).set(stored.usage.granted)
    slots = "Calls to models that are under way, of all settings with this address and key."
    _gauge(registry, "llm_slots_in_use", slots).set(standing.in_flight)
    _gauge(registry, "limiter_waiting", "Calls that wait for the rate limit.").set(standing.limiter.waiting)
    pause = "Seconds for which the endpoint asked every caller to wait, from now."
    _gauge(registry, "limiter_pause_seconds", pause).set(standing.limiter.paused_seconds)
    return generate_latest(registry).decode()


def _gauge(registry: CollectorRegistry, name: str, about: str, *labels: str) -> Gauge:
    return Gauge(f"approvals_{name}", about, labels, registry=registry)
