# SPDX-License-Identifier: Apache-2.0
"""Writes the pictures into `docs/pictures/`, or says which are out of date."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from approvals.domain.terms import Level
from devkit.draw.lifecycle_picture import lifecycle_picture
from devkit.draw.overview import one_level, overview
from devkit.draw.workflow_picture import workflow_picture

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
_LEVELS = {"approval": "level.svg", "approval_v2": "level_v2.svg"}
"""The pictures of one level; the other workflows have the same."""


def pictures() -> Mapping[str, str]:
    """Every picture's text, by its name in `docs/pictures/`."""
    drawn = {"lifecycle.svg": lifecycle_picture()}
    for path in sorted((ROOT / "workflows").glob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        name, graph = document["app"]["name"], document["workflow"]["graph"]
        drawn[f"{path.stem}.svg"] = workflow_picture(name, overview(graph))
        if path.stem in _LEVELS:
            part = one_level(graph, Level.DIRECTOR)
            drawn[_LEVELS[path.stem]] = workflow_picture(f"{name}: one level", part)
    return drawn


def stale() -> list[str]:
    """The names of the pictures that no longer show what they are drawn from."""
    return [name for name, drawn in pictures().items() if _on_disk(PICTURES / name) != drawn]


def draw() -> list[str]:
    """Write what is out of date; the names of what was written."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    drawn = pictures()
    names = stale()
    for name in names:
        (PICTURES / name).write_text(drawn[name], encoding="utf-8")
    return names


def _on_disk(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
