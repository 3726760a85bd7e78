# SPDX-License-Identifier: Apache-2.0
"""What must be reached, as data, and whether a run reached it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]
"""All sections of a run, by name: `clients`, `plugins`, `overhead`, `limiter`, `cost`."""


@dataclass(frozen=True, slots=True)
class Target:
    """One promise. `value` reads it from the results; `bound` is the least it may be, or the most if not `at_least`.

    `section` is the part of the results that it needs.
    """

    section: str
    text: str
    bound: float
    value: Callable[[Results], float]
    shown: str = "{:.2f}"
    at_least: bool = False

    def judge(self, results: Results) -> "Verdict":
        """Whether these results keep it."""
        value = self.value(results)
        return Verdict(self, value, value >= self.bound if self.at_least else value <= self.bound)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target and what was measured."""

    target: Target
    value: float
    is_met: bool


def verdicts(results: Results) -> list[Verdict]:
    """A verdict on every target whose section was measured, at every number of calls in flight that was."""
    judged = []
    for target in TARGETS:
        try:
            judged.append(target.judge(results))
        except KeyError:  # a trial run leaves cells out
            continue
    return judged


def _cell(results: Results, section: str, name: str, in_flight: int, figure: str) -> float:
    return float(results[section]["rows"][name]["median"][str(in_flight)][figure])


def _faster(section: str, ours: str, other: str, in_flight: int) -> Callable[[Results], float]:
    return lambda results: (
        _cell(results, section, ours, in_flight, "per_second")
        / _cell(results, section, other, in_flight, "per_second")
    )


def _late(results: Results) -> float:
    return _cell(results, "plugins", "approvals", 200, "p95_ms") / _cell(
        results, "plugins", "plain", 200, "p95_ms"
    )


def _at_10(figure: str) -> Callable[[Results], float]:
    return lambda results: _cell(results, "plugins", "approvals", 10, figure)


def _errors(section: str, ours: str) -> Callable[[Results], float]:
    return lambda results: sum(each["errors"] for each in results[section]["rows"][ours]["median"].values())


def _cpu_growth(section: str, ours: str) -> Callable[[Results], float]:
    return lambda results: (
        _cell(results, section, ours, 200, "cpu_ms") / _cell(results, section, ours, 10, "cpu_ms")
    )


def _over(kind: str) -> Callable[[Results], float]:
    """How far the worst 60 seconds went beyond what is allowed; below 0 means there was room left."""
    return lambda results: max(
        each[f"{kind}_above"] - each[f"{kind}_allowed"] for each in results["limiter"]["rows"]
    )


def _measured(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows. Raises `KeyError` when there are none, because there was no Redis."""
    if not rows:
        raise KeyError("shared")
    return rows


def _least(rows: list[dict[str, Any]], figure: str) -> float:
    return min(float(each[figure]) for each in _measured(rows))


def _most_over(row: Mapping[str, Any]) -> float:
    return max(float(row["requests_over"]), float(row["tokens_over"]))


TARGETS = (
    Target(
        "plugins",
        "whole plugin, 100 in flight: requests per second, times the plain plugin's",
        1.3,
        _faster("plugins", "approvals", "plain", 100),
        "{:.2f} times",
        at_least=True,
    ),
    Target(
        "plugins",
        "whole plugin, 200 in flight: requests per second, times the plain plugin's",
        2.0,
        _faster("plugins", "approvals", "plain", 200),
        "{:.2f} times",
        at_least=True,
    ),
    Target("plugins", "whole plugin, 200 in flight: p95, part of the plain plugin's", 0.4, _late),
    Target("plugins", "whole plugin, 10 in flight: mean", 46, _at_10("mean_ms"), "{:.1f} ms"),
    Target("plugins", "whole plugin, 10 in flight: p95", 52, _at_10("p95_ms"), "{:.1f} ms"),
    Target(
        "overhead",
        "whole plugin, 1 in flight: added to a bare call",
        4,
        lambda results: results["overhead"]["rows"]["approvals"]["median_ms"],
        "{:.1f} ms",
    ),
    Target("plugins", "whole plugin: errors", 0, _errors("plugins", "approvals"), "{:.0f}"),
    Target(
        "plugins",
        "whole plugin: CPU per call at 200 in flight, times that at 10",
        1.3,
        _cpu_growth("plugins", "approvals"),
        "{:.2f} times",
    ),
    *(
        Target(
            "clients",
            f"client alone, 100 in flight: requests per second, times {name}",
            bound,
            _faster("clients", "own", peer, 100),
            "{:.1f} times",
            at_least=True,
        )
        for peer, name, bound in (
            ("article", "the article's client", 3.0),
            ("openai", "the openai SDK", 6.0),
            ("litellm", "LiteLLM's Router", 6.0),
        )
    ),
    Target("clients", "client alone: errors", 0, _errors("clients", "own"), "{:.0f}"),
    Target(
        "clients",
        "client alone: CPU per call at 200 in flight, times that at 10",
        1.3,
        _cpu_growth("clients", "own"),
        "{:.2f} times",
    ),
    Target(
        "limiter",
        "limiter: part used of the limit that binds, the least of all scenarios",
        0.98,
        lambda results: min(each["utilisation"] for each in results["limiter"]["rows"]),
        "{:.1%}",
        at_least=True,
    ),
    Target("limiter", "limiter: requests beyond what 60 seconds may hold", 0, _over("requests"), "{:+.1%}"),
    Target("limiter", "limiter: tokens beyond what 60 seconds may hold", 0, _over("tokens"), "{:+.1%}"),
    Target(
        "limiter",
        "limiter, four processes over Redis: part used of the limit that binds",
        0.98,
        lambda results: _least(results["limiter"]["shared"], "utilisation"),
        "{:.1%}",
        at_least=True,
    ),
    Target(
        "limiter",
        "limiter, four processes over Redis: the most that any stretch used beyond limit and burst",
        0,
        lambda results: max(map(_most_over, _measured(results["limiter"]["shared"]))),
        "{:+.2%}",
    ),
    Target(
        "cost",
        "tokens of a routine approval, the most",
        800,
        lambda results: results["cost"]["most_tokens_routine"],
        "{:.0f}",
    ),
    Target(
        "cost",
        "USD per 1,000 of the sample purchases, all at DeepSeek V3.2's list price",
        0.15,
        lambda results: results["cost"]["rows"]["listed"]["usd_per_1000"],
        "{:.3f}",
    ),
)
