# SPDX-License-Identifier: Apache-2.0
"""The page of what the workflows cost Dify, from the figures of a run and those of the files before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PATHS, FILTER_SECONDS, PAUSE_BYTES = 1_500, 0.1, 1_200_000


@dataclass(frozen=True, slots=True)
class Measured:
    """One file. Times are medians; `click_seconds` is None where no form follows a click."""

    file: str
    paths: int
    filter_seconds: float
    pause_bytes: int
    start_seconds: float
    click_seconds: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst file held against a bound."""

    text: str
    bound: str
    value: str
    is_met: bool


def verdicts(results: Mapping[str, Any]) -> Sequence[Verdict]:
    """Every bound, for the worst of all files."""
    rows = [Measured(**row) for row in results["now"]["rows"]]
    paths = max(row.paths for row in rows)
    seconds = max(row.filter_seconds for row in rows)
    size = max(row.pause_bytes for row in rows)
    return (
        Verdict("simple paths from the start to the outputs", f"{PATHS:,}", f"{paths:,}", paths <= PATHS),
        Verdict(
            "CPU in the stream filter from the start to the first pause",
            f"{FILTER_SECONDS:g} s",
            f"{seconds:.3f} s",
            seconds <= FILTER_SECONDS,
        ),
        Verdict(
            "state stored at a pause", f"{PAUSE_BYTES / 1e6:g} MB", f"{size / 1e6:.2f} MB", size < PAUSE_BYTES
        ),
    )


def page(results: Mapping[str, Any]) -> str:
    """The page as Markdown."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Mapping[str, Any]) -> Iterator[str]:
    yield "# Workflows"
    yield ""
    yield "Written by `make bench ARGS=workflows`; the raw figures are in [workflows.json](workflows.json)."
    yield ""
    yield "| bound for every file | at most | the worst | |"
    yield "|---|---|---|---|"
    for one in verdicts(results):
        yield f"| {one.text} | {one.bound} | {one.value} | {'met' if one.is_met else '**not met**'} |"
    yield ""
    yield "Dify lists every path of a workflow when a run starts and when it goes on, and newer versions store the list"
    yield "at each pause. What a file took before is in brackets."
    yield ""
    yield from _table(results)
    yield ""
    yield "- The workflows run on the engine that Dify runs them on, with the stream filter that Dify attaches, its"
    yield "  state stored and restored at each pause. Behind the tools is the real plugin as a process; the model"
    yield "  endpoint answers after 38 ms. Dify's own work around the engine (database, queue, browser) is not in it."
    yield "- A request of 1,920 characters goes up through all levels. Times are medians; a pause's size is the largest"
    yield "  of a run. The start is the click on Run, the webhook's call or the chat's last message."
    now = results["now"]
    yield f"- Now: {_where(now)}, {now['rounds']} rounds."
    if before := results.get("before"):
        yield f"- Before: commit {before['commit']}, {_where(before)}, one round."


def _table(results: Mapping[str, Any]) -> Iterator[str]:
    old = {row["file"]: Measured(**row) for row in results.get("before", {}).get("rows", ())}
    columns = (
        "file",
        "paths",
        "CPU in the filter, s",
        "stored, KB",
        "start to form, s",
        "click to next form, s",
    )
    yield f"| {' | '.join(columns)} |"
    yield "|---|---|---|---|---|---|"
    for row in results["now"]["rows"]:
        new = Measured(**row)
        cells = zip(_cells(new), _cells(old[new.file]) if new.file in old else [""] * 5, strict=True)
        yield f"| {new.file} | {' | '.join(_beside(*pair) for pair in cells)} |"


def _cells(row: Measured) -> Sequence[str]:
    stops = row.pause_bytes > 0
    return (
        f"{row.paths:,}",
        f"{row.filter_seconds:.3f}",
        f"{row.pause_bytes / 1e3:,.0f}" if stops else "",
        f"{row.start_seconds:.2f}" if stops else "",
        "" if row.click_seconds is None else f"{row.click_seconds:.2f}",
    )


def _beside(new: str, old: str) -> str:
    return f"{new or '–'} ({old})" if old else new or "–"


def _where(part: Mapping[str, Any]) -> str:
    told = part["machine"]
    return ", ".join((told["date"], told["cpu"], f"load {told['load']}", told["system"], part["engine"]))
