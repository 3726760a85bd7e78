# SPDX-License-Identifier: Apache-2.0
"""`make setup` finds a Python that can hold the environment, whatever else is on the machine."""

import subprocess
import sys
from pathlib import Path

from tests.package.files import ROOT

PYTHON = getattr(sys, "_base_executable", sys.executable)
SYSTEM = "/usr/bin:/bin"


def program(folder: Path, name: str, script: str) -> Path:
    """A shell script on the PATH."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def found(folder: Path, **environment: str) -> str:
    """The Python that setup would take, on a machine whose PATH begins with `folder`."""
    command = ["/bin/sh", str(ROOT / "devkit" / "setup.sh"), "--find"]
    variables = {"PATH": f"{folder}:{SYSTEM}", "HOME": str(folder), **environment}
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=60, check=True
    ).stdout.strip()


def test_a_python_that_only_pretends_to_be_there_is_passed_over(tmp_path: Path) -> None:
    """Version managers put a `python3.12` on the PATH that fails unless that version is switched on."""
    program(tmp_path, "python3.12", "echo 'python3.12: command not found' >&2; exit 127")
    real = program(tmp_path, "python3.13", f'exec "{PYTHON}" "$@"')
    assert found(tmp_path) == str(real)


def test_a_python_without_its_venv_module_is_passed_over(tmp_path: Path) -> None:
    """As Debian ships it, until the package with the module is installed."""
    program(tmp_path, "python3.12", 'case "$*" in *ensurepip*) exit 1;; esac; exec true')
    real = program(tmp_path, "python3.13", f'exec "{PYTHON}" "$@"')
    assert found(tmp_path) == str(real)


def test_the_python_that_is_named_goes_first(tmp_path: Path) -> None:
    program(tmp_path, "python3.12", f'exec "{PYTHON}" "$@"')
    folder = tmp_path / "with a space"
    folder.mkdir()
    named = program(folder, "python", f'exec "{PYTHON}" "$@"')
    assert found(tmp_path, BASE_PYTHON=str(named)) == str(named)


def test_a_version_managers_pythons_are_found_beside_the_path(tmp_path: Path) -> None:
    folder = tmp_path / ".pyenv" / "versions" / "3.12.9" / "bin"
    folder.mkdir(parents=True)
    program(folder, "python3.12", f'exec "{PYTHON}" "$@"')
    for name in ("python3.12", "python3.13", "python3", "python"):
        program(tmp_path, name, "exit 127")
    assert found(tmp_path) == str(folder / "python3.12")


def test_the_kit_is_a_command_that_works_in_every_folder(tmp_path: Path) -> None:
    script = (ROOT / "devkit" / "setup.sh").read_text(encoding="utf-8")
    command = script.partition("<<'SCRIPT'\n")[2].partition("SCRIPT\n")[0]
    clone = tmp_path / "a clone"
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / "devkit").mkdir()
    (clone / "devkit" / "__init__.py").write_text("")
    (clone / "devkit" / "__main__.py").write_text("import sys; print(sys.argv[1:])")
    (clone / ".venv" / "bin" / "devkit").write_text(command)
    (clone / ".venv" / "bin" / "devkit").chmod(0o755)
    program(clone / ".venv" / "bin", "python", f'exec "{PYTHON}" "$@"')

    said = subprocess.run(
        [str(clone / ".venv" / "bin" / "devkit"), "policy", "a b"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert said.strip() == "['policy', 'a b']"


def test_a_uv_that_does_not_run_is_passed_over() -> None:
    script = (ROOT / "devkit" / "setup.sh").read_text(encoding="utf-8")

    assert "command -v uv" not in script
    assert "uv --version" in script
