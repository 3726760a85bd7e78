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
    State.WITHDRAWN: (600, 400),
    State.ESCALATED: (880, 230),
}
_CARD = (1040.0, 460.0)


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
    elif state is State.PENDING:
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
        side = -1 if source is State.UNDER_REVIEW else 1
        top = y + side * tall
        yield path(f"M{x - 22:g} {top:g} c-14 {side * 44:g} 58 {side * 44:g} 44 {side * 2:g}")
        yield _label(x, top + side * 44 + (0 if side < 0 else 8), words)
    elif source is State.PENDING and target.final:
        side = -1 if to_y < y else 1
        yield path(
            f"M{x:g} {y + side * tall:g} C{x:g} {to_y:g} {x + 60:g} {to_y:g} {x + 130:g} {to_y:g} "
            f"L{to_x - half - 2:g} {to_y:g}"
        )
        yield _label((x + to_x) / 2, to_y + 4, words)
    elif target.final:
        way = 1 if to_x > x else -1
        lift = tall * (to_y - y) / abs(to_y - y) * min(0.9, abs(to_y - y) / 190)
        start, end = (
            (x + way * half * 0.8, y + lift),
            (to_x - way * (half + 2), to_y + (8 if to_y < y else -8)),
        )
        yield path(f"M{start[0]:g} {start[1]:g} L{end[0]:g} {end[1]:g}")
        yield _label(start[0] + (end[0] - start[0]) * 0.56, start[1] + (end[1] - start[1]) * 0.56 + 4, words)
    else:
        way = 1 if to_x > x else -1
        offset = -9 * way if source is not State.PENDING else 0
        yield path(f"M{x + way * half:g} {y + offset:g} L{to_x - way * (half + 2):g} {y + offset:g}")
        yield _label((x + to_x) / 2, y + offset + (-5 if way > 0 else 15), words)


def _label(x: float, y: float, words: str) -> str:
    return text(x, y, words, size=_SIZE, anchor="middle")
