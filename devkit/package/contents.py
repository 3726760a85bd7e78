# SPDX-License-Identifier: Apache-2.0
"""What goes into the package: of a list of folders and files, those that git tracks."""

import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from pathspec import GitIgnoreSpec

FOLDERS: Final = ("_assets", "approvals", "endpoints", "policies", "provider", "tools")
FILES: Final = (
    "LICENSE",
    "PRIVACY.md",
    "README.md",
    "README.*.md",
    "main.py",
    "manifest.yaml",
    "requirements.txt",
)
_KINDS: Final = frozenset(
    {".css", ".html", ".j2", ".json", ".lua", ".md", ".png", ".py", ".svg", ".toml", ".tsv", ".txt", ".yaml"}
)
"""The kinds of files that those folders hold: what is packed of a download without git."""


def package_files(root: Path) -> Mapping[str, bytes]:
    """What goes into the package, by path. Raises `FileNotFoundError` for a tracked file that is gone."""
    ignored = GitIgnoreSpec.from_lines((root / ".difyignore").read_text(encoding="utf-8").splitlines())
    paths = {
        path for path in _tracked(root) or _found(root) if is_listed(path) and not ignored.match_file(path)
    }
    return {path: (root / path).read_bytes() for path in sorted(paths, key=str.encode)}


def is_listed(path: str) -> bool:
    """True for a path of the list, such as `approvals/clock.py`; never for a hidden file or a test."""
    parts = PurePosixPath(path).parts
    if any(part.startswith(".") for part in parts):
        return False
    return parts[0] in FOLDERS if len(parts) > 1 else any(PurePosixPath(path).match(name) for name in FILES)


def _tracked(root: Path) -> list[str]:
    """What git tracks under `root`; nothing where this is no clone of its own or git is missing, as in a ZIP."""
    if not (root / ".git").exists():
        return []
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout  # noqa: S607
    except (OSError, subprocess.CalledProcessError):
        return []
    return [path for path in listed.decode().split("\0") if path]


def _found(root: Path) -> list[str]:
    files = [path for path in root.glob("*") if path.is_file()]
    for folder in FOLDERS:
        files += [path for path in (root / folder).rglob("*") if path.is_file() and path.suffix in _KINDS]
    return [path.relative_to(root).as_posix() for path in files if "__pycache__" not in path.parts]
