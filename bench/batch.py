# SPDX-License-Identifier: Apache-2.0
"""`python -m bench batch`: what a batch does in a second, of the limits, of the tokens and of the memory.

Writes docs/benchmarks/batch.md and batch.json; with BENCH_QUICK=1 a shorter run into dist/bench.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from approvals.domain.records import ApprovalRequest
from approvals.llm.rate_limit.limits import Limits
from bench.batch_limits import use_of_limits
from bench.machine import this_machine
from bench.plan import LATENCY_MS, QUICK, plan
from bench.samples import KEY, ROOT, credentials, parameters, purchases
from devkit.host import HostStorage, PluginHost, ToolAnswer, Workspace
from devkit.llm_stub import StubProcess

ARTICLE_PER_SECOND, ARTICLE_P95_MS = 385, 89
IN_FLIGHT = 100
COMPARED = ("risk_level", "suggested_level", "auto_approve_eligible", "confidence", "summary", "flags")

Section = dict[str, Any]


def sample(count: int) -> list[dict[str, Any]]:
    """Purchases as items of a batch, the sample over and over, each with an id of its own."""
    given = [parameters(purchase) for purchase in purchases()]
    return [{**given[n % len(given)], "request_id": f"PO-{n:06}"} for n in range(count)]


def speed(rounds: int) -> Section:
    """The article's run, of the calls alone and of whole batches over a store in memory: the median round of each."""
    with StubProcess(latency_ms=LATENCY_MS, api_key=KEY) as stub:
        setup = {
            "credentials": credentials(stub.base_url, KEY, IN_FLIGHT),
            "requests": sample(500),
            "rounds": rounds,
        }
        command = [sys.executable, "-W", "ignore", "-m", "bench.batch_worker"]
        told = subprocess.run(
            command, cwd=ROOT, input=json.dumps(setup) + "\n", stdout=subprocess.PIPE, text=True, check=True
        )
    played = json.loads(told.stdout.splitlines()[-1])
    return {name: _median_round(rounds) for name, rounds in played.items()}


def _median_round(rounds: Sequence[Section]) -> Section:
    middle = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    return {**middle, "per_second": 500 / middle["seconds"], "rounds": rounds}


def limits() -> Section:
    """Ten minutes on a simulated clock at the default limits: packed, and each request alone."""
    requests = [
        ApprovalRequest(**{**each, "amount": Decimal(each["amount"]), "requester": requester})
        for requester in ("Priya Shah", "")
        for each in sample(500)
    ]
    bounds = Limits(3_000, 500_000)
    halves = {"packed": requests[:500], "each alone": requests[500:]}
    return {name: _use(use_of_limits(half, bounds, 600)) for name, half in halves.items()}


def _use(use: Any) -> Section:
    return {**asdict(use), "of_the_binding": use.of_the_binding}


def tokens() -> Section:
    """The 500 purchases through the whole plugin: in one batch, and each with a call of its own."""
    items = sample(500)
    with StubProcess(api_key=KEY) as stub, PluginHost(cwd=ROOT) as host:
        given = credentials(stub.base_url, KEY, IN_FLIGHT)
        packed = _batch(host, items, given).variables
        alone = _singles(host, items, given)
    mine, theirs = ([[each[word] for word in COMPARED] for each in lot] for lot in (packed["results"], alone))
    one, many = sum(each["tokens_used"] for each in alone) / 500, packed["tokens_used"] / 500
    return {
        "single": one,
        "packed": many,
        "part": many / one,
        "differences": sum(left != right for left, right in zip(mine, theirs, strict=True)),
        "calls": packed["calls_made"],
        "cost_usd": packed["total_cost_usd"],
        "tokens_saved_said": packed["tokens_saved"] / 500,
    }


def _singles(host: PluginHost, items: Sequence[Section], given: Mapping[str, str]) -> list[Section]:
    """Each item through `analyze_approval`, in another workspace, so that its record is not there yet."""
    elsewhere, answers = Workspace(HostStorage(), None), []
    for begin in range(0, len(items), 20):
        futures = [
            host.submit_tool(
                "analyze_approval", item, credentials=given, workspace=elsewhere, app_id="singles"
            )
            for item in items[begin : begin + 20]
        ]
        answers += [future.result().raise_for_error().variables for future in futures]
    return answers


def memory(count: int) -> Section:
    """So many requests through the whole plugin in one call: how far its memory grows, and how long it takes."""
    with StubProcess(latency_ms=LATENCY_MS, api_key=KEY) as stub, PluginHost(cwd=ROOT) as host:
        given = credentials(stub.base_url, KEY, IN_FLIGHT)
        _batch(host, [{**item, "request_id": f"warm-{n}"} for n, item in enumerate(sample(100))], given)
        before = peak = host.rss_bytes()
        began = time.monotonic()
        future = host.submit_tool("analyze_batch", {"requests": json.dumps(sample(count))}, credentials=given)
        while not future.done():
            peak = max(peak, host.rss_bytes())
            time.sleep(0.05)
        said = future.result().raise_for_error().variables
        return {
            "requests": count,
            "succeeded": said["succeeded"],
            "growth_mb": (peak - before) / 1e6,
            "seconds": time.monotonic() - began,
            "per_second": said["throughput_rps"],
            "longest_line_kb": host.longest_line / 1000,
            "violations": len(host.violations),
        }


def _batch(host: PluginHost, items: Sequence[Section], given: Mapping[str, str]) -> ToolAnswer:
    answer = host.invoke_tool(
        "analyze_batch", {"requests": json.dumps(items)}, credentials=given, timeout=240
    )
    return answer.raise_for_error()


def page(found: Mapping[str, Any]) -> str:
    """The page of the docs."""
    fast, used, spent, big = (found[name] for name in ("speed", "limits", "tokens", "memory"))
    checks: list[tuple[str, str, str, bool]] = [
        *_of_speed(
            f"500 requests asked and read, {IN_FLIGHT} calls at once, {LATENCY_MS:g} ms endpoint",
            fast["calls"],
        ),
        *_of_speed("the same, each stored, compared with others, checked and stored again", fast["batch"]),
        *(
            _row(
                f"{name}: part of the limit that binds (3,000 RPM, 500,000 TPM)",
                "≥ {:.0%}",
                0.95,
                each["of_the_binding"],
                "{:.1%}",
                at_least=True,
            )
            for name, each in used.items()
        ),
        *(
            _row(
                f"{name}: {kind} beyond what 60 seconds may hold",
                "≤ {:+.0%}",
                0,
                each[f"{kind}_above"] - each[f"{kind}_allowed"],
                "{:+.1%}",
            )
            for name, each in used.items()
            for kind in ("requests", "tokens")
        ),
        _row(
            "tokens of an approval, part of those with a call of its own",
            "≤ {:.0%}",
            0.6,
            spent["part"],
            "{:.0%}",
        ),
        _row("analyses that differ from the single call's", "≤ {:.0f}", 0, spent["differences"], "{:.0f}"),
        _row(
            f"{big['requests']:,} requests: growth of memory",
            "≤ {:.0f} MB",
            60,
            big["growth_mb"],
            "{:.0f} MB",
        ),
    ]
    lines = [
        "# Batches",
        "",
        "Written by `python -m bench batch`; the raw figures are in [batch.json](batch.json).",
        "",
    ]
    lines += ["| target | bound | measured | |", "|---|---|---|---|"]
    lines += [
        f"| {text} | {bound} | {value} | {'met' if met else '**not met**'} |"
        for text, bound, value, met in checks
    ]
    lines += ["", *_notes(fast, spent, big), "", f"- {', '.join(found['machine'].values())}"]
    return "\n".join(lines) + "\n"


def _of_speed(what: str, rate: Section) -> list[tuple[str, str, str, bool]]:
    wanted = "≥ {:,.0f} (5 times the article's)"
    per_second = rate["per_second"]
    return [
        _row(
            f"{what}: requests a second", wanted, 5 * ARTICLE_PER_SECOND, per_second, "{:,.0f}", at_least=True
        ),
        _row("its p95 of a call", "≤ {:.0f} ms", ARTICLE_P95_MS, rate["p95_ms"], "{:.0f} ms"),
    ]


def _row(
    text: str, bound: str, limit: float, value: float, shown: str, *, at_least: bool = False
) -> tuple[str, str, str, bool]:
    met = value >= limit if at_least else value <= limit
    return text, bound.format(limit), shown.format(value), met


def _notes(fast: Section, spent: Section, big: Section) -> list[str]:
    alone, whole = fast["calls"], fast["batch"]
    return [
        (
            "- The article's client asked and read; it stored nothing and compared nothing. The first two rows do what "
            "it did: packing, limiter, client, replies checked. The next two are all that `analyze_batch` does, over "
            "a store in memory: each request is compared with up to 300 others. Median of "
            f"{len(alone['rounds'])} rounds of {alone['calls']:.0f} calls; {1000 * alone['cpu_seconds'] / 500:.2f} and "
            f"{1000 * whole['cpu_seconds'] / 500:.2f} ms of CPU a request, on one core. Eight purchases share a call; "
            "those that need a second opinion are in a second one."
        ),
        (
            f"- Through the whole plugin over stdio, with every request stored before and after its call in Dify's "
            f"storage, {big['requests']:,} requests took {big['seconds']:.1f} s: {big['per_second']:,.0f} a second. "
            f"The longest line had {big['longest_line_kb']:,.0f} KB."
        ),
        (
            f"- The 500 sample purchases took {spent['calls']} calls and {spent['cost_usd']:.4f} USD, "
            f"{spent['packed']:.0f} tokens each instead of {spent['single']:.0f}; the plugin's own estimate of what it "
            f"saved is {spent['tokens_saved_said']:.0f} each. Second opinions are included in both."
        ),
        (
            "- The limits are measured on a simulated clock: ten minutes of the calls that the purchases are packed "
            "into, through the plugin's limiter, 100 at once, each 0.5 to 4 s long. The burst that is allowed at the "
            "start may bring the part used above 100 %."
        ),
    ]


def main() -> None:
    """Measure everything, write it down, print the page."""
    chosen = plan()
    quick = chosen is QUICK
    parts: dict[str, Callable[[], Section]] = {
        "speed": lambda: speed(1 if quick else 7),
        "limits": limits,
        "tokens": tokens,
        "memory": lambda: memory(1_000 if quick else 10_000),
    }
    machine = this_machine()
    found: Section = {name: measure() for name, measure in parts.items()} | {"machine": machine}
    chosen.folder.mkdir(parents=True, exist_ok=True)
    (chosen.folder / "batch.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    text = page(found)
    (chosen.folder / "batch.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
