# SPDX-License-Identifier: Apache-2.0
"""`devkit package`: the package, the workflows that name it, and their checksums."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import typer

from devkit.lint.command import lint_files
from devkit.lint.finding import Strength
from devkit.lint.report import Format
from devkit.package.build import PackageError, build_package
from devkit.package.stamp import StampError, stamp

ROOT: Final = Path(__file__).parents[2]


def package(target: Path) -> int:
    """Write the package to `target`, and beside it `workflows/` and `SHA256SUMS`. Gives the exit code."""
    try:
        built = build_package(ROOT, target)
        workflows = stamp(ROOT / "workflows", target.parent / "workflows", built)
    except (PackageError, StampError, OSError) as error:
        typer.echo(f"package: {error}", err=True)
        return 1
    sums = target.parent / "SHA256SUMS"
    sums.write_text(_sums([built.path, *workflows], target.parent), encoding="utf-8")
    typer.echo(f"{built.path}: {built.files} files, {built.unpacked_bytes / 1024:,.0f} KiB unpacked")
    typer.echo(f"{target.parent / 'workflows'}: {len(workflows)} workflows that name the package")
    typer.echo(built.identifier)
    return lint_files(workflows, Strength.BUNDLE, Format.TEXT)


def _sums(files: Iterable[Path], folder: Path) -> str:
    """What `sha256sum --check` reads."""
    lines = (
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}\n"
        for file in files
    )
    return "".join(lines)
