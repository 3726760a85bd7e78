# SPDX-License-Identifier: Apache-2.0
"""The package holds what Dify reads and nothing else, is the same to the byte each time, and starts."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from devkit.host import PluginHost
from devkit.package.build import PackageError, build_package, checksum, packed
from devkit.package.contents import package_files
from devkit.package.readme import targets

ROOT = Path(__file__).parents[3]
TOP = {
    "LICENSE", "PRIVACY.md", "README.ja_JP.md", "README.md", "README.pt_BR.md", "README.zh_Hans.md", "_assets",
    "approvals", "endpoints", "main.py", "manifest.yaml", "policies", "provider", "requirements.txt", "tools",
}  # fmt: skip


def test_the_package_holds_what_dify_reads_and_nothing_else() -> None:
    assert {path.partition("/")[0] for path in package_files(ROOT)} == TOP


def repository(folder: Path) -> Path:
    """What lies here, tracked by git in another folder: this one may be a download, or belong to somebody else."""
    made = [".git", ".venv*", ".*_cache", ".hypothesis", ".schemathesis", "__pycache__", "dist"]
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*made))
    for command in (["git", "init", "-q"], ["git", "add", "-A"]):
        subprocess.run(command, cwd=folder, check=True)
    return folder


def test_what_git_does_not_track_stays_out(tmp_path: Path) -> None:
    clone = repository(tmp_path / "clone")
    before = package_files(clone).keys()
    for name in ("PO-1.json", "secrets.txt", "approvals/march.analysed.csv", "policies/mine.yaml"):
        (clone / name).write_text("secret")

    assert package_files(clone).keys() == before


def test_a_download_without_git_packs_the_same(tmp_path: Path) -> None:
    clone, download = repository(tmp_path / "clone"), tmp_path / "download"
    shutil.copytree(clone, download, ignore=shutil.ignore_patterns(".git"))
    (download / "PO-1.json").write_text("{}")
    (download / "approvals" / "__pycache__").mkdir()
    (download / "approvals" / "__pycache__" / "clock.txt").write_text("")

    assert package_files(download) == package_files(clone)


def test_a_readme_points_to_nothing_that_dify_does_not_show_beside_it() -> None:
    files = packed(ROOT)
    readmes = [path for path in files if path.casefold().startswith("readme")]

    assert len(readmes) == 4
    for path in readmes:
        assert all(target.startswith("_assets/") for target in targets(files[path].decode()))


def test_translations_of_the_readme_stand_where_dify_looks_for_them() -> None:
    files = packed(ROOT)
    names = {path for path in files if path.casefold().startswith("readme")}

    assert names == {"README.md", *(f"readme/README_{locale}.md" for locale in ("ja_JP", "pt_BR", "zh_Hans"))}
    assert "承認" in files["readme/README_ja_JP.md"].decode()
    assert list(files) == sorted(files, key=str.encode)


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
