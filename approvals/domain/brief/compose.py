# SPDX-License-Identifier: Apache-2.0
"""Puts a brief together: which sentences are said about a record, in which order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from approvals.domain.brief.markup import bullets, plain, plain_lines, strong
from approvals.domain.brief.phrases import NAME, Phrases, words_for
from approvals.domain.brief.revision import revision_changes
from approvals.domain.canonical import rfc3339
from approvals.domain.checks import BUDGET
from approvals.domain.decisions import SYSTEM
from approvals.domain.policy import Policy
from approvals.domain.records import Analysis, ApprovalRecord, ApprovalRequest, Factor, Route, Step
from approvals.domain.routing import DEFAULT_RULE
from approvals.domain.terms import Event, Language, Level, OnTimeout, State
from approvals.text.json_text import json_text

CONTENT_LIMIT: Final = 20_000
"""Characters of the request that a brief shows: as many as the shipped forms take."""
_FACTS: Final = 20  # entries of the context
_SENTENCE, _QUOTE = 600, 1_000  # characters


def brief_of(
    record: ApprovalRecord,
    policy: Policy | None,
    language: Language | None = None,
    refusals: Sequence[str] = (),
) -> str:
    """What an approver reads, as Markdown.

    `policy`: the one that rules the request; None where it cannot be read any more. `language`: None for the one
    that the request names, or else is written in. `refusals`: why decisions since the last step did not count.
    """
    return _Brief(record, Phrases(words_for(record, language), policy), refusals).text()


def details_of(record: ApprovalRecord, policy: Policy | None, language: Language | None = None) -> str:
    """What is stated of a request besides its text, kind and amount, as a Markdown list; "" for nothing."""
    brief = _Brief(record, Phrases(words_for(record, language), policy), ())
    return bullets(brief.details(record.request))


def level_title(
    level: Level, record: ApprovalRecord, policy: Policy | None, language: Language | None = None
) -> str:
    """How a level is called, as plain text: by the policy, or else in the language of the record's brief."""
    named = policy.titles.get(level) if policy else None
    return named or words_for(record, language).titles[level]


class _Brief:
    """One brief in the making. Every method gives Markdown; "" where there is nothing to say."""

    def __init__(self, record: ApprovalRecord, phrases: Phrases, refusals: Sequence[str]) -> None:
        self._record = record
        self._refusals = refusals
        self._phrases = phrases
        self._words = phrases.words
        self._policy = phrases.policy

    def text(self) -> str:
        request = self._record.request
        parts = (
            self._who_asks_for_what(request),
            self._compared(request),
            self._list(self._words.checks, self._findings(self._record.analysis)),
            *self._budgets(self._record.analysis),
            self._standing(),
            self._list(self._words.so_far, self._so_far()),
            self._list(self._words.changes, revision_changes(self._record, self._phrases)),
            self._deadline(),
            *self._analysis(self._record.analysis),
            self._list(self._words.details, self.details(request)),
            self._list(self._words.then, self._consequences()),
            self._content(request),
        )
        return "\n\n".join(part for part in parts if part)

    # --- what is asked ---

    def _who_asks_for_what(self, request: ApprovalRequest) -> str:
        words = self._words
        sentence = words.asks if request.amount is not None else words.asks_without_amount
        return sentence.format(
            who=strong(self._phrases.who(request)), what=strong(self._phrases.what(request))
        )

    def _compared(self, request: ApprovalRequest) -> str:
        """What the rules saw, where it is not what was typed."""
        policy = self._policy
        if policy is None or request.amount is None or request.currency in {"", policy.currency}:
            return ""
        amount = policy.in_own_currency(request.amount, request.currency)
        if amount is None:
            return self._words.no_rate.format(currency=request.currency)
        return self._words.compared.format(
            own=policy.currency, amount=strong(self._phrases.money(amount, policy.currency))
        )

    def _findings(self, analysis: Analysis | None) -> Iterator[str]:
        words = self._words
        for finding in analysis.findings if analysis else ():
            other = words.compared_with.format(request_id=plain(finding.other_request))
            with_other = f" ({other})" if finding.other_request else ""
            told = f"{plain(finding.message, _SENTENCE)}{with_other}"
            yield self._phrases.labelled(self._phrases.finding(finding), told)

    def _budgets(self, analysis: Analysis | None) -> Iterator[str]:
        """How full the budgets are that are enough; of the others a finding tells."""
        for use in analysis.budgets if analysis else ():
            if use.is_over:
                continue
            told = self._words.budget_used.format(
                budget=self._phrases.quoted(use.budget, NAME),
                first=use.first,
                last=use.last,
                percent=use.percent,
                amount=self._phrases.money(use.amount, use.currency),
            )
            yield self._phrases.labelled(self._words.budget, f"{told}{self._words.stop}")

    # --- why this person, and what happened before ---

    def _standing(self) -> str:
        words, record = self._words, self._record
        if record.state.final:
            return self._phrases.labelled(words.outcome, f"{strong(words.states[record.state])}{words.stop}")
        if record.state is State.RETURNED:
            who = strong(self._phrases.who(record.request))
            return self._phrases.labelled(words.waiting, f"{words.waiting_for.format(who=who)}{words.stop}")
        if record.level is None:
            return f"{strong(words.not_submitted)}{words.stop}"
        return self._phrases.labelled(words.why, " ".join(filter(None, self._reasons(record, record.level))))

    def _deadline(self) -> str:
        if self._record.deadline_at is None:
            return ""
        until = rfc3339(self._record.deadline_at)[:16].replace("T", " ")
        return self._phrases.labelled(self._words.decide_by, strong(f"{until} UTC"))

    def _reasons(self, record: ApprovalRecord, level: Level) -> Iterator[str]:
        words, routed = self._words, record.route
        yield words.you_decide.format(title=self._phrases.strong_title(level))
        if routed is not None:
            asked, beyond, added = self._asked_and_added(routed)
            titles = words.signs.join(self._signatures(asked))
            if routed.rule == DEFAULT_RULE:
                yield words.default_rule.format(titles=titles)
            else:
                yield words.rule.format(rule=self._phrases.quoted(routed.rule, NAME), titles=titles)
                yield self._clause(routed.rule)
            if beyond is not None:
                yield words.beyond_budget.format(title=self._phrases.strong_title(beyond))
            if added is not None:
                yield words.level_added.format(title=self._phrases.strong_title(added))
        if len(record.stages) > 1:
            yield words.signed_more.format(count=len(record.stages))

    def _signatures(self, levels: Sequence[Level]) -> Iterator[str]:
        """Who signs, level by level, with how many where it is more than one."""
        for level, group in groupby(levels):
            title, count = self._phrases.strong_title(level), len(list(group))
            yield title if count == 1 else self._words.several.format(title=title, count=count)

    def _clause(self, rule: str) -> str:
        """The clause that a rule stands for, as the policy quotes it; "" where it quotes none."""
        rules = self._policy.rules if self._policy else ()
        text = next((one.text for one in rules if one.name == rule), None)
        return self._words.clause.format(text=self._phrases.quoted(text, _SENTENCE)) if text else ""

    def _asked_and_added(self, routed: Route) -> tuple[Sequence[Level], Level | None, Level | None]:
        """The levels that the rule itself names, the one beyond a budget, and the one that the analysis put on top."""
        analysis = self._record.analysis
        rules = {rule.name: rule.then for rule in self._policy.rules} if self._policy else {}
        named = rules.get(routed.rule, self._policy.default if self._policy else None)
        if named is None or analysis is None or not named.signatures:
            return routed.stages, None, None
        asked, more = routed.stages[: len(named.signatures)], routed.stages[len(named.signatures) :]
        is_over = any(finding.code == BUDGET for finding in analysis.findings)
        beyond = more[0] if is_over and more and more[0] is asked[-1].above else None
        rest = more if beyond is None else more[1:]
        if not rest:
            return asked, beyond, None
        return (asked, beyond, rest[0]) if rest == (analysis.level,) else (routed.stages, None, None)

    def _so_far(self) -> Iterator[str]:
        revision = 1
        for step in self._record.history:
            yield self._happened(step, revised=max(step.entry.revision, 1) > revision)
            revision = max(step.entry.revision, 1)
        for refusal in self._refusals if self._record.level else ():
            yield f"{self._words.refused}{self._words.colon}{self._phrases.quoted(refusal, _QUOTE)}"

    def _name(self, actor: str) -> str:
        """How the policy calls an actor whom it lists; else what was typed."""
        person = self._policy.directory.find(actor) if self._policy else None
        return person.name if person else actor

    def _happened(self, step: Step, *, revised: bool) -> str:
        """What an event of the history led to. `revised`: it brought new content."""
        words, entry = self._words, step.entry
        back = entry.from_state is State.RETURNED
        sentence = {
            Event.APPROVE: words.approved,
            Event.REJECT: words.rejected,
            Event.ESCALATE: words.not_counted if entry.actor == SYSTEM else words.passed_up,
            Event.RETURN: words.returned,
            Event.RESUBMIT: words.revised if revised else words.resubmitted,
            Event.TIMEOUT: words.no_reply if back else words.no_answer,
            Event.WITHDRAW: words.withdrew,
        }.get(entry.event)
        if sentence is None:
            return ""
        title = (
            self._phrases.strong_title(Level(entry.level))
            if entry.level in set(Level)
            else plain(entry.level, NAME)
        )
        who = strong(plain(self._name(entry.actor), NAME) or words.nobody)
        if entry.acting_for:
            who = words.instead_of.format(who=who, whom=strong(plain(entry.acting_for, NAME)))
        said = sentence.format(who=who, title=title)
        # The comment of a timeout is the workflow's or the sweep's own.
        comment = "" if entry.event is Event.TIMEOUT else self._phrases.quoted(step.comment, _QUOTE)
        return f"{said}{words.colon}{comment}" if comment else f"{said}{words.stop}"

    # --- what the model makes of it ---

    def _analysis(self, analysis: Analysis | None) -> Iterator[str]:
        words = self._words
        if analysis is None or not analysis.usable:
            why = plain(analysis.error_message, _SENTENCE) if analysis else ""
            yield self._phrases.labelled(words.no_analysis, f"{words.judge}{f' ({why})' if why else ''}")
            return
        sure = words.sure.format(
            risk=strong(words.risks[analysis.risk]), percent=round(analysis.confidence * 100)
        )
        yield self._phrases.labelled(words.risk, sure)
        yield self._phrases.labelled(words.in_short, plain(analysis.summary, _SENTENCE))
        yield bullets(self._factor(factor) for factor in analysis.factors)
        warnings = self._phrases.warnings(analysis)
        if warnings:
            yield self._phrases.labelled(words.watch_out, f"{words.comma.join(warnings)}{words.stop}")

    def _factor(self, factor: Factor) -> str:
        claim, evidence = plain(factor.claim, _SENTENCE), self._phrases.quoted(factor.evidence, _QUOTE)
        if not evidence:
            return claim
        doubt = "" if factor.verified else f" ({strong(self._words.not_in_request)})"
        return f"{claim}{self._words.colon}{evidence}{doubt}"

    # --- the rest of what was typed ---

    def details(self, request: ApprovalRequest) -> Iterator[str]:
        """What is stated besides the text, the kind and the amount."""
        words = self._words
        document = (
            request.document_number,
            request.document_date.isoformat() if request.document_date else "",
        )
        facts: Mapping[str, str] = {
            words.vendor: request.vendor,
            words.document: words.comma.join(part for part in document if part),
            words.cost_center: request.cost_center,
            words.priority: "" if request.priority is None else str(request.priority),
        }
        for label, value in facts.items():
            yield self._phrases.labelled(label, plain(value, _SENTENCE))
        for key, value in list(request.context.items())[:_FACTS]:
            yield f"{plain(key, NAME)}{words.colon}{plain(_as_text(value), _SENTENCE)}"
        if len(request.context) > _FACTS:
            yield "…"

    def _content(self, request: ApprovalRequest) -> str:
        words, content = self._words, request.content
        shown = content[:CONTENT_LIMIT]
        opening, closing = words.quotes
        heading = f"{strong(words.content)}{words.colon.strip()}"
        more = "" if shown == content else " …"
        quoted = f"{opening}{plain_lines(shown.translate(self._phrases.inner))}{more}{closing}"
        if shown == content:
            return f"{heading}\n\n{quoted}"
        cut = words.cut.format(
            shown=f"{len(shown):,}", total=f"{len(content):,}", request_id=plain(request.request_id)
        )
        return f"{heading}\n\n{quoted}\n\n{cut}"

    # --- what happens then ---

    def _consequences(self) -> Iterator[str]:
        words, record = self._words, self._record
        if record.state is State.RETURNED and record.stages:
            title = self._phrases.strong_title(record.stages[0])
            yield self._phrases.labelled(words.answer, words.goes_back.format(title=title))
            yield self._phrases.labelled(words.revise, words.read_anew)
            yield self._phrases.labelled(words.silence, words.expires)
        if record.level is None:
            return
        following = record.stages[1:]
        signs = words.another_signs if following and following[0] is record.level else words.next_signs
        signs_next = signs.format(title=self._phrases.strong_title(following[0])) if following else ""
        yield self._phrases.labelled(words.approve, signs_next or words.is_approved)
        yield self._phrases.labelled(words.reject, words.is_rejected)
        above = record.level.above
        instead = words.decides_instead.format(title=self._phrases.strong_title(above)) if above else ""
        yield self._phrases.labelled(words.escalate, instead)
        yield self._phrases.labelled(words.ask_back, words.requester_answers)
        rises = self._policy is None or self._policy.on_timeout is OnTimeout.ESCALATE
        yield self._phrases.labelled(words.silence, instead if rises and instead else words.expires)

    def _list(self, label: str, items: Iterable[str]) -> str:
        entries = bullets(items)
        return f"{strong(label)}{self._words.colon.strip()}\n\n{entries}" if entries else ""


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)
