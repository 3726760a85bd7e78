# SPDX-License-Identifier: Apache-2.0
"""A stamped workflow names the package that was built with it, and is the same otherwise."""

from pathlib import Path

import pytest
import yaml

from devkit.package.build import Package
from devkit.package.stamp import Flavour, StampError, stamp, stamped

ROOT = Path(__file__).parents[3]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PACKAGE = Package(
    Path("dist/approvals.difypkg"),
    "me/approvals:0.2.0@" + "a" * 64,
    "0.2.0",
    "https://github.com/me/approvals",
    1,
    1,
)


def test_each_flavour_says_where_the_package_is(tmp_path: Path) -> None:
    files = stamp(ROOT / "workflows", tmp_path, PACKAGE)

    for file in files:
        original, copy = (
            yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe loader, in C
            for path in (ROOT / "workflows" / file.name, file)
        )
        (named,) = copy["dependencies"]
        assert named["type"] == file.parent.name
        assert PACKAGE.identifier in named["value"].values()
        assert {**copy, "dependencies": []} == original
    assert len(files) == 2 * len(list((ROOT / "workflows").glob("*.yml")))


def test_a_release_on_github_is_named_by_repository_tag_and_file() -> None:
    text = stamped("kind: app\ndependencies: []\nworkflow:\n", PACKAGE, Flavour.GITHUB)

    assert yaml.safe_load(text)["dependencies"][0]["value"] == {
        "repo": "me/approvals",
        "version": "v0.2.0",
        "package": "approvals.difypkg",
        "github_plugin_unique_identifier": PACKAGE.identifier,
    }


def test_a_file_without_a_place_is_refused() -> None:
    with pytest.raises(StampError, match="no line"):
        stamped("kind: app\n", PACKAGE, Flavour.GITHUB)
