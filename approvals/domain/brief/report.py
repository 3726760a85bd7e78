# SPDX-License-Identifier: Apache-2.0
"""What became of several requests: a line for one, a table for more."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import unescape

from approvals.domain.approvers import approvers_of
from approvals.domain.brief.markup import plain
from approvals.domain.brief.phrases import NAME, Phrases, words_for
from approvals.domain.brief.words import Words
from approvals.domain.canonical import rfc3339
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord
from approvals.domain.routing import DEFAULT_RULE
from approvals.domain.terms import Flag, Language, State

_NOTHING = "–"


def line_of(record: ApprovalRecord, policy: Policy | None, language: Language | None = None) -> str:
    """One request in one line, without what the model makes of it."""
    words = words_for(record, language)
    phrases, request = Phrases(words, policy), record.request
    return words.one.format(
        request_id=record.request_id,
        what=phrases.what(request),
        who=phrases.who(request),
        state=words.states[record.state],
    )


def reminder_of(record: ApprovalRecord, policy: Policy | None, language: Language | None = None) -> str:
    """One line that reminds whoever has to act on a request: plain text, as a mail's subject is."""
    words = words_for(record, language)
    phrases, request = Phrases(words, policy), record.request
    sentence = words.reminder_to_answer if record.state is State.RETURNED else words.reminder
    line = unescape(sentence.format(what=phrases.what(request), who=phrases.who(request)))
    if record.deadline_at is None:
        return line
    until = rfc3339(record.deadline_at)[:16].replace("T", " ")
    return f"{line}{words.comma}{words.until.format(until=until)}"


def report_of(
    found: Sequence[tuple[ApprovalRecord, Policy | None]],
    missing: Sequence[str],
    language: Language | None = None,
) -> str:
    """A Markdown table of requests, with how many there are in each state. At least one must be found.

    Duplicates and parts of split purchases come first.
    `language`: None is the first request's own.
    """
    words = words_for(found[0][0], language)
    rows = [
        *(_row(record, Phrases(words, policy)) for record, policy in sorted(found, key=_is_single)),
        *([plain(request_id), "", "", "", words.missing, "", ""] for request_id in missing),
    ]
    return f"{_counts(found, missing, words)}\n\n{table(words.columns, rows)}"


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; an empty cell shows a dash."""
    heads = list(columns)
    lines = [heads, ["---"] * len(heads), *([cell or _NOTHING for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is_single(found: tuple[ApprovalRecord, Policy | None]) -> bool:
    """False for a duplicate or a part of a split purchase, which stand first in a report."""
    analysis = found[0].analysis
    return analysis is None or not any(finding.other_request for finding in analysis.findings)


def _counts(
    found: Sequence[tuple[ApprovalRecord, Policy | None]], missing: Sequence[str], words: Words
) -> str:
    states = Counter(words.states[record.state] for record, _ in found)
    if missing:
        states[words.missing] += len(missing)
    parts = words.comma.join(f"{state} {count}" for state, count in states.items())
    return f"**{words.requests}**{words.colon}{len(found) + len(missing)} ({parts})"


def _row(record: ApprovalRecord, phrases: Phrases) -> list[str]:
    request, analysis, words = record.request, record.analysis, phrases.words
    usable = analysis is not None and analysis.usable
    return [
        plain(record.request_id),
        phrases.who(request) if request.requester else "",
        phrases.amount(request),
        words.risks[analysis.risk] if analysis is not None and usable else "",
        words.states[record.state],
        _next(record, phrases),
        words.comma.join(_why(record, phrases)),
    ]


def _next(record: ApprovalRecord, phrases: Phrases) -> str:
    if record.state is State.RETURNED:
        return phrases.who(record.request)
    if record.level is None:
        return ""
    emails = phrases.words.comma.join(plain(email) for email in approvers_of(record, phrases.policy).emails)
    return f"{phrases.title(record.level)}{f' ({emails})' if emails else ''}"


def _why(record: ApprovalRecord, phrases: Phrases) -> Iterator[str]:
    """The policy's rule, and what else speaks for a person."""
    words, analysis = phrases.words, record.analysis
    if record.route is not None:
        yield words.default if record.route.rule == DEFAULT_RULE else phrases.quoted(record.route.rule, NAME)
    if analysis is not None:
        for finding in analysis.findings:
            other = plain(finding.other_request)
            yield f"{phrases.finding(finding)} ({other})" if other else phrases.finding(finding)
    if analysis is None or not analysis.usable:
        yield words.flags[Flag.NO_ANALYSIS]
    else:
        yield from phrases.warnings(analysis)
