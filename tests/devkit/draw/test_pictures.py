# SPDX-License-Identifier: Apache-2.0
"""The pictures show what is there now, whole, and nothing overflows."""

import re
from collections.abc import Mapping
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
import yaml

from approvals.domain.lifecycle import TABLE
from approvals.domain.terms import Level, State
from devkit.draw.command import PICTURES, ROOT, pictures, stale
from devkit.draw.layout import BOX, Placed, placed
from devkit.draw.overview import level_of, one_level, overview
from devkit.draw.svg import DARK, LIGHT, width_of, wrapped

# As they are committed; one test compares them with what is drawn now.
DRAWN = {path.name: path.read_text(encoding="utf-8") for path in sorted(PICTURES.glob("*.svg"))}
GRAPHS = {
    path.stem: yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["workflow"]["graph"]
    for path in sorted((ROOT / "workflows").glob("*.yml"))
}
SHOWN = {name: overview(graph) for name, graph in GRAPHS.items()}
SHOWN |= {"level": one_level(GRAPHS["approval"], Level.DIRECTOR)}
SHOWN |= {"level_v2": one_level(GRAPHS["approval_v2"], Level.DIRECTOR)}
every_workflow = pytest.mark.parametrize("name", SHOWN)
PAGE, LEGIBLE = 900, 9.5  # pixels: the width of a page, and the smallest letters on it


def layout(name: str) -> Mapping[str, Placed]:
    return placed(SHOWN[name]["nodes"], SHOWN[name]["edges"]).nodes


def words(name: str) -> list[str]:
    """Every text in a picture."""
    return [one.text or "" for one in ET.fromstring(DRAWN[name]).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own file


def test_the_committed_pictures_are_up_to_date() -> None:
    assert stale() == [], "run `python -m devkit draw`"
    assert DRAWN.keys() == pictures().keys()


@every_workflow
def test_every_node_has_its_box_and_its_title(name: str) -> None:
    told = " ".join(words(f"{name}.svg"))
    titles = [node["data"]["title"] for node in SHOWN[name]["nodes"] if node["type"] != "custom-note"]
    assert [title for title in titles if title and title not in told] == []


@every_workflow
def test_every_edge_is_drawn(name: str) -> None:
    ids = {node["id"] for node in SHOWN[name]["nodes"]}
    arrows = [(edge["source"], edge["sourceHandle"], edge["target"]) for edge in SHOWN[name]["edges"]]
    # What comes from another level is one arrow into each node.
    drawn = {arrow if arrow[0] in ids else ("elsewhere", "", arrow[2]) for arrow in arrows}
    assert DRAWN[f"{name}.svg"].count("marker-end") == len(drawn)


def test_a_level_is_one_box_of_the_overview_and_a_picture_of_its_own() -> None:
    levels = {node["id"] for node in GRAPHS["approval"]["nodes"] if level_of(node["id"])}
    alone = [one_level(GRAPHS["approval"], level)["nodes"] for level in Level]

    assert {node["id"] for nodes in alone for node in nodes} == levels
    assert {*Level} == {node["id"] for node in SHOWN["approval"]["nodes"] if node["data"]["type"] == "level"}


@every_workflow
def test_no_box_covers_another_and_arrows_run_from_left_to_right(name: str) -> None:
    nodes = layout(name)
    for one, other in combinations(nodes.values(), 2):
        apart_x = abs(one.x - other.x) >= BOX
        low, high = sorted((one, other), key=lambda node: node.y)
        assert apart_x or low.y + low.height <= high.y, (one.node_id, other.node_id)
    for edge in SHOWN[name]["edges"]:
        source, target = nodes.get(edge["source"]), nodes.get(edge["target"])
        if source and target:
            assert (source.band, source.x) < (target.band, target.x)


@every_workflow
def test_no_title_overflows_its_box(name: str) -> None:
    for node in layout(name).values():
        assert [line for line in node.title if width_of(line, 12) > BOX - 20] == []


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
def test_its_words_can_be_read_on_a_page(name: str) -> None:
    root = ET.fromstring(DRAWN[name])  # noqa: S314 - our own file
    scale = min(1.0, PAGE / float(root.attrib["width"]))
    sizes = [float(one.attrib["font-size"]) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert min(sizes) * scale >= LEGIBLE


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(colours: Mapping[str, str]) -> None:
    def brightness(name: str) -> float:
        red, green, blue = re.findall("[0-9a-f]{2}", re.findall(r"fill:#(\w+)", colours[name])[0])
        parts = (int(part, 16) / 255 for part in (red, green, blue))
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    behind = ["card", "frame", "blue", "green", "orange", "teal", "violet", "grey", "pink"]
    for words in ("ink", "quiet"):
        for name in behind:
            low, high = sorted((brightness(words), brightness(name)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (words, name)  # as WCAG AA asks


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_has_colours_for_light_and_for_dark(name: str) -> None:
    assert DRAWN[name].count("prefers-color-scheme:dark") == 1
    used = set(re.findall(r"class='([a-z ]+)'", DRAWN[name]))
    assert {one for group in used for one in group.split()} <= LIGHT.keys() == DARK.keys()
    assert not re.search(r"(fill|stroke)='#", DRAWN[name])


def test_the_lifecycle_shows_every_state_and_every_pair_of_the_table() -> None:
    told = words("lifecycle.svg")
    assert {state.replace("_", " ") for state in State} <= set(told)
    pairs = {(source, target) for source, events in TABLE.items() for to in events.values() for target in to}
    assert len(told) - len(State) == len(pairs)


def test_lines_break_between_words() -> None:
    assert wrapped("One line of the report", 126, 12) == ["One line of the", "report"]
