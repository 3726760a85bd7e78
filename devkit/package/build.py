# SPDX-License-Identifier: Apache-2.0
"""Builds the plugin package: a zip that is the same to the byte wherever it is built from the same files.

A `.difypkg` is a plain zip without folder entries. Its id ends in a checksum over paths and contents alone: sha256 over
the concatenation, in byte order of the paths, of sha256(path) and sha256(content), as Dify's daemon computes it.
"""

import hashlib
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from devkit.package.contents import package_files
from devkit.package.readme import standing_alone

MAX_BYTES = 52_428_800  # uncompressed; the daemon's MAX_PLUGIN_PACKAGE_SIZE
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TRANSLATION = re.compile(r"README\.(?P<locale>[a-z]{2}_[A-Za-z]{2,})\.md")
_NEEDED = frozenset({"manifest.yaml", "main.py", "requirements.txt", "README.md", "PRIVACY.md"})


class PackageError(ValueError):
    """The folder cannot be packed."""


@dataclass(frozen=True, slots=True)
class Package:
    """A built package, and what Dify knows it by. `repository` is the address that its manifest names, or ""."""

    path: Path
    identifier: str
    version: str
    repository: str
    files: int
    unpacked_bytes: int

    @property
    def tag(self) -> str:
        """The tag of its release, such as "v0.1.0"."""
        return f"v{self.version}"


def packed(root: Path) -> Mapping[str, bytes]:
    """What the package of the plugin in `root` holds, by path. Raises `PackageError`."""
    files = dict(package_files(root))
    missing = _NEEDED - files.keys()
    if missing:
        raise PackageError(f"missing in {root}: {', '.join(sorted(missing))}")
    manifest = yaml.safe_load(files["manifest.yaml"])
    repository, tag = str(manifest.get("repo", "")), f"v{manifest['version']}"
    translations = {found[0]: found["locale"] for path in files if (found := _TRANSLATION.fullmatch(path))}
    pictures = {path for path in files if path.startswith("_assets/")}  # all that Dify shows beside a README
    for path in ["README.md", *translations] if repository else []:
        beside = pictures if path == "README.md" else ()
        files[path] = standing_alone(files[path].decode(), beside, repository, tag).encode()
    for path, locale in translations.items():  # Dify shows a translation that stands there alone
        files[f"readme/README_{locale}.md"] = files.pop(path)
    size = sum(map(len, files.values()))
    if size > MAX_BYTES:
        raise PackageError(f"the files have {size:,} bytes; Dify takes {MAX_BYTES:,}")
    return dict(sorted(files.items(), key=lambda item: item[0].encode()))


def checksum(files: Mapping[str, bytes]) -> str:
    """The checksum that the daemon gives a package with these files."""
    total = hashlib.sha256()
    for path in sorted(files, key=str.encode):
        total.update(hashlib.sha256(path.encode()).digest())
        total.update(hashlib.sha256(files[path]).digest())
    return total.hexdigest()


def build_package(root: Path, target: Path) -> Package:
    """Write the package of the plugin in `root` to `target`. Raises `PackageError`."""
    files = packed(root)
    manifest = yaml.safe_load(files["manifest.yaml"])
    target.parent.mkdir(parents=True, exist_ok=True)
    write_zip(target, files)
    name = f"{manifest['author']}/{manifest['name']}:{manifest['version']}"
    return Package(
        path=target,
        identifier=f"{name}@{checksum(files)}",
        version=str(manifest["version"]),
        repository=str(manifest.get("repo", "")),
        files=len(files),
        unpacked_bytes=sum(map(len, files.values())),
    )


def write_zip(target: Path, files: Mapping[str, bytes], comment: bytes = b"") -> None:
    """Write the files in their order, each with the same date and rights."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
        archive.comment = comment
