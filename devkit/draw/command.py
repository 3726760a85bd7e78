# SPDX-License-Identifier: Apache-2.0
"""Writes the pictures into `docs/pictures/`, or says which are out of date."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from devkit.draw.lifecycle_picture import lifecycle_picture
from devkit.draw.workflow_picture import workflow_picture

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"


def pictures() -> Mapping[str, str]:
    """Every picture's text, by its name in `docs/pictures/`."""
    drawn = {"lifecycle.svg": lifecycle_picture()}
    for path in sorted((ROOT / "workflows").glob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        drawn[f"{path.stem}.svg"] = workflow_picture(document["app"]["name"], document["workflow"]["graph"])
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
