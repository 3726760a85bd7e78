# SPDX-License-Identifier: Apache-2.0
"""The dashboard and docs/monitoring.md name the metrics that there are."""

import json
import re
from decimal import Decimal
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from approvals.accounts import AccountStanding
from approvals.domain.terms import State
from approvals.llm.rate_limit.limiter import LimiterSnapshot
from approvals.llm.rate_limit.token_bucket import Backend
from approvals.monitoring import gauges
from approvals.service.reporting import StoreReport
from approvals.store.protocol import NoticeCounts, Usage
from approvals.telemetry.metrics import CallMetrics
from approvals.telemetry.request_metrics import RequestMetrics
from devkit.dashboard import PAGE, written

NAME = re.compile(r"\bapprovals_[a-z_]+")
GUIDE = Path(__file__).parents[2] / "docs" / "monitoring.md"


def families() -> dict[str, str]:
    """Every metric's name as a scrape has it, and its kind."""
    standing = AccountStanding(LimiterSnapshot(Backend.MEMORY, 0, 0.0), {}, 0)
    usage = Usage(used=0, granted=1, full=False)
    stored = StoreReport(dict.fromkeys(State, 0), True, 0, NoticeCounts(0, 0), usage, 0.0, 0.0)
    calls = CallMetrics()
    calls.budget(Decimal(5), Decimal(1))
    text = calls.text() + RequestMetrics().text() + gauges(standing, stored)
    found = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in found)
    return {f"{one.name}_total" if one.type == "counter" else one.name: one.type for one in found}


def test_the_dashboard_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run python -m devkit.dashboard"


def test_every_metric_of_the_dashboard_is_one_and_most_are_shown() -> None:
    known = families()
    expressions = [target["expr"] for panel in json.loads(written())["panels"] for target in panel["targets"]]
    used = {name for expression in expressions for name in NAME.findall(expression)}
    samples = set(known) | {f"{name}_bucket" for name, kind in known.items() if kind == "histogram"}

    assert used - samples == set()
    shown = {name.removesuffix("_bucket") for name in used}
    assert set(known) - shown <= {
        "approvals_open_requests_complete",
        "approvals_llm_wait_seconds",
        "approvals_llm_unpriced_calls_total",
        "approvals_llm_slots_in_use",
        "approvals_limiter_fallbacks_total",
    }


def test_the_guide_describes_every_metric_and_no_other() -> None:
    table = GUIDE.read_text(encoding="utf-8").partition("## Every metric")[2].partition("\n## ")[0]
    described = re.findall(r"^\| `(approvals_[a-z_]+)`", table, re.MULTILINE)
    assert sorted(described) == sorted(families())


def test_the_alerts_of_the_guide_use_metrics_that_there_are() -> None:
    alerts = GUIDE.read_text(encoding="utf-8").partition("## What to be woken for")[2]
    assert set(NAME.findall(alerts)) <= set(families())
