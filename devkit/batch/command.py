# SPDX-License-Identifier: Apache-2.0
"""`devkit batch`: reads a file, shows what it was taken for, asks, analyses, and leaves a table and a report."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from devkit.batch.figures import Figures
from devkit.batch.page import report_page
from devkit.batch.preview import preview
from devkit.batch.run import Outcome, run_batch
from devkit.batch.source import Given, Source, read_source
from devkit.batch.table import write_table
from devkit.decoding import FileUnreadableError
from devkit.host import HostError, HostStorage, PluginHost
from devkit.model_endpoint import ModelEndpoint, model_endpoint

ROOT = Path(__file__).parents[2]
_NO_TERMINAL = 110  # columns
_REASONS_SHOWN = 5
_OLD_DAYS = 90
DEFAULT_POLICY = ROOT / "policies" / "default.yaml"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `given`: of the file; `ask`: before anything is paid; `only_preview`: no analysis."""

    given: Given = field(default_factory=Given)
    policy: Path | None = None
    ask: bool = False
    only_preview: bool = False


@dataclass(frozen=True, slots=True)
class _Targets:
    table: Path
    page: Path


def batch(file: Path, folder: Path, options: Options) -> int:
    """Analyse every row of `file`; writes `NAME.analysed.csv` and `NAME.report.html` into `folder`.

    Gives the exit code: 0, or 1 when anything could not be read or analysed.
    """
    console = Console(width=None if sys.stdout.isatty() else _NO_TERMINAL, highlight=False)
    try:
        source = read_source(file, options.given)
        console.print(preview(source))
        if options.only_preview:
            return int(any(row.fault for row in source.rows))
        if not source.sent:
            console.print("[red]batch:[/red] no row can be analysed")
            return 1
        if options.ask and not _is_wanted(console, len(source.sent)):
            return 0
        rules = (
            options.policy.read_text(encoding="utf-8") if options.policy else _usual_rules(console, source)
        )
        targets = _writable(folder, file.stem)
        with model_endpoint() as endpoint:
            outcome = _analysed(console, source, rules, endpoint)
    except (FileUnreadableError, HostError, OSError) as error:
        console.print(f"[red]batch:[/red] {escape(str(error))}")
        return 1
    figures = Figures.of(outcome)
    write_table(outcome, targets.table)
    title = file.stem.replace("-", " ").replace("_", " ").capitalize()
    page = report_page(figures, title, endpoint.described, datetime.now(UTC))
    targets.page.write_text(page, encoding="utf-8")
    console.print(_summary(figures))
    _tell_failures(console, outcome)
    console.print(f"Table:  {targets.table}\nReport: {targets.page}", markup=False)
    return int(bool(outcome.failed))


def columns_given(maps: Sequence[str]) -> Mapping[str, str]:
    """`FIELD=COLUMN` texts as a mapping. Raises `FileUnreadableError`."""
    pairs = [text.partition("=") for text in maps]
    for text, (name, _, column) in zip(maps, pairs, strict=True):
        if not name.strip() or not column.strip():
            raise FileUnreadableError(f"--map {text}: write FIELD=COLUMN, such as --map amount=Betrag")
    return {name.strip(): column.strip() for name, _, column in pairs}


def _is_wanted(console: Console, count: int) -> bool:
    answer = console.input(f"Analyse {count:,} requests? \\[Y/n] ").strip().casefold()
    return answer in {"", "y", "yes"}


def _usual_rules(console: Console, source: Source) -> str:
    """The default policy; for a file of old purchases without the check of old documents, which would find them all."""
    newest = max((str(row.request.get("document_date", "")) for row in source.sent), default="")
    if not newest or (datetime.now(UTC).date() - date.fromisoformat(newest)).days <= _OLD_DAYS:
        return ""
    console.print(
        f"The newest document is of {newest}, so old documents are not asked about; your own policy (--policy) can "
        "ask about them."
    )
    return f"{DEFAULT_POLICY.read_text(encoding='utf-8')}checks: {{stale_document: off}}\n"


def _writable(folder: Path, stem: str) -> _Targets:
    """Where the results go, tried before anything is paid. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    targets = _Targets(folder / f"{stem}.analysed.csv", folder / f"{stem}.report.html")
    for file in (targets.table, targets.page):
        file.open("a", encoding="utf-8").close()
    return targets


def _analysed(console: Console, source: Source, policy: str, endpoint: ModelEndpoint) -> Outcome:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with PluginHost(cwd=ROOT, storage=HostStorage()) as host, Progress(*columns, console=console) as progress:
        console.print(f"Model: {endpoint.described}", markup=False)
        task = progress.add_task("Requests analysed", total=len(source.sent))
        return run_batch(
            host,
            endpoint.credentials(),
            source.rows,
            policy,
            lambda done: progress.update(task, completed=done),
        )


def _tell_failures(console: Console, outcome: Outcome) -> None:
    failed = [(row, result) for row, result in outcome.failed if not row.fault]
    for row, result in failed[:_REASONS_SHOWN]:
        console.print(f"{row.place}: {result['error_code']}: {result['error_message']}", markup=False)
    if len(failed) > _REASONS_SHOWN:
        console.print(
            f"and {len(failed) - _REASONS_SHOWN:,} more that could not be analysed; the table says why"
        )


def _summary(figures: Figures) -> Table:
    table = Table(caption_justify="left", min_width=min(70, _NO_TERMINAL))
    for name in ("risk", "requests", figures.currency or "amount"):
        table.add_column(escape(name), justify="left" if name == "risk" else "right")
    for group in figures.by_risk:
        table.add_row(group.name, f"{group.count:,}", f"{group.money:,.2f}")
    outcome = figures.outcome
    cost = "cost unknown" if outcome.cost_usd is None else f"{outcome.cost_usd:.6f} USD"
    others = "".join(f", and {group.money:,.2f} {group.name}" for group in figures.other_currencies)
    table.caption = escape(
        f"{outcome.succeeded:,} of {len(outcome.results):,} rows analysed in {outcome.seconds:.1f} s: "
        f"{outcome.calls_made:,} calls, {outcome.tokens_used:,} tokens, {cost}{others}"
    )
    return table
