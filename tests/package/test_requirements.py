# SPDX-License-Identifier: Apache-2.0
"""Every machine installs the same versions, and the plugin declares what it imports."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.package.files import MANIFEST, ROOT

PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>[0-9][0-9A-Za-z.]*)( ; [^#]+)?")
LOCKED = ["requirements.txt", "requirements-dev.txt", "requirements-engine.txt"]
FILES = ["requirements.in", "requirements-dev.in", *LOCKED]
SHIPPED = ["approvals", "tools", "provider", "endpoints"]
LOADED = {"psycopg", "pymysql", "tzdata"}  # by SQLAlchemy, as the URL of the database says; by zoneinfo


def lines(name: str) -> Iterator[str]:
    """What a requirements file asks for, without comments."""
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        wanted = re.sub(r"(^|\s)#.*", "", line).strip()
        if wanted:
            yield wanted


def pins(name: str) -> dict[str, str]:
    """Version by package; names as the index compares them."""
    found = (PIN.fullmatch(line) for line in lines(name))
    return {normal(pin["name"]): pin["version"] for pin in found if pin}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def project() -> dict[str, object]:
    loaded: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    return loaded


@pytest.mark.parametrize("name", FILES)
def test_every_version_is_exact(name: str) -> None:
    assert [line for line in lines(name) if not PIN.fullmatch(line) and line != "-c requirements.txt"] == []


@pytest.mark.parametrize("name", FILES)
def test_no_file_says_where_to_download_from(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|^-[if] ", text, re.MULTILINE) == []


@pytest.mark.parametrize(
    ("asked", "locked"), [("requirements.in", LOCKED[0]), ("requirements-dev.in", LOCKED[1])]
)
def test_the_locked_tree_holds_what_was_asked_for(asked: str, locked: str) -> None:
    assert pins(asked).items() <= pins(locked).items()


def test_development_runs_on_the_versions_that_are_shipped() -> None:
    shipped, development = pins("requirements.txt"), pins("requirements-dev.txt")
    both = shipped.keys() & development.keys()
    assert {name: shipped[name] for name in both} == {name: development[name] for name in both}


def test_the_project_depends_on_what_the_plugin_does() -> None:
    assert sorted(project()["dependencies"]) == sorted(lines("requirements.in"))  # type: ignore[call-overload]


def test_the_project_has_the_plugins_name_and_version() -> None:
    assert (project()["name"], project()["version"]) == (MANIFEST["name"], MANIFEST["version"])


def test_dify_does_not_build_the_project_when_it_installs_the_plugin() -> None:
    assert "build-system" not in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_plugin_declares_what_it_imports_and_nothing_else() -> None:
    sources = [ROOT / "main.py", *(path for folder in SHIPPED for path in (ROOT / folder).rglob("*.py"))]
    distributions = packages_distributions()
    imported = {module for path in sources for module in imports(path)} - sys.stdlib_module_names
    theirs = imported - {"approvals"}
    needed = {normal(name) for module in theirs for name in distributions.get(module, [f"unknown: {module}"])}
    assert sorted(needed | LOADED) == sorted(pins("requirements.in"))


def test_the_devkit_declares_what_it_imports() -> None:
    distributions = packages_distributions()
    imported = {module for path in (ROOT / "devkit").rglob("*.py") for module in imports(path)}
    theirs = imported - sys.stdlib_module_names - {"approvals", "devkit", "bench"}
    needed = {normal(name) for module in theirs for name in distributions.get(module, [f"unknown: {module}"])}
    stated = [pins(name) for name in ("requirements.in", "requirements-dev.in", "requirements-engine.txt")]
    assert needed - {name for pinned in stated for name in pinned} == set()


def imports(path: Path) -> Iterator[str]:
    """The top-level names of what a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
