# SPDX-License-Identifier: Apache-2.0
"""Workflow files that name the package they need, so that Dify offers to install it at import."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import yaml

from devkit.package.build import Package

_NONE: Final = "dependencies: []\n"


class Flavour(StrEnum):
    """Where Dify fetches the package from."""

    GITHUB = "github"
    MARKETPLACE = "marketplace"


class StampError(ValueError):
    """A workflow file has no place for a dependency."""


def dependency(package: Package, flavour: Flavour) -> Mapping[str, Any]:
    """The dependency as Dify's import reads it (PluginDependency of its API)."""
    if flavour is Flavour.MARKETPLACE:
        return {
            "type": "marketplace",
            "value": {
                "marketplace_plugin_unique_identifier": package.identifier,
                "version": package.version,
            },
        }
    return {
        "type": "github",
        "value": {
            "repo": "/".join(package.repository.rstrip("/").split("/")[-2:]),
            "version": package.tag,
            "package": package.path.name,
            "github_plugin_unique_identifier": package.identifier,
        },
    }


def stamped(workflow: str, package: Package, flavour: Flavour) -> str:
    """The text of a workflow file with the dependency in place of none. Raises `StampError`."""
    if workflow.count(f"\n{_NONE}") != 1:
        raise StampError(f"the file has no line {_NONE.strip()!r} to put the dependency in")
    named = yaml.safe_dump({"dependencies": [dict(dependency(package, flavour))]}, sort_keys=False, width=200)
    return workflow.replace(f"\n{_NONE}", f"\n{named}")


def stamp(workflows: Path, target: Path, package: Package) -> list[Path]:
    """Write every workflow in every flavour, as TARGET/FLAVOUR/NAME.yml. Raises `StampError`."""
    written = []
    for flavour in Flavour:
        folder = target / flavour.value
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(workflows.glob("*.yml")):
            copy = folder / file.name
            copy.write_text(stamped(file.read_text(encoding="utf-8"), package, flavour), encoding="utf-8")
            written.append(copy)
    return written
