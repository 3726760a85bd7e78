# SPDX-License-Identifier: Apache-2.0
"""Follows hints to what they speak of, and collects those that turn out to be untrue."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from approvals.store.dify.index_keys import Place
from approvals.store.dify.index_scan import Sighting
from approvals.store.envelope import UnreadableError
from approvals.telemetry import get_logger

_log = get_logger(__name__)


@dataclass(slots=True)
class Look[T]:
    """Knows how to find what an id stands for, where that must be listed, and when a hint must be left alone.

    `in_doubt` is asked before `find`: what nobody writes by then is found as it was written last. A thing that
    `moved_lately` keeps its old hints, because another walk may count on them.
    """

    find: Callable[[str], T | None]
    places: Callable[[T], Collection[Place]]
    in_doubt: Callable[[str], bool]
    moved_lately: Callable[[T], bool]
    untrue: list[Sighting] = field(default_factory=list)
    unreadable: dict[str, None] = field(default_factory=dict)
    """The ids of what was met and cannot be read, in their order."""

    def follow(self, sightings: Iterable[Sighting]) -> Iterator[tuple[Sighting, T | None]]:
        """Each position once, and what it leads to: None for what is gone or cannot be read."""
        last: Sighting | None = None
        for sighting in sightings:
            thing = self._found(sighting)
            if last is None or sighting.position != last.position:
                yield sighting, thing
            last = sighting

    def _found(self, sighting: Sighting) -> T | None:
        request_id = sighting.hint.request_id
        in_doubt = self.in_doubt(request_id)
        try:
            thing = self.find(request_id)
        except UnreadableError as error:
            # One bad value must not stop the sweep of all others.
            _log.error("request_unreadable", request_id=request_id, error=error.message)
            self.unreadable[request_id] = None
            return None
        if not (in_doubt or self.true(sighting, thing) or self._moved_lately(thing)):
            self.untrue.append(sighting)
        return thing

    def true(self, sighting: Sighting, thing: T | None) -> bool:
        """Whether the thing must be listed where it was seen."""
        return thing is not None and sighting.place in self.places(thing)

    def _moved_lately(self, thing: T | None) -> bool:
        return thing is not None and self.moved_lately(thing)

    def listed(self, sightings: Iterable[Sighting], limit: int) -> list[T]:
        """The first `limit` things that are where they were seen."""
        found: list[T] = []
        for sighting, thing in self.follow(sightings):
            if thing is not None and self.true(sighting, thing):
                found.append(thing)
            if len(found) == limit:
                break
        return found
