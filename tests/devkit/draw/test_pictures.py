# SPDX-License-Identifier: Apache-2.0
"""The pictures show what is there now, whole, and nothing overflows."""

import re
from collections.abc import Mapping
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
import yaml

from approvals.domain.lifecycle import TABLE
from approvals.domain.terms import State
from devkit.draw.command import PICTURES, ROOT, pictures, stale
from devkit.draw.layout import BOX, Placed, placed
from devkit.draw.svg import width_of, wrapped

DRAWN: Mapping[str, str] = pictures()
GRAPHS = {
    path.stem: yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["workflow"]["graph"]
    for path in sorted((ROOT / "workflows").glob("*.yml"))
}
every_workflow = pytest.mark.parametrize("name", GRAPHS)


def layout(name: str) -> dict[str, Placed]:
    return placed(GRAPHS[name]["nodes"], GRAPHS[name]["edges"])


def words(name: str) -> list[str]:
    """Every text in a picture."""
    return [one.text or "" for one in ET.fromstring(DRAWN[name]).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own file


def test_the_committed_pictures_are_up_to_date() -> None:
    assert stale() == [], "run `python -m devkit draw`"
    assert {path.name for path in PICTURES.glob("*.svg")} == DRAWN.keys()


@every_workflow
def test_every_node_has_its_box_and_its_title(name: str) -> None:
    told = " ".join(words(f"{name}.svg"))
    titles = [node["data"]["title"] for node in GRAPHS[name]["nodes"] if node["type"] != "custom-note"]
    assert [title for title in titles if title and title not in told] == []


@every_workflow
def test_every_edge_is_drawn(name: str) -> None:
    arrows = DRAWN[f"{name}.svg"].count("<path d='M") - DRAWN[f"{name}.svg"].count("<path d='M0 0 L8 4")
    assert arrows >= len(GRAPHS[name]["edges"])


@every_workflow
def test_no_box_covers_another_and_arrows_run_from_left_to_right(name: str) -> None:
    nodes = layout(name)
    for one, other in combinations(nodes.values(), 2):
        apart_x = abs(one.x - other.x) >= BOX
        low, high = sorted((one, other), key=lambda node: node.y)
        assert apart_x or low.y + low.height <= high.y, (one.node_id, other.node_id)
    for edge in GRAPHS[name]["edges"]:
        source, target = nodes.get(edge["source"]), nodes.get(edge["target"])
        if source and target:
            assert (source.band, source.x) < (target.band, target.x)


@every_workflow
def test_no_title_overflows_its_box(name: str) -> None:
    for node in layout(name).values():
        assert [line for line in node.title if width_of(line, 12) > BOX - 22] == []


@pytest.mark.parametrize("name", DRAWN)
def test_everything_lies_on_the_card(name: str) -> None:
    root = ET.fromstring(DRAWN[name])  # noqa: S314 - our own file
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for one in root.iter("{http://www.w3.org/2000/svg}text"):
        size = width_of(one.text or "", float(one.attrib["font-size"]))
        left = (
            float(one.attrib["x"])
            - {"start": 0.0, "middle": size / 2, "end": size}[one.attrib["text-anchor"]]
        )
        assert left >= 0
        assert left + size <= width
        assert 0 < float(one.attrib["y"]) < height


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_reads_on_a_dark_page_too(name: str) -> None:
    first = re.search(r"<rect [^>]*>", DRAWN[name])
    assert first
    assert "fill='#ffffff'" in first[0]


def test_the_lifecycle_shows_every_state_and_every_pair_of_the_table() -> None:
    told = words("lifecycle.svg")
    assert {state.replace("_", " ") for state in State} <= set(told)
    pairs = {(source, target) for source, events in TABLE.items() for to in events.values() for target in to}
    assert len(told) - len(State) == len(pairs)


def test_lines_break_between_words() -> None:
    assert wrapped("One line of the report", 126, 12) == ["One line of the", "report"]
