# SPDX-License-Identifier: Apache-2.0
"""The few shapes that the pictures are made of. A picture stands on a white card, so it reads in dark pages too."""

from collections.abc import Sequence
from html import escape

FONT = "font-family='Helvetica, Arial, sans-serif'"
INK, QUIET, LINE, FAULT = "#1f2933", "#66788a", "#8795a1", "#c0392b"
_EM = (
    0.6  # the width of a letter, as a part of the font's size; a little more than it is, so nothing overflows
)


def card(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    """The whole picture."""
    arrows = "".join(
        f"<marker id='{name}' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' "
        f"orient='auto'><path d='M0 0 L8 4 L0 8 z' fill='{colour}'/></marker>"
        for name, colour in (("arrow", LINE), ("fault", FAULT))
    )
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:g} {height:g}' width='{width:g}' "
        f"height='{height:g}' role='img' aria-label='{escape(label)}' {FONT}>"
    )
    ground = (
        f"<rect x='0.5' y='0.5' width='{width - 1:g}' height='{height - 1:g}' rx='14' "
        "fill='#ffffff' stroke='#d0d7de'/>"
    )
    return "\n".join((head, f"<defs>{arrows}</defs>", ground, *parts, "</svg>")) + "\n"


def box(  # noqa: PLR0913 - what a box is made of
    x: float, y: float, width: float, height: float, *, fill: str, edge: str, dashed: bool = False
) -> str:
    """A rounded rectangle."""
    dash = " stroke-dasharray='5 4'" if dashed else ""
    return (
        f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' rx='9' fill='{fill}' "
        f"stroke='{edge}'{dash}/>"
    )


def text(  # noqa: PLR0913 - what a line of text is made of
    x: float,
    y: float,
    words: str,
    *,
    size: float = 12,
    fill: str = INK,
    bold: bool = False,
    anchor: str = "start",
) -> str:
    """One line; `y` is its baseline. A white rim keeps it readable where it lies on a line."""
    weight = " font-weight='600'" if bold else ""
    return (
        f"<text x='{x:g}' y='{y:g}' font-size='{size:g}' fill='{fill}'{weight} text-anchor='{anchor}' "
        f"stroke='#ffffff' stroke-width='3' paint-order='stroke'>{escape(words)}</text>"
    )


def path(d: str, *, fault: bool = False, arrow: bool = True) -> str:
    """A line, with an arrow at its end. What goes wrong is red and dashed."""
    colour, dash = (FAULT, " stroke-dasharray='4 3'") if fault else (LINE, "")
    end = f" marker-end='url(#{'fault' if fault else 'arrow'})'" if arrow else ""
    return f"<path d='{d}' fill='none' stroke='{colour}' stroke-width='1.4'{dash}{end}/>"


def width_of(words: str, size: float) -> float:
    """About how wide a line is."""
    return len(words) * size * _EM


def wrapped(words: str, width: float, size: float) -> list[str]:
    """The text in lines that fit; a word that is too long for a line stands in one of its own."""
    lines: list[str] = []
    for word in words.split():
        if lines and width_of(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
