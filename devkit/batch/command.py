# SPDX-License-Identifier: Apache-2.0
"""`devkit batch`: reads a file, shows how far it is, leaves a table and a report."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from devkit.batch.figures import Figures
from devkit.batch.page import report_page
from devkit.batch.run import run_batch
from devkit.batch.source import FileUnreadableError, Row, read_rows
from devkit.batch.table import write_table
from devkit.host import HostError, HostStorage, PluginHost
from devkit.model_endpoint import ModelEndpoint, model_endpoint

ROOT = Path(__file__).parents[2]


def batch(file: Path, folder: Path, *, policy: Path | None, requester: str, currency: str) -> int:
    """Analyse every row of `file`; writes `NAME.analysed.csv` and `NAME.report.html` into `folder`.

    Gives the exit code: 0, or 1 when the file cannot be read or the plugin refuses the whole call.
    """
    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    try:
        rows = read_rows(file, requester=requester, currency=currency.upper())
        rules = policy.read_text(encoding="utf-8") if policy else ""
        with model_endpoint() as endpoint:
            figures = _analysed(console, rows, rules, endpoint)
    except (FileUnreadableError, HostError, OSError) as error:
        console.print(f"[red]batch:[/red] {error}", markup=True)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    table, page = folder / f"{file.stem}.analysed.csv", folder / f"{file.stem}.report.html"
    write_table(figures.outcome, table)
    title = file.stem.replace("-", " ").replace("_", " ").capitalize()
    page.write_text(report_page(figures, title, endpoint.described, datetime.now(UTC)), encoding="utf-8")
    console.print(_summary(figures))
    console.print(f"Table:  {table}\nReport: {page}")
    return 0


def _analysed(console: Console, rows: Sequence[Row], policy: str, endpoint: ModelEndpoint) -> Figures:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with PluginHost(cwd=ROOT, storage=HostStorage()) as host, Progress(*columns, console=console) as progress:
        console.print(f"Model: {endpoint.described}")
        task = progress.add_task("Requests analysed", total=len(rows))
        outcome = run_batch(
            host, endpoint.credentials(), rows, policy, lambda done: progress.update(task, completed=done)
        )
    return Figures.of(outcome)


def _summary(figures: Figures) -> Table:
    table = Table(caption_justify="left", min_width=70)
    for name in ("risk", "requests", figures.currency or "amount"):
        table.add_column(name, justify="left" if name == "risk" else "right")
    for group in figures.by_risk:
        table.add_row(group.name, f"{group.count:,}", f"{group.money:,.2f}")
    outcome = figures.outcome
    cost = "cost unknown" if outcome.cost_usd is None else f"{outcome.cost_usd:.6f} USD"
    table.caption = (
        f"{outcome.succeeded:,} of {len(outcome.results):,} analysed in {outcome.seconds:.1f} s: "
        f"{outcome.calls_made:,} calls, {outcome.tokens_used:,} tokens, {cost}"
    )
    return table
