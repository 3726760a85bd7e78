# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit.dashboard` writes the Grafana dashboard, from a list of panels."""

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "monitoring" / "grafana-dashboard.json"

_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS, _WIDTH, _HEIGHT = 24, 8, 7


class Panel(NamedTuple):
    """One chart: expressions with what their lines are called. `unit` is Grafana's name of it."""

    title: str
    expressions: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (increase({metric}[$__rate_interval]))"


def _quantile(share: float, metric: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket[$__rate_interval])))"


PANELS: Final = (
    Panel("Open requests", (("sum by (state) (approvals_open_requests)", "{{state}}"),)),
    Panel("Decisions", ((_rate("approvals_decisions_total", "event"), "{{event}}"),)),
    Panel(
        "Time to decide, median",
        ((_quantile(0.5, "approvals_decision_seconds", "level"), "{{level}}"),),
        "s",
    ),
    Panel("Analyses by risk", ((_rate("approvals_analyses_total", "risk"), "{{risk}}"),)),
    Panel(
        "Without an analysis",
        (
            (
                'sum(increase(approvals_analyses_total{status="manual_review"}[$__rate_interval]))',
                "manual review",
            ),
        ),
    ),
    Panel("Findings", ((_rate("approvals_findings_total", "code"), "{{code}}"),)),
    Panel("Refusals", ((_rate("approvals_refusals_total", "code"), "{{code}}"),)),
    Panel(
        "Spent per hour",
        (("sum by (model) (rate(approvals_llm_cost_usd_total[1h])) * 3600", "{{model}}"),),
        "currencyUSD",
    ),
    Panel("Tokens", ((_rate("approvals_llm_tokens_total", "kind"), "{{kind}}"),)),
    Panel(
        "Model, median and 95 %",
        (
            (_quantile(0.5, "approvals_llm_call_seconds"), "median"),
            (_quantile(0.95, "approvals_llm_call_seconds"), "95 %"),
        ),
        "s",
    ),
    Panel(
        "The day's budget, USD",
        (
            ("approvals_budget_spent_usd", "spent"),
            ("approvals_budget_limit_usd", "budget"),
            ("increase(approvals_budget_refused_calls_total[$__rate_interval])", "refused calls"),
        ),
    ),
    Panel("Attempts by outcome", ((_rate("approvals_llm_attempts_total", "outcome"), "{{outcome}}"),)),
    Panel(
        "The plugin's own share",
        (
            (_quantile(0.5, "approvals_analysis_overhead_seconds"), "median"),
            (_quantile(0.95, "approvals_analysis_overhead_seconds"), "95 %"),
        ),
        "s",
    ),
    Panel("Breaker (1 open)", (("max by (model) (approvals_llm_breaker_open)", "{{model}}"),)),
    Panel(
        "Waiting for the rate limit",
        (("approvals_limiter_waiting", "calls"), ("approvals_limiter_pause_seconds", "pause, seconds")),
    ),
    Panel("Calls under way", (("sum by (model) (approvals_llm_in_flight)", "{{model}}"),)),
    Panel("Store, 95 %", ((_quantile(0.95, "approvals_store_seconds", "operation"), "{{operation}}"),), "s"),
    Panel("Store failures", ((_rate("approvals_store_failures_total", "operation"), "{{operation}}"),)),
    Panel(
        "Dify's storage",
        (("approvals_storage_used_bytes", "used"), ("approvals_storage_granted_bytes", "granted")),
        "bytes",
    ),
    Panel(
        "Notifications",
        (
            (_rate("approvals_notifications_total", "outcome"), "{{outcome}}"),
            ("approvals_outbox_notifications", "waiting"),
        ),
    ),
    Panel(
        "Left behind",
        (
            ("approvals_dead_letters", "failed analyses"),
            ("approvals_given_up_notifications", "notifications given up"),
        ),
        kind="stat",
    ),
)


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    variable = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    return {
        "title": "Approvals for Dify",
        "uid": "dify-approvals",
        "schemaVersion": 39,
        "tags": ["dify", "approvals"],
        "time": {"from": "now-24h", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [variable]},
        "panels": [_panel(number, panel) for number, panel in enumerate(PANELS)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    per_row = _COLUMNS // _WIDTH
    row, column = divmod(number, per_row)
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHT, "w": _WIDTH, "x": column * _WIDTH, "y": row * _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _SOURCE,
                "expr": expression,
                "legendFormat": legend,
            }
            for place, (expression, legend) in enumerate(panel.expressions)
        ],
    }


def written() -> str:
    """The dashboard as text."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
    print(f"{PAGE.name}: written")
