# SPDX-License-Identifier: Apache-2.0
"""The lifecycle's table as a picture: an arrow for each pair of states, with the events between them.

Final states stand between the two in which people decide, so that no two arrows cross.
"""

from collections.abc import Iterator, Mapping

from approvals.domain.lifecycle import TABLE
from approvals.domain.terms import State
from devkit.draw.svg import box, card, path, text

_WIDTH, _HEIGHT = 124.0, 44.0
_SIZE = 12.0
_PLACES: Mapping[State, tuple[float, float]] = {
    State.PENDING: (90, 230),
    State.UNDER_REVIEW: (320, 230),
    State.APPROVED: (600, 60),
    State.REJECTED: (600, 145),
    State.EXPIRED: (600, 315),
    State.RETURNED: (600, 415),
    State.WITHDRAWN: (600, 515),
    State.ESCALATED: (880, 230),
}
_CARD = (1040.0, 575.0)


def lifecycle_picture() -> str:
    """The SVG of the table."""
    arrows = [part for (source, target), words in _pairs().items() for part in _arrow(source, target, words)]
    states = [part for state in State for part in _state(state)]
    return card(*_CARD, "The lifecycle of a request", [*arrows, *states])


def _pairs() -> dict[tuple[State, State], str]:
    """Which events lead from one state to another, in the table's order."""
    found: dict[tuple[State, State], list[str]] = {}
    for source, events in TABLE.items():
        for event, targets in events.items():
            for target in State:
                if target in targets:
                    found.setdefault((source, target), []).append(event)
    return {pair: ", ".join(events) for pair, events in found.items()}


def _state(state: State) -> Iterator[str]:
    x, y = _PLACES[state]
    colour = "green" if state is State.APPROVED else "grey"
    if state.in_review:
        colour = "orange"
    elif state in {State.PENDING, State.RETURNED}:
        colour = "blue"
    left, top = x - _WIDTH / 2, y - _HEIGHT / 2
    yield box(left, top, _WIDTH, _HEIGHT, colour)
    if state.final:  # a second rim, as in any state diagram
        yield box(left + 3, top + 3, _WIDTH - 6, _HEIGHT - 6, colour, hollow=True)
    yield text(x, y + 4, state.replace("_", " "), size=13, bold=True, anchor="middle", rim=False)


def _arrow(source: State, target: State, words: str) -> Iterator[str]:
    (x, y), (to_x, to_y) = _PLACES[source], _PLACES[target]
    half, tall = _WIDTH / 2, _HEIGHT / 2
    if source is target:
        top = y - tall
        yield path(f"M{x - 22:g} {top:g} c-14 -44 58 -44 44 -2")
        yield _label(x, top - 44, words)
    elif source is State.PENDING and target.final:
        side = -1 if to_y < y else 1
        yield path(
            f"M{x:g} {y + side * tall:g} C{x:g} {to_y:g} {x + 60:g} {to_y:g} {x + 130:g} {to_y:g} "
            f"L{to_x - half - 2:g} {to_y:g}"
        )
        yield _label((x + to_x) / 2, to_y + 4, words)
    elif State.RETURNED in {source, target}:
        yield from _back_and_forth(source, target, words)
    elif target.final:
        way = 1 if to_x > x else -1
        lift = tall * (to_y - y) / abs(to_y - y) * min(0.9, abs(to_y - y) / 190)
        aside = 0.1 if target is State.WITHDRAWN else 0.8  # below what leads to the requester
        start, end = (
            (x + way * half * aside, y + lift),
            (to_x - way * (half + 2), to_y + (8 if to_y < y else -8)),
        )
        yield path(f"M{start[0]:g} {start[1]:g} L{end[0]:g} {end[1]:g}")
        yield _label(start[0] + (end[0] - start[0]) * 0.56, start[1] + (end[1] - start[1]) * 0.56 + 4, words)
    else:
        way = 1 if to_x > x else -1
        offset = -9 * way if source is not State.PENDING else 0
        yield path(f"M{x + way * half:g} {y + offset:g} L{to_x - way * (half + 2):g} {y + offset:g}")
        yield _label((x + to_x) / 2, y + offset + (-5 if way > 0 else 15), words)


def _back_and_forth(source: State, target: State, words: str) -> Iterator[str]:
    """To the requester and back, side by side, or straight up or down to where it ends without an answer."""
    (x, y), (to_x, to_y) = _PLACES[source], _PLACES[target]
    if x == to_x:
        way = 1 if to_y > y else -1
        yield path(f"M{x:g} {y + way * _HEIGHT / 2:g} L{to_x:g} {to_y - way * (_HEIGHT / 2 + 2):g}")
        yield _label(x, (y + to_y) / 2 + 4, words)
        return
    # The upper one of the two has its end at the reviewers nearer to the middle.
    there = target is State.RETURNED
    way, aside, inward = (1 if to_x > x else -1), (8 if there else -8), (0.25 if there else 0.42)
    if there:
        start = (x + way * _WIDTH * inward, y + _HEIGHT / 2)
        end = (to_x - way * (_WIDTH / 2 + 2), to_y + aside)
    else:
        start = (x + way * _WIDTH / 2, y + aside)
        end = (to_x - way * _WIDTH * inward, to_y + _HEIGHT / 2 + 2)
    share = 0.62 if there else 0.5
    yield path(f"M{start[0]:g} {start[1]:g} L{end[0]:g} {end[1]:g}")
    yield _label(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share + 4, words)


def _label(x: float, y: float, words: str) -> str:
    return text(x, y, words, size=_SIZE, anchor="middle")
