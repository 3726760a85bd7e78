# SPDX-License-Identifier: Apache-2.0
"""Writes the workflow files: those of the repository, or an edition of them for one policy."""

import sys
from collections.abc import Mapping
from pathlib import Path

from approvals.domain.terms import Level
from approvals.errors import ApprovalError
from devkit.bundle.approval import approval, approval_v2
from devkit.bundle.approval_batch import approval_batch
from devkit.bundle.approval_chat import approval_chat
from devkit.bundle.approval_desk import approval_desk
from devkit.bundle.approval_http import approval_http
from devkit.bundle.approval_resume import approval_resume
from devkit.bundle.approval_webhook import approval_webhook
from devkit.bundle.deadline_sweep import deadline_sweep
from devkit.bundle.edition import Edition, edition_for, shipped_edition
from devkit.bundle.nodes import PROVIDER
from devkit.bundle.text import as_yaml
from devkit.declarations import Declarations, read_declarations, read_tool

ROOT = Path(__file__).resolve().parents[2]


def written(edition: Edition | None = None, plugin_folder: Path = ROOT) -> Mapping[str, str]:
    """The text of every workflow file, by its name in `workflows/`."""
    declarations = shipped_tools(plugin_folder)
    chosen = edition or shipped_edition(plugin_folder)
    documents = {
        "approval.yml": approval(declarations, chosen),
        "approval_batch.yml": approval_batch(declarations, chosen),
        "approval_chat.yml": approval_chat(declarations, chosen),
        "approval_desk.yml": approval_desk(declarations, chosen),
        "approval_http.yml": approval_http(chosen),
        "approval_resume.yml": approval_resume(declarations, chosen),
        "approval_v2.yml": approval_v2(declarations, chosen),
        "approval_webhook.yml": approval_webhook(declarations, chosen),
        "deadline_sweep.yml": deadline_sweep(declarations),
    }
    return {name: as_yaml(document) for name, document in documents.items()}


def shipped_tools(plugin_folder: Path) -> Declarations:
    """The plugin's tools, with those that stand in `tools/` and are not offered yet."""
    found = {
        (PROVIDER, path.stem): read_tool(path, PROVIDER) for path in (plugin_folder / "tools").glob("*.yaml")
    }
    return {**found, **read_declarations(plugin_folder)}


def write(folder: Path, edition: Edition | None = None) -> int:
    """Write the files that differ. Returns the exit code, 0."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _stale(folder, edition).items():
        (folder / name).write_text(text, encoding="utf-8")
        print(f"{folder.name}/{name}: written")
    return 0


def write_edition(policy: Path, folder: Path) -> int:
    """Write the files for one policy. Returns the exit code: 2 for a policy that cannot be read."""
    try:
        edition = edition_for(policy.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ApprovalError) as error:
        print(f"{policy}: {error}", file=sys.stderr)
        return 2
    code = write(folder, edition)
    unknown = [level for level in Level if level not in edition.addresses]
    if unknown:
        print(
            f"The policy has no address for {', '.join(unknown)}: put one into the e-mail delivery of these levels' "
            "forms, in place of the one at example.com."
        )
    return code


def check(folder: Path) -> int:
    """Say which files are out of date. Returns the exit code: 1 when any is."""
    stale = _stale(folder, None)
    for name in stale:
        print(f"{folder.name}/{name}: out of date")
    return 1 if stale else 0


def _stale(folder: Path, edition: Edition | None) -> dict[str, str]:
    return {name: text for name, text in written(edition).items() if not _same(folder / name, text)}


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text
