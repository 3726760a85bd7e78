# SPDX-License-Identifier: Apache-2.0
"""What `devkit export` prints, and its exit code: 0 when every ledger verifies, else 1."""

from pathlib import Path

import typer

from devkit.export.command import compare, export, read_keys, source_of
from devkit.export.source import ExportError


def run(
    request_id: str,
    folder: Path,
    *,
    store_url: str,
    answer: Path | None,
    key_file: Path | None,
    expect_head: Path | None,
) -> int:
    """Export one request, or compare all that a file of heads names. Gives the exit code."""
    try:
        keys, source = read_keys(key_file), source_of(store_url, answer)
        if request_id or expect_head is None:
            done = export(request_id, folder, source, keys, expect_head)
            for path in done.paths:
                typer.echo(path)
            for line in done.verdict.said:
                typer.echo(f"{request_id}: {line}", err=not done.verdict.ok)
            return 0 if done.verdict.ok else 1
        verdicts = compare(source, keys, expect_head)
    except (ExportError, OSError) as error:
        typer.echo(f"export: {error}", err=True)
        return 1
    wrong = {name: verdict for name, verdict in verdicts.items() if not verdict.ok}
    for name, verdict in wrong.items():
        for line in verdict.said:
            typer.echo(f"{name}: {line}", err=True)
    typer.echo(f"{len(verdicts)} requests compared with their heads; {len(wrong)} do not verify")
    return 1 if wrong else 0
