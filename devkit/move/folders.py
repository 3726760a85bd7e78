# SPDX-License-Identifier: Apache-2.0
"""Finds the plugin's storage of one workspace in the files of a self-hosted Dify."""

from collections.abc import Sequence
from pathlib import Path

from approvals.store.dify.workspace import ID_KEY
from devkit.move.source import MoveError

# Dify's plugin daemon keeps a key under <persistence>/<workspace>/<author>/<plugin>/<key>, below its storage root.
_BELOW = ("", "*/*/", "*/*/*/", "persistence/*/*/*/", "*/persistence/*/*/*/")


def storage_folder(start: Path, workspace: str = "") -> Path:
    """The folder of one workspace's storage, at `start` or below it. Raises `MoveError`.

    `workspace` is Dify's id of a workspace, which the folder's path contains; needed where there are several.
    """
    if not start.is_dir():
        raise MoveError(f"{start} is not a folder")
    found = _storages(start)
    chosen = [folder for folder in found if not workspace or workspace in folder.parts]
    if len(chosen) == 1:
        return chosen[0]
    if not found:
        raise MoveError(
            f"{start} holds no storage of this plugin: give the storage folder of Dify's plugin daemon (with Docker "
            "Compose docker/volumes/plugin_daemon), or a copy of <persistence>/<workspace>/<author>/approvals"
        )
    listed = "".join(f"\n  {folder} ({_count(folder)} requests)" for folder in found)
    if not chosen:
        raise MoveError(f"no storage belongs to workspace {workspace}; there are:{listed}")
    raise MoveError(f"there are several workspaces; name one with --workspace, or give its folder:{listed}")


def _storages(start: Path) -> Sequence[Path]:
    depth = len(Path(ID_KEY).parts)
    return sorted({found.parents[depth - 1] for below in _BELOW for found in start.glob(f"{below}{ID_KEY}")})


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.glob("rec/*"))
