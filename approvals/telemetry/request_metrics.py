# SPDX-License-Identifier: Apache-2.0
"""Counts and times of requests and of the store for one credential set, as Prometheus reads them."""

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_DECISION_SECONDS: Final = (
    10.0, 30.0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 4 * _HOUR, 8 * _HOUR, _DAY, 2 * _DAY, 4 * _DAY, 7 * _DAY,
)  # fmt: skip
_STORE_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class RequestMetrics:
    """What happened to requests. Every label is a word of a closed set, so that memory does not grow with use."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._analyses = Counter(
            "approvals_analyses",
            "Requests that were read, by how it ended and the risk.",
            ("status", "risk"),
            registry=self._registry,
        )
        self._findings = Counter(
            "approvals_findings", "Findings of checks, by code.", ("code",), registry=self._registry
        )
        self._decisions = Counter(
            "approvals_decisions",
            "Events that were carried out, by event, the state they led to, and the level that decided.",
            ("event", "state", "level"),
            registry=self._registry,
        )
        self._decision_seconds = Histogram(
            "approvals_decision_seconds",
            "Seconds from when a level was asked until it decided.",
            ("level",),
            buckets=_DECISION_SECONDS,
            registry=self._registry,
        )
        self._refusals = Counter(
            "approvals_refusals",
            "Events that were refused, by event and error code.",
            ("event", "code"),
            registry=self._registry,
        )
        self._notifications = Counter(
            "approvals_notifications",
            "Attempts to deliver a notification, by format and outcome (delivered, failed, given_up).",
            ("format", "outcome"),
            registry=self._registry,
        )
        self._store_seconds = Histogram(
            "approvals_store_seconds",
            "Seconds that an operation of the store took.",
            ("operation",),
            buckets=_STORE_SECONDS,
            registry=self._registry,
        )
        self._seconds_of = cache(
            self._store_seconds.labels
        )  # a look-up takes a lock; few operations, many calls
        self._store_failures = Counter(
            "approvals_store_failures",
            "Operations of the store that failed because it could not be reached or was full.",
            ("operation",),
            registry=self._registry,
        )

    def analyzed(self, status: str, risk: str) -> None:
        """A request was read, or could not be."""
        self._analyses.labels(status, risk).inc()

    def found(self, code: str) -> None:
        """A check found something."""
        self._findings.labels(code).inc()

    def decided(self, event: str, state: str, level: str, seconds: float | None) -> None:
        """An event was carried out; `seconds` after its level was asked, None where none was."""
        self._decisions.labels(event, state, level).inc()
        if seconds is not None:
            self._decision_seconds.labels(level).observe(seconds)

    def refused(self, event: str, code: str) -> None:
        """An event was refused."""
        self._refusals.labels(event, code).inc()

    def notified(self, kind: str, outcome: str) -> None:
        """A notification in this format was delivered, failed, or was given up."""
        self._notifications.labels(kind, outcome).inc()

    def stored(self, operation: str, seconds: float, *, failed: bool) -> None:
        """An operation of the store ended."""
        self._seconds_of(operation).observe(seconds)
        if failed:
            self._store_failures.labels(operation).inc()

    def text(self) -> str:
        """The metrics in Prometheus's text format."""
        return generate_latest(self._registry).decode()
