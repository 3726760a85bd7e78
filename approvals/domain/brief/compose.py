# SPDX-License-Identifier: Apache-2.0
"""Puts a brief together: which sentences are said about a record, in which order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from approvals.domain.brief.chinese import CHINESE
from approvals.domain.brief.english import ENGLISH
from approvals.domain.brief.japanese import JAPANESE
from approvals.domain.brief.language import language_of
from approvals.domain.brief.markup import bullets, plain, plain_lines, strong
from approvals.domain.brief.portuguese import PORTUGUESE
from approvals.domain.brief.words import Words
from approvals.domain.canonical import rfc3339
from approvals.domain.decisions import SYSTEM
from approvals.domain.policy import Policy
from approvals.domain.records import Analysis, ApprovalRecord, ApprovalRequest, Factor, Route, Step
from approvals.domain.routing import DEFAULT_RULE
from approvals.domain.terms import Event, Flag, Language, Level, OnTimeout
from approvals.text.currencies import DECIMALS
from approvals.text.json_text import json_text

WORDS: Final[Mapping[Language, Words]] = {
    Language.ENGLISH: ENGLISH,
    Language.CHINESE: CHINESE,
    Language.JAPANESE: JAPANESE,
    Language.PORTUGUESE: PORTUGUESE,
}
CONTENT_LIMIT: Final = 20_000
"""Characters of the request that a brief shows: as many as the shipped forms take."""
_FACTS: Final = 20  # entries of the context
_NAME, _SENTENCE, _QUOTE = 120, 600, 1_000  # characters


def brief_of(record: ApprovalRecord, policy: Policy | None, language: Language | None = None) -> str:
    """What an approver reads, as Markdown.

    `policy`: the one that rules the request; None where it cannot be read any more. `language`: None for the one
    that the request names, or else is written in.
    """
    return _Brief(record, policy, WORDS[_language(record, language)]).text()


def level_title(level: Level, record: ApprovalRecord, language: Language | None = None) -> str:
    """How a level is called in the language of the record's brief, as plain text."""
    return WORDS[_language(record, language)].titles[level]


def _language(record: ApprovalRecord, language: Language | None) -> Language:
    return language or record.request.language or language_of(record.request.content)


class _Brief:
    """One brief in the making. Every method gives Markdown; "" where there is nothing to say."""

    def __init__(self, record: ApprovalRecord, policy: Policy | None, words: Words) -> None:
        self._record = record
        self._policy = policy
        self._words = words
        self._inner = str.maketrans(dict(zip(words.quotes, words.inner_quotes, strict=True)))

    def text(self) -> str:
        request = self._record.request
        parts = (
            self._who_asks_for_what(request),
            self._compared(request),
            self._standing(),
            self._list(self._words.so_far, map(self._happened, self._record.history)),
            self._deadline(),
            *self._analysis(self._record.analysis),
            self._list(self._words.details, self._details(request)),
            self._list(self._words.then, self._consequences()),
            self._content(request),
        )
        return "\n\n".join(part for part in parts if part)

    # --- what is asked ---

    def _who_asks_for_what(self, request: ApprovalRequest) -> str:
        words = self._words
        who = plain(request.requester, _NAME) or words.nobody
        known = words.kinds.get(request.request_type)
        typed = plain(request.request_type, _NAME).translate(self._inner)
        kind = known or (words.other_kind.format(kind=typed) if typed else "")
        if request.amount is None:
            return words.asks_without_amount.format(who=strong(who), what=strong(kind or words.something))
        amount = self._money(request.amount, request.currency or self._own_currency)
        what = words.kind_of_amount.format(kind=kind, amount=amount) if kind else amount
        return words.asks.format(who=strong(who), what=strong(what))

    def _compared(self, request: ApprovalRequest) -> str:
        """What the rules saw, where it is not what was typed."""
        policy = self._policy
        if policy is None or request.amount is None or request.currency in {"", policy.currency}:
            return ""
        amount = policy.in_own_currency(request.amount, request.currency)
        if amount is None:
            return self._words.no_rate.format(currency=request.currency)
        return self._words.compared.format(
            own=policy.currency, amount=strong(self._money(amount, policy.currency))
        )

    @property
    def _own_currency(self) -> str:
        return self._policy.currency if self._policy else ""

    def _money(self, amount: Decimal, currency: str) -> str:
        places = max(DECIMALS.get(currency, 2), _decimals(amount))
        whole, _, part = f"{amount:,.{places}f}".partition(".")
        number = whole.replace(",", self._words.thousands)
        return f"{number}{self._words.decimal + part if part else ''} {currency}".strip()

    # --- why this person, and what happened before ---

    def _standing(self) -> str:
        words, record = self._words, self._record
        if record.state.final:
            return self._labelled(words.outcome, f"{strong(words.states[record.state])}{words.stop}")
        if record.level is None:
            return f"{strong(words.not_submitted)}{words.stop}"
        return self._labelled(words.why, " ".join(self._reasons(record, record.level)))

    def _deadline(self) -> str:
        if self._record.deadline_at is None:
            return ""
        until = rfc3339(self._record.deadline_at)[:16].replace("T", " ")
        return self._labelled(self._words.decide_by, strong(f"{until} UTC"))

    def _reasons(self, record: ApprovalRecord, level: Level) -> Iterator[str]:
        words, routed = self._words, record.route
        yield words.you_decide.format(title=self._title(level))
        if routed is not None:
            asked, added = self._asked_and_added(routed)
            titles = words.signs.join(self._title(one) for one in asked)
            if routed.rule == DEFAULT_RULE:
                yield words.default_rule.format(titles=titles)
            else:
                yield words.rule.format(rule=self._quoted(routed.rule, _NAME), titles=titles)
            if added is not None:
                yield words.level_added.format(title=self._title(added))
        if len(record.stages) > 1:
            yield words.signed_more.format(count=len(record.stages))

    def _asked_and_added(self, routed: Route) -> tuple[Sequence[Level], Level | None]:
        """The levels that the rule itself names, and the one that the analysis put on top."""
        analysis = self._record.analysis
        rules = {rule.name: rule.then for rule in self._policy.rules} if self._policy else {}
        named = rules.get(routed.rule, self._policy.default if self._policy else None)
        added = (
            named is not None
            and analysis is not None
            and analysis.usable
            and len(routed.stages) == len(named.stages) + 1
            and routed.stages[-1] is analysis.level
        )
        return (routed.stages[:-1], routed.stages[-1]) if added else (routed.stages, None)

    def _happened(self, step: Step) -> str:
        words, entry = self._words, step.entry
        sentence = {
            Event.APPROVE: words.approved,
            Event.REJECT: words.rejected,
            Event.ESCALATE: words.passed_up,
            Event.TIMEOUT: words.no_answer,
            Event.WITHDRAW: words.withdrew,
        }.get(entry.event)
        if sentence is None:
            return ""
        if entry.event is Event.ESCALATE and entry.actor == SYSTEM:
            sentence = words.not_counted
        title = self._title(Level(entry.level)) if entry.level in set(Level) else plain(entry.level, _NAME)
        said = sentence.format(who=strong(plain(entry.actor, _NAME) or words.nobody), title=title)
        # The comment of a timeout is the workflow's or the sweep's own.
        comment = "" if entry.event is Event.TIMEOUT else self._quoted(step.comment, _QUOTE)
        return f"{said}{words.colon}{comment}" if comment else f"{said}{words.stop}"

    # --- what the model makes of it ---

    def _analysis(self, analysis: Analysis | None) -> Iterator[str]:
        words = self._words
        if analysis is None or not analysis.usable:
            why = plain(analysis.error_message, _SENTENCE) if analysis else ""
            yield self._labelled(words.no_analysis, f"{words.judge}{f' ({why})' if why else ''}")
            return
        sure = words.sure.format(
            risk=strong(words.risks[analysis.risk]), percent=round(analysis.confidence * 100)
        )
        yield self._labelled(words.risk, sure)
        yield self._labelled(words.in_short, plain(analysis.summary, _SENTENCE))
        yield bullets(self._factor(factor) for factor in analysis.factors)
        warnings = [words.flags.get(flag, flag.value) for flag in self._flags(analysis)]
        if warnings:
            yield self._labelled(words.watch_out, f"{words.comma.join(warnings)}{words.stop}")

    def _factor(self, factor: Factor) -> str:
        claim, evidence = plain(factor.claim, _SENTENCE), self._quoted(factor.evidence, _QUOTE)
        if not evidence:
            return claim
        doubt = "" if factor.verified else f" ({strong(self._words.not_in_request)})"
        return f"{claim}{self._words.colon}{evidence}{doubt}"

    def _flags(self, analysis: Analysis) -> Sequence[Flag]:
        low = self._policy is not None and analysis.confidence < self._policy.min_confidence
        extra = (Flag.LOW_CONFIDENCE,) if low and Flag.LOW_CONFIDENCE not in analysis.flags else ()
        # A second opinion that was had is no warning.
        return [flag for flag in (*analysis.flags, *extra) if flag is not Flag.SECOND_OPINION]

    # --- the rest of what was typed ---

    def _details(self, request: ApprovalRequest) -> Iterator[str]:
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
            yield self._labelled(label, plain(value, _SENTENCE))
        for key, value in list(request.context.items())[:_FACTS]:
            yield f"{plain(key, _NAME)}{words.colon}{plain(_as_text(value), _SENTENCE)}"
        if len(request.context) > _FACTS:
            yield "…"

    def _content(self, request: ApprovalRequest) -> str:
        words, content = self._words, request.content
        shown = content[:CONTENT_LIMIT]
        opening, closing = words.quotes
        heading = f"{strong(words.content)}{words.colon.strip()}"
        quoted = (
            f"{opening}{plain_lines(shown.translate(self._inner))}{'' if shown == content else ' …'}{closing}"
        )
        if shown == content:
            return f"{heading}\n\n{quoted}"
        cut = words.cut.format(
            shown=f"{len(shown):,}", total=f"{len(content):,}", request_id=plain(request.request_id)
        )
        return f"{heading}\n\n{quoted}\n\n{cut}"

    # --- what happens then ---

    def _consequences(self) -> Iterator[str]:
        words, record = self._words, self._record
        if record.level is None:
            return
        following = record.stages[1:]
        signs_next = words.next_signs.format(title=self._title(following[0])) if following else ""
        yield self._labelled(words.approve, signs_next or words.is_approved)
        yield self._labelled(words.reject, words.is_rejected)
        above = record.level.above
        instead = words.decides_instead.format(title=self._title(above)) if above else ""
        yield self._labelled(words.escalate, instead)
        rises = self._policy is None or self._policy.on_timeout is OnTimeout.ESCALATE
        yield self._labelled(words.silence, instead if rises and instead else words.expires)

    # --- how it is written ---

    def _title(self, level: Level) -> str:
        return strong(self._words.titles[level])

    def _quoted(self, text: str, limit: int) -> str:
        line = plain(text.translate(self._inner), limit)
        return f"{self._words.quotes[0]}{line}{self._words.quotes[1]}" if line else ""

    def _labelled(self, label: str, text: str) -> str:
        return f"{strong(label)}{self._words.colon}{text}" if text else ""

    def _list(self, label: str, items: Iterable[str]) -> str:
        entries = bullets(items)
        return f"{strong(label)}{self._words.colon.strip()}\n\n{entries}" if entries else ""


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)
