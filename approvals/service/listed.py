# SPDX-License-Identifier: Apache-2.0
"""The requests of one list, so that the first of two that belong together is compared with the second, too.

A request is stored and answered while those behind it wait for their turn; nobody else could tell it of them.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from approvals.domain.traces import TRACES_GIVEN, Trace

type _Key = tuple[str, str]
"""A kind of list, and the digest of the vendor or the requester."""


class InList(NamedTuple):
    """What a request is compared by, and what it is compared with in its list."""

    own: Trace
    beside: Sequence[Trace]


class Listed:
    """The traces of a list by their places in it."""

    def __init__(self, traces: Iterable[tuple[int, Trace]]) -> None:
        """`traces`: by their places, in rising order."""
        self._traces: dict[int, Trace] = {}
        self._places: dict[_Key, list[int]] = defaultdict(list)
        for place, trace in traces:
            self._traces[place] = trace
            for key in _keys_of(trace):
                self._places[key].append(place)

    def at(self, place: int) -> InList | None:
        """A request with those that it may be the same as, or a part with: the nearest, so many on each side."""
        own = self._traces.get(place)
        return InList(own, self._beside(own, place)) if own else None

    def _beside(self, own: Trace, place: int) -> Sequence[Trace]:
        near: dict[int, None] = {}
        for key in _wanted(own):
            found = self._places.get(key, ())
            if len(found) > 1 or place not in found:
                here = bisect_left(found, place)
                near.update(dict.fromkeys(reversed(found[max(0, here - TRACES_GIVEN) : here])))
                near.update(dict.fromkeys(found[here : here + 1 + TRACES_GIVEN]))
        near.pop(place, None)
        return [self._traces[other] for other in near]

    def __repr__(self) -> str:
        return f"Listed({len(self._traces)} requests)"


def _keys_of(trace: Trace) -> Iterator[_Key]:
    """The lists that a trace is in: of its vendor, of its requester, and of its requester without a vendor."""
    if trace.vendor:
        yield "vendor", trace.vendor
    if trace.requester:
        yield "requester", trace.requester
        if not trace.vendor:
            yield "requester alone", trace.requester


def _wanted(trace: Trace) -> Iterator[_Key]:
    """The lists that a request is compared with: two requests to different vendors never belong together."""
    if trace.vendor:
        yield "vendor", trace.vendor
        yield "requester alone", trace.requester
    else:
        yield "requester", trace.requester
