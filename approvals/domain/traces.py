# SPDX-License-Identifier: Apache-2.0
"""What is kept of a request so that later ones can be compared with it: facts, and digests of words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRequest
from approvals.text.companies import company_key, document_key
from approvals.text.fold import normalised
from approvals.text.names import name_key

TRACES_GIVEN: Final = 100
"""Of one series: a request is compared with so many others at most, the newest."""
TRACED_DAYS: Final = 400
"""How long a document's number is remembered: a year, and the weeks after it."""

_SKETCH: Final = 32
_SHORT: Final = 30
"""Characters of a word whose digest is remembered."""
_WORD: Final = re.compile(r"[^\W\d_]+")
# Scripts without spaces between words: two letters at a time stand for a word.
_UNSPACED: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def _in_utc(at: datetime) -> datetime:
    """With the one object that stands for UTC: times that share it are compared ten times as quickly."""
    return at.astimezone(UTC)


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Trace:
    """One request as others are compared with it. Names are digests; an empty one was not given.

    `words` are the lowest digests of the words of a request that names no vendor. No model: a batch holds ten thousand
    traces, and one with slots takes a third of the memory.
    """

    request_id: str
    at: Annotated[datetime, AfterValidator(_in_utc)]
    requester: str = ""
    vendor: str = ""
    number: str = ""
    document_date: date | None = None
    request_type: str = ""
    amount: Decimal | None = None
    currency: str = ""
    words: tuple[int, ...] = ()

    @property
    def series(self) -> tuple[str, ...]:
        """The names of the lists that it belongs to: its vendor's and its requester's."""
        return tuple(self.named_series.values())

    @property
    def named_series(self) -> Mapping[str, str]:
        """The same by the field that each comes from."""
        named = {"vendor": self.vendor, "requester": self.requester}
        return {kind: f"{kind}-{key}" for kind, key in named.items() if key}

    @property
    def facts(self) -> tuple[object, ...]:
        """What is compared, without its moment."""
        return self.vendor, self.number, self.document_date, self.request_type, self.amount, self.currency


_ADAPTER: Final = TypeAdapter(Trace)


def encode_trace(trace: Trace) -> bytes:
    """A trace as JSON, without what was not given."""
    return _ADAPTER.dump_json(trace, exclude_defaults=True)


def decode_trace(raw: str | bytes) -> Trace:
    """The trace in `raw`. Raises pydantic's `ValidationError`."""
    return _ADAPTER.validate_json(raw)


def trace_of(policy: Policy, request: ApprovalRequest, at: datetime) -> Trace:
    """What is kept of `request`, which came at `at`. A person of the policy is one requester in every spelling."""
    person = policy.directory.find(request.requester)
    vendor = company_key(request.vendor)
    return Trace(
        request_id=request.request_id,
        at=at,
        requester=_digest(name_key(person.name if person else request.requester)),
        vendor=_digest(vendor),
        number=_digest(document_key(request.document_number)),
        document_date=request.document_date,
        request_type=_digest(normalised(request.request_type)),
        amount=request.amount,
        currency=request.currency or policy.currency,
        words=() if vendor else _sketch(request.content),
    )


def newest_first(traces: Iterable[Trace]) -> list[Trace]:
    """The traces by when their requests came; those of one moment by their ids."""
    return sorted(traces, key=attrgetter("at", "request_id"), reverse=True)


def with_same_words(own: Trace, others: Iterable[Trace], least: float) -> Iterator[Trace]:
    """The others that have at least this part of all words of the two requests in common, from 0 to 1.

    An estimate where the two have more than 32: of these the lowest digests stand for all.
    """
    words = frozenset(own.words)
    fewest = max(1, least * len(words))
    for other in others:
        both = words.intersection(other.words)
        if len(both) < fewest:  # nearly always
            continue
        either = len(words) + len(other.words) - len(both)
        if either > _SKETCH:
            either = _SKETCH
            both = both.intersection(sorted(words.union(other.words))[:_SKETCH])
        if len(both) >= least * either:
            yield other


def _sketch(content: str) -> tuple[int, ...]:
    """The lowest digests of its words. Numbers are left out: they differ between the parts of one purchase."""
    words = {_word_digest(word) for word in set(_words(content))}
    return tuple(sorted(words)[:_SKETCH])


def _word_digest(word: str) -> int:
    return _of_short_word(word) if len(word) <= _SHORT else _of_word(word)


def _of_word(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest())


# The requests of a list have most words in common: ten thousand of them share the numbers, too.
_of_short_word = lru_cache(maxsize=8_192)(_of_word)


def _words(content: str) -> Iterator[str]:
    for found in _WORD.finditer(normalised(content)):
        start = 0
        word = found[0]
        if word.isascii():
            yield word
            continue
        for run in _UNSPACED.finditer(word):
            if run.start() > start:
                yield word[start : run.start()]
            letters = run[0]
            yield from (letters[i : i + 2] for i in range(max(1, len(letters) - 1)))
            start = run.end()
        if start < len(word):
            yield word[start:]


@lru_cache(maxsize=2_048)
def _digest(key: str) -> str:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest() if key else ""
