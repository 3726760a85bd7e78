# SPDX-License-Identifier: Apache-2.0
"""The parts of sentences that a brief and a report share: amounts, titles, names, quotes. All safe in Markdown."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from approvals.domain.brief.chinese import CHINESE
from approvals.domain.brief.english import ENGLISH
from approvals.domain.brief.japanese import JAPANESE
from approvals.domain.brief.language import language_of
from approvals.domain.brief.markup import plain, strong
from approvals.domain.brief.portuguese import PORTUGUESE
from approvals.domain.brief.words import Words
from approvals.domain.policy import Policy
from approvals.domain.records import Analysis, ApprovalRecord, ApprovalRequest, Finding
from approvals.domain.terms import Flag, Language, Level
from approvals.text.currencies import DECIMALS

WORDS: Final[Mapping[Language, Words]] = {
    Language.ENGLISH: ENGLISH,
    Language.CHINESE: CHINESE,
    Language.JAPANESE: JAPANESE,
    Language.PORTUGUESE: PORTUGUESE,
}
NAME: Final = 120
"""Characters of a name."""


def words_for(record: ApprovalRecord, language: Language | None) -> Words:
    """The words of `language`, or else of the one that the request names, or else is written in."""
    return WORDS[language or record.request.language or language_of(record.request.content)]


class Phrases:
    """Phrases about one request under one policy. `policy` is None where it cannot be read any more."""

    def __init__(self, words: Words, policy: Policy | None) -> None:
        self.words = words
        self.policy = policy
        self.inner: Final = str.maketrans(dict(zip(words.quotes, words.inner_quotes, strict=True)))
        """For `str.translate`: quotes as they stand inside a quote."""

    def who(self, request: ApprovalRequest) -> str:
        """The requester."""
        return plain(request.requester, NAME) or self.words.nobody

    def what(self, request: ApprovalRequest) -> str:
        """What is asked for, with the amount if there is one."""
        words = self.words
        typed = plain(request.request_type, NAME).translate(self.inner)
        known = words.kinds.get(request.request_type)
        kind = known or (words.other_kind.format(kind=typed) if typed else "")
        amount = self.amount(request)
        if not amount:
            return kind or words.something
        return words.kind_of_amount.format(kind=kind, amount=amount) if kind else amount

    def amount(self, request: ApprovalRequest) -> str:
        """The stated amount; "" where there is none."""
        if request.amount is None:
            return ""
        return self.money(request.amount, request.currency or (self.policy.currency if self.policy else ""))

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount with as many decimals as its currency has, or more where it has more."""
        places = max(DECIMALS.get(currency, 2), _decimals(amount))
        whole, _, part = f"{amount:,.{places}f}".partition(".")
        number = whole.replace(",", self.words.thousands)
        return f"{number}{self.words.decimal + part if part else ''} {currency}".strip()

    def title(self, level: Level) -> str:
        """How a level is called: by the policy, or else in the language of the words."""
        named = self.policy.titles.get(level) if self.policy else None
        return plain(named, NAME) if named else self.words.titles[level]

    def strong_title(self, level: Level) -> str:
        """The same where it stands out."""
        return strong(self.title(level))

    def quoted(self, text: str, limit: int) -> str:
        """What somebody wrote, in quotes, cut to `limit` characters; "" where it is empty."""
        line = plain(text.translate(self.inner), limit)
        return f"{self.words.quotes[0]}{line}{self.words.quotes[1]}" if line else ""

    def labelled(self, label: str, text: str) -> str:
        """`text` behind a label that stands out; "" where there is no text."""
        return f"{strong(label)}{self.words.colon}{text}" if text else ""

    def finding(self, finding: Finding) -> str:
        """What a check found, in a few words."""
        return self.words.findings.get(finding.code, plain(finding.code))

    def warnings(self, analysis: Analysis) -> Sequence[str]:
        """What speaks against trusting the analysis."""
        low = self.policy is not None and analysis.confidence < self.policy.min_confidence
        extra = (Flag.LOW_CONFIDENCE,) if low and Flag.LOW_CONFIDENCE not in analysis.flags else ()
        # A second opinion that was had is no warning.
        flags = [flag for flag in (*analysis.flags, *extra) if flag is not Flag.SECOND_OPINION]
        return [self.words.flags.get(flag, flag.value) for flag in flags]


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
