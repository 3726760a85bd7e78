# SPDX-License-Identifier: Apache-2.0
"""One request as a page shows it: what is asked, what was checked, what the text says, and the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from approvals.domain.brief.phrases import Phrases
from approvals.domain.records import Analysis, Step
from approvals.domain.terms import Event
from approvals.text.json_text import json_text
from approvals.web.desk.approvals import Whole
from approvals.web.desk.pages.inbox import Due, due_of, risk_word, what_of
from approvals.web.desk.pages.revisions import coming, differences, earlier
from approvals.web.desk.pages.route import name_of, policy_of, stops, title
from approvals.web.desk.quotes import marked
from approvals.web.desk.visit import Visit
from approvals.web.desk.wording import Wording

_HASH_SHOWN = 12
_CONTEXT_SHOWN = 40


class Fact(NamedTuple):
    """A label with what stands for it."""

    label: str
    value: str


class Happened(NamedTuple):
    """One entry of the ledger."""

    at: str
    event: str
    what: str
    who: str
    known: str
    title: str
    comment: str
    hash: str


def request_view(visit: Visit, one: Whole) -> Mapping[str, Any]:
    """What the template of one request shows."""
    t, record, request = visit.t, one.record, one.record.request
    history = [happened(step, one, t) for step in record.history]
    analysis = record.analysis
    risk = analysis.risk.value if analysis and analysis.usable else ""
    return {
        "t": t,
        "one": one,
        "record": record,
        "headline": headline(one, t),
        "state_word": t.words.states[record.state],
        "risk": risk,
        "risk_word": risk_word(risk, t),
        "due": _due(visit, one),
        "analysis": analysis if analysis and analysis.usable else None,
        "warnings": _warnings(analysis, t),
        "findings": [
            (finding, t.words.findings.get(finding.code, finding.code.replace("_", " ")))
            for finding in (analysis.findings if analysis else ())
        ],
        "budgets": [
            t.words.budget_used.format(
                budget=use.budget,
                first=use.first,
                last=use.last,
                percent=use.percent,
                amount=t.money(use.amount, use.currency),
            )
            for use in (analysis.budgets if analysis else ())
            if not use.is_over
        ],
        "pieces": marked(request.content, _verified_quotes(analysis)),
        "details": list(_details(one, t)),
        "differences": list(differences(record, t)),
        "earlier": earlier(record, t),
        "coming": coming(record, t),
        "facts": list(_facts(one, t)),
        "stops": list(stops(one, t)),
        "history": history,
        "said": [entry for entry in history if entry.comment],
        "verdict": t(
            f"ledger.{one.ledger_verdict}", n=len(record.history), faults="; ".join(one.ledger_faults)
        ),
    }


def headline(one: Whole, t: Wording) -> str:
    """What is asked for, with the amount where there is one."""
    request = one.record.request
    what = what_of(request.request_type, "", t)
    policy = policy_of(one)
    amount = t.money(request.amount, request.currency or (policy.currency if policy else ""))
    return str(t("request.of", kind=what, amount=amount)) if amount else what


def _due(visit: Visit, one: Whole) -> Due | None:
    deadline = one.record.deadline_at
    return due_of(deadline.isoformat(), visit.t, visit.now) if deadline else None


def _warnings(analysis: Analysis | None, t: Wording) -> Sequence[str]:
    return Phrases(t.words, None).warnings(analysis) if analysis else []


def _verified_quotes(analysis: Analysis | None) -> Iterator[str]:
    if analysis is not None and analysis.usable:
        yield from (factor.evidence for factor in analysis.factors if factor.verified)


def _details(one: Whole, t: Wording) -> Iterator[Fact]:
    """The rest of what was typed."""
    request = one.record.request
    document = (request.document_number, request.document_date.isoformat() if request.document_date else "")
    known = {
        "vendor": request.vendor,
        "document": " · ".join(part for part in document if part),
        "cost_center": request.cost_center,
        "priority": "" if request.priority is None else str(request.priority),
    }
    for name, value in known.items():
        if value:
            yield Fact(str(t(f"request.{name}")), value)
    for name, value in list(request.context.items())[:_CONTEXT_SHOWN]:
        yield Fact(name, value if isinstance(value, str) else json_text(value))
    if len(request.context) > _CONTEXT_SHOWN:
        yield Fact("…", "")


def _facts(one: Whole, t: Wording) -> Iterator[Fact]:
    """Where the route comes from, and what the analysis cost."""
    record, analysis = one.record, one.record.analysis
    if record.route is not None:
        rule = str(t("request.default_rule")) if record.route.rule == "default" else record.route.rule
        yield Fact(str(t("request.rule")), rule)
    yield Fact(str(t("request.policy")), record.policy_digest[:_HASH_SHOWN])
    yield Fact(str(t("request.version")), str(record.version))
    if record.revision > 1:
        yield Fact(str(t("request.revision")), str(record.revision))
    if analysis is not None:
        yield Fact(str(t("request.model")), analysis.model)
        cost = f"{analysis.cost_usd:.6f} USD" if analysis.cost_known else str(t("request.cost_unknown"))
        yield Fact(str(t("request.cost")), cost)


def _who(step: Step, one: Whole, t: Wording) -> str:
    """Who did it, and for whom as a deputy."""
    entry, name = step.entry, name_of(one, step.entry.actor)
    return str(t("request.for", person=name, other=entry.acting_for)) if entry.acting_for else name


def happened(step: Step, one: Whole, t: Wording) -> Happened:
    """One step of the history in words."""
    entry = step.entry
    return Happened(
        at=entry.at,
        event=entry.event.value,
        what=str(t(f"event.{entry.event}")),
        who=_who(step, one, t),
        known=str(t(f"known.{entry.how_known}")) if entry.how_known else "",
        title=title(one, entry.level, t),
        # The comment of a timeout is the workflow's or the sweep's own, in English.
        comment="" if entry.event is Event.TIMEOUT else step.comment,
        hash=entry.hash[:_HASH_SHOWN],
    )
