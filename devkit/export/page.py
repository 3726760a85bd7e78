# SPDX-License-Identifier: Apache-2.0
"""The page that an auditor reads: what was asked, what the model said, who signed, and whether the ledger holds."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

import yaml

from approvals.domain.records import Analysis, ApprovalRecord, LedgerEntry, Refusal, Step
from approvals.domain.terms import HowKnown
from devkit.export.verdict import Verdict

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2330;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem} h2{font-size:1.05rem;margin:1.8rem 0 .4rem;border-bottom:1px solid #d5dbe5}
table{border-collapse:collapse;width:100%} th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0}
th{font-weight:600;color:#55617a} td.number{font-variant-numeric:tabular-nums}
blockquote,pre{margin:.4rem 0;padding:.6rem .9rem;background:#f4f6fa;border-left:3px solid #b8c3d9;white-space:pre-wrap;
overflow-wrap:anywhere} code{font-size:.8rem;overflow-wrap:anywhere} .good{color:#13703d} .bad{color:#a4161a}
.verdict{font-weight:600;padding:.5rem .9rem;border:1px solid currentColor;border-radius:.4rem} .dim{color:#55617a}
@media(max-width:40rem){body{margin:1rem auto} tr{display:grid;padding:.4rem 0;border-top:1px solid #d5dbe5}
th,td{padding:.1rem 0} tr:has(th+th){display:none}}
@media print{body{margin:0;font-size:11px} h2{break-after:avoid} tr{break-inside:avoid}}
"""


def audit_page(
    record: ApprovalRecord, exported_at: datetime, verdict: Verdict, refusals: Sequence[Refusal] = ()
) -> str:
    """One self-contained HTML page. Everything that strangers wrote is shown as text."""
    parts = (
        _heading(record, exported_at),
        _verdict(verdict),
        _asked(record),
        _analysis(record.analysis) if record.analysis else "<h2>Analysis</h2><p>None was made.</p>",
        _history(record.history),
        *([_refusals(refusals)] if refusals else []),
        _policy(record),
    )
    title = f"Approval {escape(record.request_id)}"
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _heading(record: ApprovalRecord, exported_at: datetime) -> str:
    return (
        f"<h1>Approval {escape(record.request_id)}: {record.state.value.replace('_', ' ')}</h1>"
        f'<p class="dim">Version {record.version}, exported {_time(exported_at)}. All times are UTC.</p>'
    )


def _verdict(verdict: Verdict) -> str:
    first, *more = verdict.said
    lines = "".join(f"<li>{escape(line)}</li>" for line in more)
    style = "good" if verdict.ok else "bad"
    return f'<div class="verdict {style}">{escape(first)}{f"<ul>{lines}</ul>" if lines else ""}</div>'


def _asked(record: ApprovalRecord) -> str:
    asked = record.request
    amount = f"{asked.amount:,.2f} {asked.currency}".strip() if asked.amount is not None else "not given"
    rows = {
        "Requester": asked.requester or "not given",
        "Kind": asked.request_type or "not given",
        "Amount": amount,
        "Received": _time(record.created_at),
        **({"Context": yaml.safe_dump(dict(asked.context), allow_unicode=True)} if asked.context else {}),
    }
    return f"<h2>What was asked</h2>{_table(rows.items())}<blockquote>{escape(asked.content)}</blockquote>"


def _analysis(analysis: Analysis) -> str:
    cost = f"{analysis.cost_usd} USD" if analysis.cost_known else "not known"
    tokens = f"{analysis.prompt_tokens:,} in, {analysis.completion_tokens:,} out"
    rows = {
        "Model": analysis.model,
        "Risk": f"{analysis.risk.value}, {analysis.confidence:.0%} sure"
        if analysis.usable
        else "high (no analysis)",
        "Suggested level": analysis.level.value,
        "Flags": ", ".join(analysis.flags) or "none",
        "Cost": f"{cost}; {tokens}; {analysis.attempts} attempts, {analysis.latency_ms:,} ms",
        **({"Failure": f"{analysis.error_code}: {analysis.error_message}"} if analysis.error_code else {}),
    }
    factors = "".join(
        f"<li>{escape(factor.claim)}: “{escape(factor.evidence)}”"
        f"{'' if factor.verified else ' <span class=bad>(not in the request)</span>'}</li>"
        for factor in analysis.factors
    )
    said = f"<blockquote>{escape(analysis.summary)}</blockquote><ul>{factors}</ul>"
    return f"<h2>What the model said</h2>{_table(rows.items())}{said}"


def _history(history: Sequence[Step]) -> str:
    rows = "".join(
        f'<tr><td class="number">{step.entry.sequence}</td><td class="number">{_short(step.entry.at)}</td>'
        f"<td>{step.entry.event.value}</td><td>{escape(step.entry.actor)}<br>"
        f'<span class="dim">{escape(_as_whom(step.entry))}</span></td>'
        f"<td>{step.entry.from_state.value} → {step.entry.to_state.value}</td>"
        f"<td>{escape(step.answer.reason)}{f'<blockquote>{escape(step.comment)}</blockquote>' if step.comment else ''}"
        f"<br><code>{step.entry.hash}</code>{_key(step.entry)}</td></tr>"
        for step in history
    )
    head = "".join(
        f"<th>{name}</th>" for name in ("", "When", "Event", "Who", "State", "Why, and the entry's hash")
    )
    return f"<h2>What happened</h2><table><tr>{head}</tr>{rows}</table>"


def _key(entry: LedgerEntry) -> str:
    return f' <span class="dim">key {escape(entry.key_id)}</span>' if entry.key_id else ""


def _as_whom(entry: LedgerEntry) -> str:
    """For whom a deputy acted, the level that a decision counts for, how the actor was known, and the revision."""
    known = f"name {entry.how_known}" if entry.how_known == HowKnown.TYPED else f"known by {entry.how_known}"
    whom = f"for {entry.acting_for}" if entry.acting_for else ""
    revision = f"revision {entry.revision}" if entry.revision > 1 else ""
    return ", ".join(part for part in (whom, entry.level, known if entry.how_known else "", revision) if part)


def _refusals(refusals: Sequence[Refusal]) -> str:
    rows = "".join(
        f'<tr><td class="number">{_time(one.at)}</td><td>{one.event.value}</td>'
        f"<td>{escape(one.actor or 'no name')} ({one.how_known.value})<br>"
        f'<span class="dim">{escape(one.actor_level)}</span></td>'
        f"<td>{escape(one.reason)}{f'<blockquote>{escape(one.comment)}</blockquote>' if one.comment else ''}"
        f"<br><code>{escape(one.code)}</code></td></tr>"
        for one in refusals
    )
    head = "".join(f"<th>{name}</th>" for name in ("When", "Tried", "Who", "Why it was refused"))
    return f"<h2>What was refused</h2><table><tr>{head}</tr>{rows}</table>"


def _policy(record: ApprovalRecord) -> str:
    rule = record.route.rule if record.route else "not applied yet"
    said = f"Rule: {escape(rule)}. Digest: <code>{record.policy_digest}</code>"
    text = (
        "It is not in the store any more."
        if record.policy is None
        else yaml.safe_dump(dict(record.policy), sort_keys=False, allow_unicode=True)
    )
    return f"<h2>The policy it was decided under</h2><p>{said}</p><pre>{escape(text)}</pre>"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{lines}</table>"


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _short(rfc3339: str) -> str:
    return rfc3339[:19].replace("T", " ")
