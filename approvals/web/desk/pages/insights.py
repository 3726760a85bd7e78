# SPDX-License-Identifier: Apache-2.0
"""The insights page: what is spent, how long it takes, what it costs, and whether anybody is reading."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from approvals.domain.terms import Level, Risk
from approvals.web.desk.approvals import Approvals, Show, Summary
from approvals.web.desk.charts import bars
from approvals.web.desk.rendering import page
from approvals.web.desk.statistics import AT_A_GLANCE, Figures, Month, Spend, figures_of
from approvals.web.desk.visit import Visit
from approvals.web.desk.wording import Wording
from approvals.web.http import HttpResponse

_PAGES: Final = 5
_PAGE: Final = 100
_WITHIN: Final = ("under_hour", "under_4_hours", "under_day", "under_3_days", "longer")
_MONTHS_SHOWN: Final = 12


def insights(visit: Visit, approvals: Approvals) -> HttpResponse:
    """The figures of the newest requests."""
    found = _newest(visit, approvals)
    figures = figures_of(found)
    t = visit.t
    return page(
        visit,
        "insights",
        figures=figures,
        first=found[-1].created_at[:10] if found else "",
        last=found[0].created_at[:10] if found else "",
        tiles=_tiles(figures, t),
        spend=[_spend(one, t) for one in figures.spend],
        within=bars(
            [(str(t(f"insights.{key}")), str(n), n) for key, n in zip(_WITHIN, figures.within, strict=True)]
        ),
        risk=_risk(figures, t),
        months=_months(figures.months[-_MONTHS_SHOWN:], t),
        reading=_reading(figures, t),
        at_a_glance=AT_A_GLANCE,
    )


def _newest(visit: Visit, approvals: Approvals) -> Sequence[Summary]:
    found: list[Summary] = []
    cursor = ""
    for _ in range(_PAGES):
        listing = approvals.list(Show.ALL, visit.person, cursor=cursor, limit=_PAGE)
        found += listing.found
        cursor = listing.next_cursor
        if not cursor:
            break
    return found


def _tiles(figures: Figures, t: Wording) -> Sequence[tuple[str, str, str]]:
    """Label, figure, and a word beside it."""
    each = figures.cost_usd / figures.cost_known if figures.cost_known else None
    return [
        (str(t("insights.requests")), f"{figures.requests:,}", ""),
        (str(t("insights.decided")), f"{figures.decided:,}", t.percent(figures.decided, figures.requests)),
        (str(t("insights.share_approved")), t.percent(figures.approved, figures.decided), ""),
        (str(t("insights.median_time")), _seconds(figures.seconds, t), ""),
        (
            str(t("insights.cost_total")),
            _usd(figures.cost_usd),
            f"{each:.5f} {t('insights.cost_each')}" if each is not None else "",
        ),
    ]


def _seconds(seconds: float | None, t: Wording) -> str:
    return "–" if seconds is None else t.duration(timedelta(seconds=seconds))


def _usd(amount: Decimal) -> str:
    """A cost; of less than a dollar more digits matter."""
    return f"{amount:,.2f} USD" if amount >= 1 else f"{amount:.4f} USD"


def _spend(one: Spend, t: Wording) -> dict[str, Any]:
    titles = {level.value: t.words.titles[level] for level in Level} | {"": str(t("insights.auto"))}
    levels = [(titles[level], t.money(amount, one.currency), amount) for level, amount in one.by_level]
    vendors = [
        (vendor or str(t("insights.no_supplier")), t.money(amount, one.currency), amount)
        for vendor, amount in one.by_vendor
    ]
    if one.others:
        vendors.append((str(t("insights.others")), t.money(one.others, one.currency), one.others))
    return {
        "currency": one.currency,
        "total": t.money(one.total, one.currency),
        "levels": bars(levels),
        "vendors": bars(vendors),
    }


def _risk(figures: Figures, t: Wording) -> dict[str, Any]:
    words = {risk.value: t.words.risks[risk] for risk in Risk} | {"": str(t("insights.no_analysis"))}
    shares = [share for share in figures.risk if share.risk or share.requests]
    chart = bars(
        [(words[share.risk], str(share.requests), share.requests) for share in shares],
        [share.approved for share in shares],
    )
    rows = [
        (
            share.risk,
            words[share.risk],
            share.requests,
            share.decided,
            t.percent(share.approved, share.decided),
        )
        for share in shares
    ]
    return {"chart": chart, "rows": rows}


def _months(months: Sequence[Month], t: Wording) -> dict[str, Any]:
    chart = bars([(one.month, _usd(one.cost_usd), one.cost_usd) for one in months])
    return {
        "chart": chart,
        "rows": [(one.month, one.requests, _usd(one.cost_usd), one.unknown) for one in months],
    }


def _reading(figures: Figures, t: Wording) -> dict[str, Any]:
    there = [one for one in figures.reading if one.decisions]
    chart = bars(
        [(t.words.titles[one.level], str(one.decisions), one.decisions) for one in there],
        [one.approved for one in there],
    )
    rows = [
        (
            t.words.titles[one.level],
            one.decisions,
            t.percent(one.approved, one.decisions),
            _seconds(one.seconds, t),
            t("insights.of", part=one.at_a_glance, whole=one.high_risk) if one.high_risk else "–",
            one.at_a_glance > 0,
        )
        for one in there
    ]
    return {"chart": chart, "rows": rows}
