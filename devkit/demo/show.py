# SPDX-License-Identifier: Apache-2.0
"""What the demo prints, and what it asks at a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.prompt import Prompt
from rich.table import Table

from devkit.demo.play import Decide, Played
from devkit.demo.scenario import Answer, Case, ModelIs
from devkit.engine import Form

_COLOURS = {"approved": "green", "rejected": "red", "expired": "yellow"}

NEXT_STEPS = """\
[bold]Where to click next[/bold]
  1. `make package` writes approvals.difypkg.
  2. In Dify: Plugins → Install plugin → Local package file → approvals.difypkg, then set the API key.
  3. In Dify: Studio → Import DSL file → workflows/approval.yml. The notes on its canvas say what to edit.
  README.md has these steps with every setting explained."""


def asking(console: Console) -> Decide:
    """Asks the person at the terminal. An empty name falls back on the one in the script."""

    def decide(case: Case, form: Form) -> Answer | None:
        console.print(Panel(Markdown(_brief(form)), title=f"{form.title} · {case.supplier}", expand=False))
        choices = [*form.actions, "nobody"]
        action = Prompt.ask(
            "Your decision (nobody = let the deadline pass)", choices=choices, console=console
        )
        if action == "nobody":
            return None
        suggested = case.decisions[0].approver if case.decisions else "You"
        approver = Prompt.ask("Your name", default=suggested, console=console)
        comment = Prompt.ask("A comment", default="", console=console)
        return Answer(approver=approver, action=action, comment=comment)

    return decide


def _brief(form: Form) -> str:
    """What there is to read above the first field, without that field's label."""
    above = form.content.partition("{{#$output.")[0].rstrip()
    return above.rpartition("\n")[0].rstrip()


def results(played: Sequence[Played]) -> Table:
    """One row a request, and the total."""
    table = Table(title="What happened", title_justify="left", show_footer=True, expand=False)
    table.add_column("request", footer="total", overflow="fold")
    table.add_column("GBP", justify="right", footer=f"{sum(one.case.amount for one in played):,.2f}")
    table.add_column("path through the states", overflow="fold")
    table.add_column("level")
    table.add_column("risk")
    table.add_column("tokens", justify="right", footer=f"{sum(one.tokens for one in played):,}")
    table.add_column("USD", justify="right", footer=_cost(_total(played)))
    table.add_column("s", justify="right", footer=f"{sum(one.seconds for one in played):.1f}")
    for one in played:
        colour = _COLOURS.get(str(one.outputs.get("state")), "default")
        table.add_row(
            f"{one.case.supplier.title()}\n[dim]{one.case.requester}[/dim]",
            f"{one.case.amount:,.2f}",
            " → ".join((*one.path[:-1], f"[{colour}]{one.path[-1]}[/{colour}]")),
            str(one.outputs.get("approver_level") or "–"),
            _risk(one),
            f"{one.tokens:,}",
            _cost(one.cost_usd),
            f"{one.seconds:.1f}",
        )
    return table


def _risk(one: Played) -> str:
    risk = str(one.outputs.get("risk_level") or "–")
    return f"{risk}\n[yellow]model down[/yellow]" if one.case.model is ModelIs.DOWN else risk


def _total(played: Sequence[Played]) -> float | None:
    costs = [one.cost_usd for one in played]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def _cost(usd: float | None) -> str:
    return "unknown" if usd is None else f"{usd:.6f}"
