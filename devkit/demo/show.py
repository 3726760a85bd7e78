# SPDX-License-Identifier: Apache-2.0
"""What the demo prints, and what it asks at a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.prompt import Prompt
from rich.table import Table

from approvals.domain.terms import Event
from devkit.demo.play import Decide, Played
from devkit.demo.scenario import Answer, Case, ModelIs
from devkit.engine import Form

NOBODY = "nobody"
"""What is typed to let the deadline pass."""
_WIDE = 110
"""Columns from which the table shows everything."""
_OTHERS = 48
"""Columns that the rest of the narrow table takes."""
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
        suggestion = case.decisions[0].action if case.decisions else NOBODY
        action = _asked(console, [*form.actions, NOBODY], suggestion)
        if action == NOBODY:
            return None
        suggested = case.decisions[0].approver if case.decisions else "You"
        approver = Prompt.ask("Your name", default=suggested, console=console)
        asks = action == Event.RETURN
        comment = Prompt.ask("Your question" if asks else "A comment", default="", console=console)
        reply = Prompt.ask(f"What {case.requester} answers", console=console) if asks else ""
        return Answer(approver=approver, action=action, comment=comment, reply=reply)

    return decide


def _asked(console: Console, choices: Sequence[str], default: str) -> str:
    """One of the choices, by its name or as many of its first letters as tell it from the others."""
    names = ", ".join(choices)
    while True:
        typed = console.input(f"Your decision ({names}; Enter = {default}): ")
        found = chosen(typed, choices, default)
        if found:
            return found
        console.print(
            f"{typed.strip()!r} is none of {names}; type one of them, or its first letters", markup=False
        )


def chosen(typed: str, choices: Sequence[str], default: str) -> str:
    """The choice that was typed, in any case and shortened; "" when it is none or more than one."""
    word = typed.strip().casefold()
    if not word:
        return default
    found = [choice for choice in choices if choice.casefold().startswith(word)]
    exact = [choice for choice in found if choice.casefold() == word]
    return (exact or found)[0] if len(exact or found) == 1 else ""


def _brief(form: Form) -> str:
    """What there is to read above the first field, without that field's label."""
    above = form.content.partition("{{#$output.")[0].rstrip()
    return above.rpartition("\n")[0].rstrip()


def results(played: Sequence[Played], columns: int) -> Table:
    """One row for each request, and the total. A terminal of fewer `columns` gets fewer of them."""
    is_wide = columns >= _WIDE
    table = Table(title="What happened", title_justify="left", show_footer=True, expand=False)
    table.add_column(
        "request", footer="total", no_wrap=not is_wide, max_width=None if is_wide else columns - _OTHERS
    )
    table.add_column(
        "GBP", justify="right", no_wrap=True, footer=f"{sum(one.case.amount for one in played):,.2f}"
    )
    table.add_column("path through the states" if is_wide else "ended", overflow="fold")
    if is_wide:
        table.add_column("level")
    table.add_column("risk", no_wrap=not is_wide)
    if is_wide:
        table.add_column("tokens", justify="right", footer=f"{sum(one.tokens for one in played):,}")
        table.add_column("USD", justify="right", footer=_cost(_total(played)))
        table.add_column("s", justify="right", footer=f"{sum(one.seconds for one in played):.1f}")
    for one in played:
        table.add_row(*(_wide_row(one) if is_wide else _narrow_row(one)))
    if not is_wide:
        tokens = sum(one.tokens for one in played)
        table.caption = f"{tokens:,} tokens, {_cost(_total(played))} USD"
    return table


def _wide_row(one: Played) -> Sequence[str]:
    return (
        f"{one.case.supplier.title()}\n[dim]{one.case.requester}[/dim]",
        f"{one.case.amount:,.2f}",
        " → ".join((*one.path[:-1], _coloured(one))),
        str(one.outputs.get("approver_level") or "–"),
        _risk(one),
        f"{one.tokens:,}",
        _cost(one.cost_usd),
        f"{one.seconds:.1f}",
    )


def _narrow_row(one: Played) -> Sequence[str]:
    return one.case.supplier.title(), f"{one.case.amount:,.2f}", _coloured(one), _risk(one).replace("\n", " ")


def _coloured(one: Played) -> str:
    colour = _COLOURS.get(str(one.outputs.get("state")), "default")
    return f"[{colour}]{one.path[-1]}[/{colour}]"


def _risk(one: Played) -> str:
    risk = str(one.outputs.get("risk_level") or "–")
    return f"{risk}\n[yellow]model down[/yellow]" if one.case.model is ModelIs.DOWN else risk


def _total(played: Sequence[Played]) -> float | None:
    costs = [one.cost_usd for one in played]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def _cost(usd: float | None) -> str:
    return "unknown" if usd is None else f"{usd:.6f}"
