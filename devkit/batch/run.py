# SPDX-License-Identifier: Apache-2.0
"""Sends the rows through the plugin, five hundred in a call, and gathers what it says.

Rows that are not sent have a result too: `unread` with the reason, or `refund`.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from devkit.batch.source import Row
from devkit.host import PluginHost

IN_A_CALL = 500  # their results fit into one message
_TIMEOUT = 240.0  # seconds; the plugin ends a batch after 200

Variables = Mapping[str, Any]

UNREAD: Final = "unread"
REFUND: Final = "refund"
_NOT_ANALYSED: Final[Mapping[str, Any]] = {
    "risk_level": "",
    "suggested_level": "",
    "auto_approve_eligible": False,
    "summary": "",
    "flags": [],
    "stages": [],
    "reason": "",
    "findings": [],
    "latency_ms": 0,
    "tokens_used": 0,
    "error_code": "",
    "error_message": "",
}


@dataclass(slots=True)
class Outcome:
    """What became of all rows: a result for each, and the figures of all calls together."""

    rows: Sequence[Row]
    results: list[Mapping[str, Any]] = field(default_factory=list)
    tokens_used: int = 0
    tokens_saved: int = 0
    calls_made: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0

    @property
    def succeeded(self) -> int:
        """Rows with an analysis."""
        return sum(result["status"] == "ok" for result in self.results)

    @property
    def failed(self) -> Sequence[tuple[Row, Mapping[str, Any]]]:
        """Rows that could not be read or analysed, each with its result."""
        pairs = zip(self.rows, self.results, strict=True)
        return [(row, result) for row, result in pairs if result["status"] not in {"ok", REFUND}]

    def add(self, said: Variables) -> None:
        """What one call answered."""
        self.tokens_used += said["tokens_used"]
        self.tokens_saved += said["tokens_saved"]
        self.calls_made += said["calls_made"]
        known = self.cost_usd is not None and "total_cost_usd" in said
        self.cost_usd = (
            self.cost_usd + said["total_cost_usd"] if known and self.cost_usd is not None else None
        )


def run_batch(
    host: PluginHost,
    credentials: Mapping[str, str],
    rows: Sequence[Row],
    policy: str,
    progress: Callable[[int], None],
) -> Outcome:
    """Every row through `analyze_batch`. `progress` hears how many are done. Raises `HostError` for a failed call."""
    outcome, started = Outcome(rows), time.monotonic()
    sent = [row for row in rows if not_sent(row) is None]
    results: list[Mapping[str, Any]] = []
    for begin in range(0, len(sent), IN_A_CALL):
        requests = [row.request for row in sent[begin : begin + IN_A_CALL]]

        def heard(message: dict[str, Any], done_before: int = begin) -> None:
            if message.get("type") == "log":
                progress(done_before + message["message"]["data"]["done"])

        answer = host.invoke_tool(
            "analyze_batch",
            {"requests": json.dumps(requests), "policy": policy},
            credentials=credentials,
            on_message=heard,
            timeout=_TIMEOUT,
        )
        said = answer.raise_for_error().variables
        results += said["results"]
        outcome.add(said)
    outcome.seconds = time.monotonic() - started
    analysed = iter(results)
    outcome.results = named_both_ways([not_sent(row) or next(analysed) for row in rows])
    return outcome


def named_both_ways(results: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The results, those that a row of a later call names told of it: a call knows nothing of the calls behind it."""
    told = {result["request_id"]: dict(result) for result in results if result.get("request_id")}
    for result in results:
        for finding in result["findings"]:
            other = told.get(finding["other_request"])
            own = result["request_id"]
            if other is None or any(one["other_request"] == own for one in other["findings"]):
                continue
            if any(one["code"] == finding["code"] for one in other["findings"]):
                continue  # it names another one of them
            back = {**finding, "message": f"{own}: {finding['message']}", "other_request": own}
            other["findings"] = [*other["findings"], back]
            if other["auto_approve_eligible"]:
                reason = f"no auto-approval: {back['message']}"
                other |= {"auto_approve_eligible": False, "reason": f"{other['reason']}; {reason}"}
    return [told.get(result.get("request_id", ""), result) for result in results]


def not_sent(row: Row) -> Mapping[str, Any] | None:
    """The result of a row that is not analysed; None for one that is."""
    if row.fault:
        return {**_NOT_ANALYSED, "status": UNREAD, "error_message": f"{row.place}: {row.fault}"}
    if row.refund is not None:
        return {**_NOT_ANALYSED, "status": REFUND, "summary": f"A refund of {row.refund:f}."}
    return None
