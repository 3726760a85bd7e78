# SPDX-License-Identifier: Apache-2.0
"""Writes what a run found: the raw results as JSON, and from them the page of the docs and its chart."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.chart import chart
from bench.plan import LATENCY_MS
from bench.targets import Results, verdicts

_NAME = "inference"
_HEADINGS = {"plugins": "The whole plugin, over stdio", "clients": "The client alone"}
_FIGURES = ("per_second", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "cpu_ms")

_METHOD = f"""\
- One loopback endpoint in a process of its own, which answers after {LATENCY_MS:g} ms, serves everyone. All processes
  share the machine; what is measured of CPU is the client's or the plugin's process alone.
- So many calls are kept in flight: each that ends is followed by the next. After a warm-up, what ends within the
  window counts. Everyone says the same: real card purchases, in the same words.
- The rounds go through everyone in turn; each figure is the median of the rounds. Percentiles are by nearest rank.
- Plugins run as Dify runs them: a process behind stdio, with a host that plays the daemon and its storage. Ours stores
  every approval before and after the model's call, compares it with the hundred newest of its requester (one requester
  makes them all and names no vendor, which is the most work), checks what the model says and answers with some twenty
  variables; the plain plugin only calls httpx, and hands on what the model says as one variable and a text.
- With 100 calls in flight nobody gets more answers from the endpoint than
  {100_000 / LATENCY_MS:,.0f} a second.
- The article's client is httpx on asyncio with the reference article's pool: 100 connections, 20 of them kept alive.
  httpx under gevent, and in the plain plugin, has the same pool. Of the openai SDK, on asyncio and under gevent, the
  faster is shown. The openai SDK and LiteLLM's Router have their own defaults.
"""


def write(results: Results, folder: Path) -> Path:
    """Write the JSON, the chart and the page into `folder`; gives the page."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(results, indent=1, ensure_ascii=False)
    (folder / f"{_NAME}.json").write_text(raw + "\n", encoding="utf-8")
    if "clients" in results or "plugins" in results:
        (folder / f"{_NAME}.svg").write_text(chart(results), encoding="utf-8")
    page = folder / f"{_NAME}.md"
    page.write_text("\n".join(_page(results)) + "\n", encoding="utf-8")
    return page


def read(folder: Path) -> dict[str, Any]:
    """The raw results of the last run, {} when there was none."""
    file = folder / f"{_NAME}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def _page(results: Results) -> Iterator[str]:
    yield "# Inference: speed, limits and cost"
    yield ""
    yield "Written by `make bench`; the raw figures of every round are in [inference.json](inference.json)."
    yield ""
    yield from _targets(results)
    if "clients" in results or "plugins" in results:
        yield "![Requests per second and latency by calls in flight](inference.svg)"
        yield ""
    for section, heading in _HEADINGS.items():
        if section in results:
            yield f"## {heading}"
            yield ""
            yield from _speed_table(results[section]["rows"])
    if "overhead" in results:
        yield from _overhead(results["overhead"])
    if "limiter" in results:
        yield from _limiter(results["limiter"])
    if "cost" in results:
        yield from _cost(results["cost"])
    yield "## How it was measured"
    yield ""
    yield _METHOD
    yield from _provenance(results)


def _targets(results: Results) -> Iterator[str]:
    yield "| target | bound | measured | |"
    yield "|---|---|---|---|"
    for verdict in verdicts(results):
        target = verdict.target
        bound = f"{'≥' if target.at_least else '≤'} {target.shown.format(target.bound)}"
        value = target.shown.format(verdict.value)
        yield f"| {target.text} | {bound} | {value} | {'met' if verdict.is_met else '**not met**'} |"
    yield ""


def _speed_table(rows: Mapping[str, Any]) -> Iterator[str]:
    yield "| in flight | | requests/s | mean ms | p50 | p95 | p99 | CPU ms per call | errors |"
    yield "|---|---|---|---|---|---|---|---|---|"
    levels = next(iter(rows.values()))["median"]
    for level in levels:
        for place, row in enumerate(rows.values()):
            figures = row["median"][level]
            cells = " | ".join(_number(figures[name]) for name in _FIGURES)
            shown = level if place == 0 else ""
            yield f"| {shown} | {row['label']} | {cells} | {figures['errors']} |"
    yield ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _overhead(section: Mapping[str, Any]) -> Iterator[str]:
    yield "## What is added to one call, with nothing else under way"
    yield ""
    yield (
        f"Milliseconds beyond a bare call to the same endpoint, which took {section['bare_ms']:.1f} ms: bytes made "
        "beforehand over a kept-alive socket. Of a plugin the time is that from the frame that asks to the frame that "
        "ends the answer. Windows of bare calls stand before and after every window; a figure is the median over the "
        "rounds of the difference of the windows' medians."
    )
    yield ""
    yield "| | added, ms | quartiles of the rounds |"
    yield "|---|---|---|"
    for row in section["rows"].values():
        low, high = row["quartiles_ms"]
        yield f"| {row['label']} | {row['median_ms']:.2f} | {low:.2f} to {high:.2f} |"
    yield ""
    yield (
        f"The plugin itself says `overhead_ms` {section['own_word_ms']:.0f} in the answers of these calls (the "
        "median): what a call took, less what it waited for the model and the rate limit. Every answer has it, and "
        "`approvals_analysis_overhead_seconds` is its histogram."
    )
    yield ""


def _limiter(section: Mapping[str, Any]) -> Iterator[str]:
    yield "## The limiter, with someone always waiting"
    yield ""
    yield (
        f"{section['seconds']:,.0f} s on a simulated clock, {section['rpm']:,} requests and {section['tpm']:,} tokens "
        "a minute. The worst of all windows of 60 s, above the limit; allowed is the stated burst and what calls "
        "under way give back."
    )
    yield ""
    yield "| scenario | calls | used | requests: worst 60 s | allowed | tokens: worst 60 s | allowed |"
    yield "|---|---|---|---|---|---|---|"
    for each in section["rows"]:
        parts = ("requests_above", "requests_allowed", "tokens_above", "tokens_allowed")
        cells = " | ".join(f"{each[part]:+.1%}" for part in parts)
        yield f"| {each['scenario']} | {each['calls']:,} | {each['utilisation']:.1%} | {cells} |"
    yield ""
    if section["shared"]:
        yield from _shared(section["shared"])


def _shared(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield (
        "Processes that share one limit over a real Redis, in real time. The most that any stretch of time used "
        "beyond its share of the limit and the burst of one second; below 0 it kept within."
    )
    yield ""
    yield "| scenario | processes | calls | used | requests over | tokens over |"
    yield "|---|---|---|---|---|---|"
    for each in rows:
        over = f"{each['requests_over']:+.2%} | {each['tokens_over']:+.2%}"
        calls = f"{each['processes']} | {each['calls']:,} | {each['utilisation']:.1%}"
        yield f"| {each['scenario']} | {calls} | {over} |"
    yield ""


def _cost(section: Mapping[str, Any]) -> Iterator[str]:
    yield "## Cost of the sample purchases"
    yield ""
    yield "Tokens as the loopback endpoint counts them, a token for every 3.3 bytes of UTF-8."
    yield ""
    yield "| | approvals | model calls | tokens in | tokens out | tokens each | USD per 1,000 |"
    yield "|---|---|---|---|---|---|---|"
    for row in section["rows"].values():
        counts = " | ".join(
            f"{row[name]:,}" for name in ("approvals", "calls", "prompt_tokens", "completion_tokens")
        )
        yield f"| {row['label']} | {counts} | {row['tokens_each']:.0f} | {row['usd_per_1000']:.3f} |"
    yield ""


def _provenance(results: Results) -> Iterator[str]:
    for name, section in results.items():
        told = section["machine"]
        others = "; ".join(dict.fromkeys(section.get("versions", {}).values()))
        line = ", ".join(
            (told["date"], told["cpu"], f"load {told['load']}", told["system"], told["versions"])
        )
        yield f"- {name}: {line}{'; others: ' if others else ''}{others}"
