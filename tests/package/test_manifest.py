# SPDX-License-Identifier: Apache-2.0
"""The manifest says only what the daemon and the API accept, and what is there."""

import xml.etree.ElementTree as ET
from datetime import datetime

import pytest

from approvals.wiring import VERSION
from tests.package import accepted
from tests.package.files import MANIFEST, PROVIDER, ROOT

ICONS = sorted(
    {MANIFEST["icon"], MANIFEST["icon_dark"], PROVIDER["identity"]["icon"], PROVIDER["identity"]["icon_dark"]}
)


def test_the_names_and_the_version_pass_the_daemons_stricter_patterns() -> None:
    assert accepted.AUTHOR.fullmatch(MANIFEST["author"])
    assert accepted.PLUGIN_NAME.fullmatch(MANIFEST["name"])
    assert accepted.VERSION.fullmatch(MANIFEST["version"])
    assert MANIFEST["type"] == "plugin"


def test_the_plugin_has_one_version() -> None:
    assert MANIFEST["version"] == VERSION


def test_the_marketplace_takes_the_author() -> None:
    assert not {"dify", "langgenius"} & set(MANIFEST["author"].split("-"))


def test_the_date_is_rfc_3339() -> None:
    assert datetime.fromisoformat(MANIFEST["created_at"]).tzinfo is not None


def test_every_tag_is_known() -> None:
    assert set(MANIFEST["tags"]) <= accepted.TAGS
    assert set(PROVIDER["identity"]["tags"]) <= accepted.TAGS


def test_only_kinds_that_go_together_are_declared() -> None:
    kinds = set(MANIFEST["plugins"])
    assert kinds <= accepted.PLUGIN_KINDS
    assert len(kinds) == 1 or not kinds & accepted.EXCLUSIVE_KINDS


def test_each_kind_has_one_provider_since_the_daemon_reads_the_last_alone() -> None:
    assert [len(paths) for paths in MANIFEST["plugins"].values()] == [1] * len(MANIFEST["plugins"])


def test_every_path_is_short_and_leads_to_a_file() -> None:
    paths = [path for paths in MANIFEST["plugins"].values() for path in paths] + PROVIDER["tools"]
    assert [path for path in paths if len(path) > accepted.PATH_LIMIT or not (ROOT / path).is_file()] == []
    assert (ROOT / MANIFEST["privacy"]).read_text(encoding="utf-8").strip()


def test_permissions_are_those_that_the_plugin_uses() -> None:
    permission = MANIFEST["resource"]["permission"]
    assert set(permission) <= accepted.PERMISSIONS
    assert {name for name, given in permission.items() if given["enabled"]} == {"tool", "endpoint", "storage"}
    assert permission["storage"]["size"] in accepted.STORAGE_BYTES


def test_the_runner_is_what_the_daemon_starts() -> None:
    meta = MANIFEST["meta"]
    assert meta["version"] in accepted.META_VERSIONS
    assert set(meta["arch"]) <= accepted.ARCHITECTURES
    assert meta["runner"] == {"language": "python", "version": "3.12", "entrypoint": "main"}
    assert (ROOT / "main.py").is_file()


def test_human_input_nodes_need_dify_1_13() -> None:
    assert tuple(map(int, MANIFEST["meta"]["minimum_dify_version"].split("."))) >= (1, 13, 0)


@pytest.mark.parametrize("name", ICONS)
def test_an_icon_is_a_drawing_that_loads_nothing(name: str) -> None:
    path = ROOT / "_assets" / name
    assert len(name) <= accepted.PATH_LIMIT
    drawing = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    tags = {element.tag.rpartition("}")[2] for element in drawing.iter()}
    assert tags <= {"svg", "rect", "path", "circle", "g"}


def test_every_asset_is_used() -> None:
    assert sorted(path.name for path in (ROOT / "_assets").iterdir()) == ICONS
