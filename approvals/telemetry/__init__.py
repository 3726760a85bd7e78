# SPDX-License-Identifier: Apache-2.0
"""What the plugin tells about itself: structured logs, correlation ids, metrics. Never a secret."""

from approvals.telemetry.logs import configure_logs, get_logger
from approvals.telemetry.metrics import ANSWERED, CallMetrics
from approvals.telemetry.redaction import hide_secrets, redact, redacting
from approvals.telemetry.scope import call_scope, correlation_id, correlation_id_from, note

__all__ = [
    "ANSWERED",
    "CallMetrics",
    "call_scope",
    "configure_logs",
    "correlation_id",
    "correlation_id_from",
    "get_logger",
    "hide_secrets",
    "note",
    "redact",
    "redacting",
]
