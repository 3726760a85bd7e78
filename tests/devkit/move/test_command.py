# SPDX-License-Identifier: Apache-2.0
"""The command tells what was moved and what was left, and never a password."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from approvals.store.dify.records import record_key
from devkit.__main__ import app
from devkit.move import MoveError
from tests.devkit.move.test_move import World


def test_a_database_that_cannot_be_reached_is_told_without_its_password(tmp_path: Path) -> None:
    world = World(tmp_path, "postgresql://user:s3cret@127.0.0.1:1/name")
    world.submitted("r-1")

    with pytest.raises(MoveError, match="run the command again") as caught:
        world.move()
    assert "s3cret" not in str(caught.value)


def test_the_command_prints_a_summary_and_fails_when_something_is_left(tmp_path: Path) -> None:
    world = World(tmp_path / "dify", f"sqlite:///{tmp_path}/approvals.db")
    world.submitted("r-1")
    world.move()
    runner = CliRunner()

    done = runner.invoke(app, ["move", str(world.folder), "--store-url", world.url])
    assert (done.exit_code, "1 there already" in done.output) == (0, True)

    (world.files / record_key("r-1")).write_bytes(b"{")
    left = runner.invoke(app, ["move", str(world.folder)], env={"STORE_URL": world.url})
    assert left.exit_code == 1
    assert "1 could not be read" in left.output
    assert runner.invoke(app, ["move", str(world.folder)]).exit_code == 2
