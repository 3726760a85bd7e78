# SPDX-License-Identifier: Apache-2.0
"""The few shapes that the pictures are made of. Their colours follow the reader's light or dark setting."""

from collections.abc import Mapping, Sequence
from html import escape

FONT = "font-family='Helvetica, Arial, sans-serif'"
_EM = 0.6  # the width of a letter as a part of the font's size; a little more than it is, so that nothing overflows

LIGHT: Mapping[str, str] = {
    "card": "fill:#ffffff;stroke:#d0d7de",
    "ink": "fill:#1f2933",
    "quiet": "fill:#52606d",
    "rim": "stroke:#ffffff",
    "line": "stroke:#7b8794",
    "head": "fill:#7b8794",
    "frame": "fill:#f8f9fb;stroke:#8795a1",
    "blue": "fill:#e8f1ff;stroke:#2f6fde",
    "green": "fill:#e9f7ef;stroke:#1e8e5a",
    "orange": "fill:#fff3e0;stroke:#d9822b",
    "teal": "fill:#e9f6fb;stroke:#1d7f9f",
    "violet": "fill:#f4f1fb;stroke:#7a5bc4",
    "grey": "fill:#f3f5f7;stroke:#66788a",
    "pink": "fill:#fdeef4;stroke:#c2457f",
}
DARK: Mapping[str, str] = {
    "card": "fill:#0d1117;stroke:#30363d",
    "ink": "fill:#e6edf3",
    "quiet": "fill:#a3b1bf",
    "rim": "stroke:#0d1117",
    "line": "stroke:#8b98a5",
    "head": "fill:#8b98a5",
    "frame": "fill:#141a22;stroke:#6e7b88",
    "blue": "fill:#12233f;stroke:#6ea3ff",
    "green": "fill:#0f2a1d;stroke:#4cc38a",
    "orange": "fill:#33240f;stroke:#f0a95b",
    "teal": "fill:#0c2a35;stroke:#56bfe0",
    "violet": "fill:#221a3a;stroke:#b39df3",
    "grey": "fill:#1c232b;stroke:#8b98a5",
    "pink": "fill:#361526;stroke:#f07fb2",
}


def card(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    """The whole picture, on a card of its own, so that it does not depend on the page behind it."""
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:g} {height:g}' width='{width:g}' "
        f"height='{height:g}' role='img' aria-label='{escape(label)}' {FONT}>"
    )
    style = f"<style>{_rules(LIGHT)}@media (prefers-color-scheme:dark){{{_rules(DARK)}}}</style>"
    arrow = (
        "<defs><marker id='arrow' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' "
        "orient='auto'><path d='M0 0 L8 4 L0 8 z' class='head'/></marker></defs>"
    )
    ground = f"<rect x='0.5' y='0.5' width='{width - 1:g}' height='{height - 1:g}' rx='14' class='card'/>"
    return "\n".join((head, style, arrow, ground, *parts, "</svg>")) + "\n"


def _rules(colours: Mapping[str, str]) -> str:
    return "".join(f".{name}{{{rule}}}" for name, rule in colours.items())


def box(  # noqa: PLR0913 - what a box is made of
    x: float,
    y: float,
    width: float,
    height: float,
    colour: str,
    *,
    dashed: bool = False,
    hollow: bool = False,
) -> str:
    """A rounded rectangle in a colour of the tables above."""
    dash = " stroke-dasharray='5 4'" if dashed else ""
    empty = " style='fill:none'" if hollow else ""
    return f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' rx='9' class='{colour}'{empty}{dash}/>"


def text(  # noqa: PLR0913 - what a line of text is made of
    x: float,
    y: float,
    words: str,
    *,
    size: float = 12,
    quiet: bool = False,
    bold: bool = False,
    anchor: str = "start",
    rim: bool = True,
) -> str:
    """One line; `y` is its baseline. A rim keeps it readable where it lies on a line."""
    weight = " font-weight='600'" if bold else ""
    around = " stroke-width='3' paint-order='stroke'" if rim else ""
    colour = ("quiet" if quiet else "ink") + (" rim" if rim else "")
    return (
        f"<text x='{x:g}' y='{y:g}' font-size='{size:g}' class='{colour}'{weight} text-anchor='{anchor}'"
        f"{around}>{escape(words)}</text>"
    )


def path(d: str, *, arrow: bool = True) -> str:
    """A line, with an arrow at its end."""
    end = " marker-end='url(#arrow)'" if arrow else ""
    return f"<path d='{d}' fill='none' class='line' stroke-width='1.4'{end}/>"


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
