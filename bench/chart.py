# SPDX-License-Identifier: Apache-2.0
"""The results as bars in an SVG that reads well on a light and on a dark page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

_WIDTH, _PANEL, _TOP, _LEFT, _RIGHT = 860, 250, 56, 46, 14
_PLOT = 150
_COLOURS = ("#2f80ed", "#9aa5b1", "#c2a36b", "#7fae8f", "#b58db6")
"""Ours first, in the one strong colour; all readable on white and on black."""

_STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px } .small { font-size: 11px; fill: #57606a }
.line { stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .line { stroke: #3d444d }
}"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One group of bars: a figure of every row in a section, at every number of calls in flight."""

    section: str
    figure: str
    title: str


PANELS = (
    Panel("plugins", "per_second", "Whole plugin over stdio: requests per second"),
    Panel("plugins", "p95_ms", "Whole plugin over stdio: 95th percentile of latency, ms (less is better)"),
    Panel("clients", "per_second", "Client alone: requests per second"),
    Panel("clients", "p95_ms", "Client alone: 95th percentile of latency, ms (less is better)"),
)


def chart(results: Mapping[str, Any]) -> str:
    """The panels whose section was measured, one above the other."""
    panels = [panel for panel in PANELS if panel.section in results]
    height = len(panels) * _PANEL
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        "<title>Requests per second and latency, by calls in flight</title>",
        f"<style>{_STYLE}</style>",
    ]
    for number, panel in enumerate(panels):
        lines.append(f'<g transform="translate(0 {number * _PANEL})">')
        lines.extend(_panel(panel, results[panel.section]["rows"]))
        lines.append("</g>")
    return "\n".join([*lines, "</svg>"]) + "\n"


def _panel(panel: Panel, rows: Mapping[str, Any]) -> Iterator[str]:
    yield f'<text class="title" x="{_LEFT}" y="20">{escape(panel.title)}</text>'
    yield from _legend([row["label"] for row in rows.values()])
    series = [[row["median"][level][panel.figure] for level in row["median"]] for row in rows.values()]
    levels = list(next(iter(rows.values()))["median"])
    top = _round_up(max(max(values) for values in series))
    yield from _axis(top)
    group = (_WIDTH - _LEFT - _RIGHT) / len(levels)
    bar = group * 0.84 / len(series)
    for place, level in enumerate(levels):
        start = _LEFT + place * group + group * 0.08
        middle = start + group * 0.42
        yield f'<text x="{middle:.0f}" y="{_TOP + _PLOT + 18}" text-anchor="middle">{level} in flight</text>'
        for number, values in enumerate(series):
            yield from _bar(start + number * bar, bar, values[place], top, _COLOURS[number])


def _legend(labels: list[str]) -> Iterator[str]:
    at = float(_LEFT)
    for number, label in enumerate(labels):
        yield f'<rect x="{at:.0f}" y="30" width="10" height="10" rx="2" fill="{_COLOURS[number]}"/>'
        yield f'<text class="small" x="{at + 14:.0f}" y="39">{escape(label)}</text>'
        at += 30 + 5.8 * len(label)


def _axis(top: float) -> Iterator[str]:
    for part in (0, 0.5, 1):
        y = _TOP + _PLOT * (1 - part)
        yield f'<line class="line" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="small" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * part:,.0f}</text>'


def _bar(x: float, width: float, value: float, top: float, colour: str) -> Iterator[str]:
    height = max(1.0, _PLOT * min(1.0, value / top))
    y = _TOP + _PLOT - height
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width * 0.9:.1f}" height="{height:.1f}" rx="2" fill="{colour}"/>'
    )
    yield (
        f'<text class="small" x="{x + width * 0.45:.1f}" y="{y - 4:.1f}" text-anchor="middle">{value:,.0f}</text>'
    )


def _round_up(value: float) -> float:
    """The next number with one or two digits and zeros, so that the axis has plain numbers."""
    step = 10.0 ** (len(str(int(value))) - 1) / 2
    return step * (int(value / step) + 1)
