# SPDX-License-Identifier: Apache-2.0
"""The storage of the right workspace is found wherever somebody points, or they are told what there is."""

from pathlib import Path

import pytest

from devkit.move import MoveError
from devkit.move.folders import storage_folder


def storage(root: Path, *parts: str) -> Path:
    folder = root.joinpath(*parts)
    (folder / "meta").mkdir(parents=True)
    (folder / "meta" / "workspace").write_text("0" * 32)
    return folder


@pytest.mark.parametrize(
    ("below", "start"),
    [
        ("persistence/w1/approvalkit/approvals", "."),
        ("prefix/persistence/w1/approvalkit/approvals", "."),
        ("persistence/w1/approvalkit/approvals", "persistence"),
        ("persistence/w1/approvalkit/approvals", "persistence/w1"),
        ("persistence/w1/approvalkit/approvals", "persistence/w1/approvalkit/approvals"),
    ],
)
def test_a_folder_at_any_level_will_do(tmp_path: Path, below: str, start: str) -> None:
    folder = storage(tmp_path, *below.split("/"))

    assert storage_folder(tmp_path / start).samefile(folder)


def test_of_several_workspaces_one_must_be_named(tmp_path: Path) -> None:
    first = storage(tmp_path, "persistence", "w1", "approvalkit", "approvals")
    storage(tmp_path, "persistence", "w2", "approvalkit", "approvals")

    with pytest.raises(MoveError, match=r"several workspaces(.|\n)*w1(.|\n)*w2"):
        storage_folder(tmp_path)
    with pytest.raises(MoveError, match=r"workspace w3; there are(.|\n)*w1(.|\n)*w2"):
        storage_folder(tmp_path, "w3")
    assert storage_folder(tmp_path, "w1") == first


def test_a_folder_without_the_plugins_storage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MoveError, match="holds no storage of this plugin"):
        storage_folder(tmp_path)
    with pytest.raises(MoveError, match="is not a folder"):
        storage_folder(tmp_path / "nowhere")
