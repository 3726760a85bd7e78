# SPDX-License-Identifier: Apache-2.0
"""Every check over the package of this repository, as a table; the exit code is 1 when one would refuse it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from devkit.package.build import build_package, packed
from devkit.precheck import code, contents, documents
from devkit.precheck.install import install_test
from devkit.precheck.remark import Check, Files, Remark, Weight

ROOT: Final = Path(__file__).parents[2]
_COLOURS: Final = {Weight.BLOCKS: "red", Weight.WARNS: "yellow", Weight.NOTED: "dim"}


def checks(notes: str) -> Mapping[str, Check]:
    """Each check by name. `notes` is the text of docs/review-notes.md."""
    return {
        "contents": contents.contents,
        "binaries": contents.binaries,
        "secrets": contents.secrets,
        "manifest": documents.manifest,
        "readme": documents.readme,
        "privacy": documents.privacy,
        "icon": documents.icon,
        "dependencies": code.dependencies,
        "compile": code.compiles,
        "safety": code.safety,
        "capabilities": code.capabilities(notes),
        "financial words": code.words_of_money,
        "domains": code.hosts,
    }


def remarks(files: Files, notes: str) -> Mapping[str, Sequence[Remark]]:
    """What every check says of the files."""
    return {name: list(check(files)) for name, check in checks(notes).items()}


def precheck(*, install: bool) -> int:
    """Check the package of this repository, with its install test unless that is left out. Gives the exit code."""
    console = Console()
    files = packed(ROOT)
    found = dict(remarks(files, (ROOT / "docs" / "review-notes.md").read_text(encoding="utf-8")))
    with TemporaryDirectory() as folder:
        built = build_package(ROOT, Path(folder) / "approvals.difypkg")
        found["version"] = list(
            documents.changelog(built.version, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
        )
        if install:
            found["install"] = list(install_test(built.path))
    console.print(_table(found))
    console.print(
        f"{built.files} files, {built.unpacked_bytes / 1024:,.0f} KiB: {built.identifier}", markup=False
    )
    blocking = [remark for said in found.values() for remark in said if remark.weight is Weight.BLOCKS]
    console.print(f"{len(blocking)} would refuse the package")
    return int(bool(blocking))


def _table(found: Mapping[str, Iterable[Remark]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("check", "result", ""):
        table.add_column(title, overflow="fold")
    for name, said in found.items():
        listed = list(said)
        if not listed:
            table.add_row(name, "[green]passes[/green]", "")
        for place, remark in enumerate(listed):
            colour = _COLOURS[remark.weight]
            table.add_row("" if place else name, f"[{colour}]{remark.weight}[/{colour}]", escape(remark.text))
    return table
