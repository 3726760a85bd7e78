# SPDX-License-Identifier: Apache-2.0
"""The package holds what Dify reads and nothing else, is the same to the byte each time, and starts."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from devkit.host import PluginHost
from devkit.packager import PackageError, build_package, checksum, package_files

ROOT = Path(__file__).parents[2]
TOP = {
    "LICENSE", "PRIVACY.md", "README.md", "_assets", "approvals", "main.py", "manifest.yaml", "policies", "provider",
    "readme", "requirements.txt", "tools",
}  # fmt: skip


def test_the_package_holds_what_dify_reads_and_nothing_else() -> None:
    assert {path.partition("/")[0] for path in package_files(ROOT)} == TOP


def test_two_builds_are_the_same_to_the_byte(tmp_path: Path) -> None:
    one = build_package(ROOT, tmp_path / "one.difypkg")
    two = build_package(ROOT, tmp_path / "two.difypkg")

    assert one.path.read_bytes() == two.path.read_bytes()
    assert one.identifier == two.identifier
    assert one.identifier.startswith("approvalkit/approvals:")


def test_the_checksum_is_over_paths_and_contents_in_byte_order() -> None:
    files = {"b": b"2", "a": b"1"}
    parts = [hashlib.sha256(part).digest() for part in (b"a", b"1", b"b", b"2")]

    assert checksum(files) == hashlib.sha256(b"".join(parts)).hexdigest()


def test_the_plugin_starts_from_its_package(tmp_path: Path) -> None:
    built = build_package(ROOT, tmp_path / "plugin.difypkg")
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(built.path) as archive:
        assert not any(name.endswith("/") for name in archive.namelist())
        archive.extractall(folder)

    with PluginHost(command=(sys.executable, "-m", "main"), cwd=folder) as plugin:
        assert plugin.declaration["name"] == "approvals"
        assert plugin.violations == []


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)  # noqa: S607 - git as installed
    (tmp_path / ".difyignore").write_text("")

    with pytest.raises(PackageError, match=r"main\.py, manifest\.yaml"):
        build_package(tmp_path, tmp_path / "x.difypkg")
