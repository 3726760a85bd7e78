# SPDX-License-Identifier: Apache-2.0
"""The report: one page of HTML without a script or anything fetched. All that strangers wrote is shown as text."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from pathlib import Path

from devkit.batch.figures import Bin, Figures, Finding, Group

_SUPPLIERS, _FIRST = 10, 10
_COLOURS = {"low": "var(--low)", "medium": "var(--medium)", "high": "var(--high)"}
_PLAIN = "var(--bar)"
_STYLE = (Path(__file__).with_name("page.css")).read_text(encoding="utf-8")


def report_page(figures: Figures, title: str, model: str, made_at: datetime) -> str:
    """The whole page. `model`: how the endpoint is described to a person."""
    parts = (
        _heading(figures, title, made_at),
        _tiles(figures),
        '<div class="two">',
        _bars("By risk", figures.by_risk, figures.currency, _COLOURS),
        _bars("Who signs last, by the policy", figures.by_level, figures.currency),
        "</div>",
        '<div class="two">',
        _bars("Spend by supplier", figures.by_supplier(_SUPPLIERS), figures.currency, by_money=True),
        _speed(figures),
        "</div>",
        _first(figures),
        _footer(figures, model),
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<style>{_STYLE}</style>\n<main>\n" + "\n".join(parts) + "\n</main>\n</html>\n"
    )


def _heading(figures: Figures, title: str, made_at: datetime) -> str:
    count = len(figures.findings)
    missing = count - figures.outcome.succeeded
    unread = f" {missing:,} could not be analysed and go to a person unread." if missing else ""
    first, last = figures.days
    span = f" dated {first} to {last}" if first else ""
    return (
        f"<header><h1>{escape(title)}</h1>"
        f'<p class="dim">{count:,} requests{escape(span)}, read by a model and weighed against the approval policy on '
        f"{made_at:%-d %B %Y}. Nothing has been decided.{unread}</p></header>"
    )


def _tiles(figures: Figures) -> str:
    whole, automatic, high = figures.everything, figures.automatic, figures.by_risk[-1]
    people = Group("people", whole.count - automatic.count, whole.money - automatic.money)
    money = figures.currency
    tiles = (
        ("Requests", f"{whole.count:,}", f"{_money(whole.money, money)} in all"),
        ("May pass without a person", _share(automatic, whole), _counted(automatic, money)),
        ("Need a person", _share(people, whole), _counted(people, money)),
        ("High risk", f"{high.count:,}", f"{_money(high.money, money)}"),
    )
    return (
        '<div class="tiles">'
        + "".join(
            f'<div class="tile">{name}<b>{value}</b><span class="dim">{note}</span></div>'
            for name, value, note in tiles
        )
        + "</div>"
    )


def _bars(
    heading: str,
    groups: Sequence[Group],
    currency: str,
    colours: dict[str, str] | None = None,
    *,
    by_money: bool = False,
) -> str:
    """A bar for each group, as long as its part of the largest: of the counts, or of the money."""
    sizes = [
        Decimal(0) if group.is_rest else group.money if by_money else Decimal(group.count) for group in groups
    ]
    longest = max(sizes, default=Decimal(0)) or Decimal(1)
    rows = "".join(
        f'<tr><td class="name" title="{escape(group.name)}">{escape(group.name)}</td>'
        f'<td class="bar"><i style="width:{float(100 * size / longest):.1f}%;'
        f'background:{(colours or {}).get(group.name, _PLAIN)}"></i></td>'
        f'<td class="number">{group.count:,}</td><td class="number">{_money(group.money, currency)}</td></tr>'
        for group, size in zip(groups, sizes, strict=True)
    )
    return f'<section><h2>{heading}</h2><table class="bars">{rows}</table></section>'


def _speed(figures: Figures) -> str:
    outcome = figures.outcome
    cost, each = "unknown", "unknown"
    if outcome.cost_usd is not None:
        cost = f"{outcome.cost_usd:.4f} USD"
        each = f"{outcome.cost_usd / max(1, len(outcome.results)) * 1000:.3f} USD"
    saved = outcome.tokens_saved / max(1, outcome.tokens_used + outcome.tokens_saved)
    facts = (
        ("Model cost", cost),
        ("for 1,000 requests", each),
        ("Tokens", f"{outcome.tokens_used:,}"),
        ("saved by sharing calls", f"about {saved:.0%}"),
        ("Calls to the model", f"{outcome.calls_made:,}"),
        ("Time for everything", f"{outcome.seconds:.1f} s"),
    )
    rows = "".join(
        f'<tr><td class="name">{name}</td><td class="number">{value}</td></tr>' for name, value in facts
    )
    return (
        '<section><h2>What it cost, and how long the analyses took</h2><table class="bars">'
        f"{rows}</table>{histogram(figures.latencies)}</section>"
    )


def histogram(bins: Sequence[Bin]) -> str:
    """Requests by the milliseconds that their analysis took, as SVG; nothing without bins."""
    if not bins:
        return ""
    width, height, top, base = 480, 150, 18, 118
    step, highest = width / len(bins), max(each.count for each in bins)
    bars = "".join(
        f'<rect x="{place * step + 1:.1f}" y="{base - (base - top) * each.count / highest:.1f}" '
        f'width="{step - 2:.1f}" height="{(base - top) * each.count / highest:.1f}" rx="1.5">'
        f"<title>{each.low:.0f} to {each.high:.0f} ms: {each.count:,}</title></rect>"
        for place, each in enumerate(bins)
        if each.count
    )
    marks = ((0, "start", bins[0].low), (width / 2, "middle", (bins[0].low + bins[-1].high) / 2))
    ends = (*marks, (width, "end", bins[-1].high))
    labels = "".join(
        f'<text x="{x:.0f}" y="{base + 16}" text-anchor="{anchor}">{value:,.0f} ms</text>'
        for x, anchor, value in ends
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="Requests by latency" font-size="12" '
        f'fill="var(--dim)" font-family="inherit"><text x="0" y="11">'
        f"requests by the time of their call, waits included; up to {highest:,} in a bar</text>"
        f'<g fill="{_PLAIN}">{bars}</g><path d="M0 {base}H{width}" stroke="var(--line)"/>{labels}</svg>'
    )


def _first(figures: Figures) -> str:
    worth = figures.first_to_look_at(_FIRST)
    if not worth:
        said = "Nothing stands out: every risk is low, and no check found anything."
        return f"<section><h2>To look at first</h2><p>{said}</p></section>"
    rows = "".join(_first_row(one, figures.currency) for one in worth)
    return (
        '<section><h2>To look at first</h2><table class="wide"><tr><th>Risk</th><th>Supplier</th>'
        f'<th class="number">Amount</th><th>Must sign</th><th>What stands out</th></tr>{rows}</table></section>'
    )


def _first_row(one: Finding, currency: str) -> str:
    result = one.result
    risk = result["risk_level"]
    amount = "unknown" if one.amount is None else _money(one.amount, currency, pence=True)
    flags = [flag.replace("_", " ") for flag in result["flags"] if flag != "second_opinion"]
    warned = f' <span class="dim">({escape(", ".join(flags))})</span>' if flags else ""
    said = result["summary"] or result["error_message"]
    found = "".join(f"<br>{escape(finding['message'])}" for finding in result["findings"])
    signs = ", ".join(result["stages"]) or "–"
    return (
        f'<tr><td><span class="tag" style="background:{_COLOURS[risk]}">{risk}</span></td>'
        f'<td>{escape(one.row.supplier or "–")}</td><td class="number">{escape(amount)}</td>'
        f"<td>{escape(signs)}</td><td>{escape(said)}{warned}{found}</td></tr>"
    )


def _footer(figures: Figures, model: str) -> str:
    return "\n".join(_footer_lines(figures, model))


def _footer_lines(figures: Figures, model: str) -> Iterator[str]:
    yield '<footer class="dim">'
    yield f"<p>Model: {escape(model)}. The policy outranks it: it can ask for more care, never for less.</p>"
    without = sum(one.amount is None for one in figures.findings)
    if without:
        yield f"<p>{without:,} requests have no amount in {escape(figures.currency)}; sums leave them out.</p>"
    others = " · ".join(
        f"{group.count:,} for {_money(group.money, group.name)}" for group in figures.other_currencies
    )
    if others:
        yield f"<p>In other currencies: {escape(others)}.</p>"
    if figures.refunds:
        total: dict[str, Decimal] = {}
        for row in figures.refunds:
            name = str(row.request.get("currency") or "")
            total[name] = total.get(name, Decimal(0)) + (row.refund or 0)
        sums = escape(" · ".join(_money(money, name) for name, money in total.items()))
        yield f"<p>{len(figures.refunds):,} refunds of {sums} were not analysed: there is nothing to approve.</p>"
    if figures.unread:
        places = ", ".join(row.place for row in figures.unread[:_FIRST])
        more = " and others" if len(figures.unread) > _FIRST else ""
        yield f"<p>{len(figures.unread):,} rows could not be read: {escape(places)}{more}. The table says why.</p>"
    yield "</footer>"


def _money(amount: Decimal, currency: str, *, pence: bool = False) -> str:
    return f"{amount:,.2f} {currency}" if pence else f"{amount:,.0f} {currency}".rstrip()


def _share(part: Group, whole: Group) -> str:
    return f"{part.count / whole.count:.0%}" if whole.count else "–"


def _counted(group: Group, currency: str) -> str:
    return f"{group.count:,} for {_money(group.money, currency)}"
