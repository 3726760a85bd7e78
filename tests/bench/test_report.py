# SPDX-License-Identifier: Apache-2.0
"""The page and the chart, from results as a run would leave them."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bench import report
from bench.targets import verdicts

LEVELS = ("10", "100", "200")
MACHINE = {"date": "2026-01-01", "cpu": "2 cores", "load": "0.1", "system": "Linux", "versions": "gevent 1"}


def row(label: str, per_second: float, p95_ms: float) -> dict[str, Any]:
    cell = {
        "calls": 9,
        "per_second": per_second,
        "mean_ms": 40.0,
        "p50_ms": 39.0,
        "p95_ms": p95_ms,
        "p99_ms": 60.0,
        "cpu_ms": 0.5,
        "errors": 0,
    }
    return {"label": label, "median": dict.fromkeys(LEVELS, cell)}


@pytest.fixture
def results() -> dict[str, Any]:
    plugins = {"approvals": row("this plugin", 1000, 50), "plain": row("<plain> & simple", 400, 200)}
    return {"plugins": {"rows": plugins, "machine": MACHINE}}


def test_what_was_measured_is_held_against_the_targets(results: dict[str, Any]) -> None:
    judged = {verdict.target.text: verdict for verdict in verdicts(results)}
    faster = judged["whole plugin, 200 in flight: requests per second, times the plain plugin's"]
    assert (faster.value, faster.is_met) == (2.5, True)
    results["plugins"]["rows"]["approvals"] = row("this plugin", 700, 50)
    judged = {verdict.target.text: verdict for verdict in verdicts(results)}
    assert not judged["whole plugin, 200 in flight: requests per second, times the plain plugin's"].is_met


def test_the_page_says_what_was_missed(results: dict[str, Any], tmp_path: Path) -> None:
    results["plugins"]["rows"]["approvals"] = row("this plugin", 300, 150)
    page = report.write(results, tmp_path).read_text(encoding="utf-8")
    assert "| ≥ 2.00 times | 0.75 times | **not met** |" in page
    assert "| 100 | this plugin | 300 | 40.0 | 39.0 | 150 | 60.0 | 0.50 | 0 |" in page
    assert "client alone" not in page, "it was not measured"


def test_a_later_run_finds_the_results_in_the_same_order(results: dict[str, Any], tmp_path: Path) -> None:
    report.write(results, tmp_path)
    found = report.read(tmp_path)
    assert found == results
    assert list(found["plugins"]["rows"]) == ["approvals", "plain"]


def test_the_chart_is_sound_xml_with_every_figure(results: dict[str, Any], tmp_path: Path) -> None:
    report.write(results, tmp_path)
    chart = ET.parse(tmp_path / "inference.svg").getroot()  # noqa: S314 - our own file
    texts = [element.text for element in chart.iter("{http://www.w3.org/2000/svg}text")]
    assert {"this plugin", "<plain> & simple", "1,000", "400", "200 in flight"} <= set(texts)


def test_what_is_added_to_one_call_stands_on_the_page_with_its_target(tmp_path: Path) -> None:
    ours = {
        "label": "this plugin",
        "median_ms": 3.25,
        "quartiles_ms": [3.0, 3.5],
        "rounds_ms": [3.0, 3.25, 3.5],
    }
    section = {"bare_ms": 38.4, "own_word_ms": 2.0, "rows": {"approvals": ours}, "machine": MACHINE}

    page = report.write({"overhead": section}, tmp_path).read_text(encoding="utf-8")

    assert "| whole plugin, 1 in flight: added to a bare call | ≤ 4.0 ms | 3.2 ms | met |" in page
    assert "| this plugin | 3.25 | 3.00 to 3.50 |" in page
    assert "which took 38.4 ms" in page
