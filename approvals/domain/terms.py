# SPDX-License-Identifier: Apache-2.0
"""The closed sets of words that requests, policies, forms and records share."""

from enum import StrEnum


class Word(StrEnum):
    """One of a closed set of words."""


class RisingWord(Word):
    """One of a set in rising order."""

    rank: int
    """0 for the lowest."""

    def __init__(self, _word: str) -> None:
        self.rank = len(type(self).__members__)


class Risk(RisingWord):
    """How much can go wrong, in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Level(RisingWord):
    """Who may sign, in rising order."""

    MANAGER = "manager"
    DIRECTOR = "director"
    VP = "vp"
    EXECUTIVE = "executive"

    @property
    def above(self) -> "Level | None":
        """The next level up, or None at the top."""
        levels = list(Level)
        return levels[self.rank + 1] if self is not levels[-1] else None


class State(Word):
    """Where a request stands. The last four are final."""

    PENDING = "pending"
    UNDER_REVIEW = "under_review"
    ESCALATED = "escalated"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def final(self) -> bool:
        """True when nothing can happen to the request any more."""
        return self in FINAL_STATES

    @property
    def in_review(self) -> bool:
        """True while an approver has to decide."""
        return self in {State.UNDER_REVIEW, State.ESCALATED}

    @property
    def has_deadline(self) -> bool:
        """True while somebody, an approver or the requester, has to act in time."""
        return self.in_review or self is State.RETURNED


FINAL_STATES = frozenset({State.APPROVED, State.REJECTED, State.EXPIRED, State.WITHDRAWN})


class Event(Word):
    """What can happen to a request."""

    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    ESCALATE = "escalate"
    RETURN = "return"
    RESUBMIT = "resubmit"
    TIMEOUT = "timeout"
    WITHDRAW = "withdraw"


class Language(Word):
    """A language that approvers are written to in."""

    ENGLISH = "en"
    CHINESE = "zh"
    JAPANESE = "ja"
    PORTUGUESE = "pt"


class IfRefused(Word):
    """What becomes of a request when a decision on it is refused for want of authority."""

    STOP = "stop"
    ESCALATE = "escalate"


class HowKnown(Word):
    """How the plugin knows who an actor is, from the weakest to the strongest proof."""

    TYPED = "typed"
    """A name in a form or a parameter; nobody proved it."""
    API = "api"
    """The system that holds the endpoint's secret says so."""
    MAILBOX = "mailbox"
    """Dify wrote to this address, and the answer came from that mail."""
    LINK = "link"
    """The actor opened a link that was made for this person."""
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    """The actor signed in."""


class OnTimeout(Word):
    """What a missed deadline does."""

    ESCALATE = "escalate"
    EXPIRE = "expire"


class Severity(RisingWord):
    """How much a finding matters, in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Flag(Word):
    """What an analysis warns of."""

    NO_ANALYSIS = "no_analysis"
    LOW_CONFIDENCE = "low_confidence"
    EVIDENCE_NOT_FOUND = "evidence_not_found"
    CONTENT_CUT = "content_cut"
    SUSPICIOUS_TEXT = "suspicious_text"
    SECOND_OPINION = "second_opinion"
    SECOND_OPINION_MISSING = "second_opinion_missing"
    NOT_COMPARED = "not_compared"

    @property
    def forbids_auto_approval(self) -> bool:
        """True for every warning; a second opinion that was had is none."""
        return self is not Flag.SECOND_OPINION
