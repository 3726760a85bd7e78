# SPDX-License-Identifier: Apache-2.0
"""Builds the plugin package: a zip that is the same to the byte wherever it is built from the same files.

A `.difypkg` is a plain zip without folder entries. Its id ends in a checksum over paths and contents alone: sha256 over
the concatenation, in byte order of the paths, of sha256(path) and sha256(content), as Dify's daemon computes it.
"""

import hashlib
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pathspec import GitIgnoreSpec

MAX_BYTES = 52_428_800  # uncompressed; the daemon's MAX_PLUGIN_PACKAGE_SIZE
_EPOCH = (1980, 1, 1, 0, 0, 0)


class PackageError(ValueError):
    """The folder cannot be packed."""


@dataclass(frozen=True, slots=True)
class Package:
    """A built package, and the id that Dify knows it by."""

    path: Path
    identifier: str
    files: int
    unpacked_bytes: int


def package_files(root: Path) -> Mapping[str, bytes]:
    """What goes into the package, by path: the files that git knows, less those that .difyignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git as installed
        cwd=root,
        check=True,
        capture_output=True,
    ).stdout.decode()
    ignored = GitIgnoreSpec.from_lines((root / ".difyignore").read_text(encoding="utf-8").splitlines())
    paths = sorted(
        {path for path in listed.split("\0") if path and not ignored.match_file(path)}, key=str.encode
    )
    return {path: (root / path).read_bytes() for path in paths if (root / path).is_file()}


def checksum(files: Mapping[str, bytes]) -> str:
    """The checksum that the daemon gives a package with these files."""
    total = hashlib.sha256()
    for path in sorted(files, key=str.encode):
        total.update(hashlib.sha256(path.encode()).digest())
        total.update(hashlib.sha256(files[path]).digest())
    return total.hexdigest()


def build_package(root: Path, target: Path) -> Package:
    """Write the package of the plugin in `root` to `target`. Raises `PackageError`."""
    files = package_files(root)
    manifest = yaml.safe_load(files.get("manifest.yaml", b"{}"))
    missing = {"manifest.yaml", "main.py", "requirements.txt", "README.md", "PRIVACY.md"} - files.keys()
    if missing:
        raise PackageError(f"missing in {root}: {', '.join(sorted(missing))}")
    size = sum(map(len, files.values()))
    if size > MAX_BYTES:
        raise PackageError(f"the files have {size:,} bytes; Dify takes {MAX_BYTES:,}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    name = f"{manifest['author']}/{manifest['name']}:{manifest['version']}"
    return Package(target, f"{name}@{checksum(files)}", len(files), size)
