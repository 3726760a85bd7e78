# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit.bundle` writes the workflow files; with `--check` it only says whether they are up to date."""

import sys
from collections.abc import Mapping
from pathlib import Path

from devkit.bundle.approval import approval
from devkit.bundle.approval_batch import approval_batch
from devkit.bundle.approval_chat import approval_chat
from devkit.bundle.approval_http import approval_http
from devkit.bundle.approval_v2 import approval_v2
from devkit.bundle.approval_webhook import approval_webhook
from devkit.bundle.deadline_sweep import deadline_sweep
from devkit.bundle.decision import PROVIDER
from devkit.bundle.text import as_yaml
from devkit.declarations import Declarations, read_declarations, read_tool

ROOT = Path(__file__).resolve().parents[2]


def written(plugin_folder: Path = ROOT) -> Mapping[str, str]:
    """The text of every workflow file, by its name in `workflows/`."""
    declarations = shipped_tools(plugin_folder)
    documents = {
        "approval.yml": approval(declarations),
        "approval_batch.yml": approval_batch(declarations),
        "approval_chat.yml": approval_chat(declarations),
        "approval_http.yml": approval_http(),
        "approval_v2.yml": approval_v2(declarations),
        "approval_webhook.yml": approval_webhook(declarations),
        "deadline_sweep.yml": deadline_sweep(declarations),
    }
    return {name: as_yaml(document) for name, document in documents.items()}


def shipped_tools(plugin_folder: Path = ROOT) -> Declarations:
    """The plugin's tools, with those that stand in `tools/` and are not offered yet."""
    written_down = {
        (PROVIDER, path.stem): read_tool(path, PROVIDER) for path in (plugin_folder / "tools").glob("*.yaml")
    }
    return {**written_down, **read_declarations(plugin_folder)}


def main(arguments: list[str]) -> int:
    """Write the files, or compare them. Returns 1 when `--check` finds one that is not up to date."""
    folder = ROOT / "workflows"
    folder.mkdir(exist_ok=True)
    stale = {name: text for name, text in written().items() if not _same(folder / name, text)}
    for name, text in stale.items():
        if "--check" not in arguments:
            (folder / name).write_text(text, encoding="utf-8")
        print(f"workflows/{name}: {'out of date' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
