# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit.bundle` writes the workflow files; with `--check` it only says whether they are up to date."""

import sys
from collections.abc import Mapping
from pathlib import Path

from devkit.bundle.approval import approval
from devkit.bundle.text import as_yaml
from devkit.engine.declarations import read_declarations

ROOT = Path(__file__).resolve().parents[2]


def written(plugin_folder: Path = ROOT) -> Mapping[str, str]:
    """The text of every workflow file, by its name in `workflows/`."""
    declarations = read_declarations(plugin_folder)
    return {"approval.yml": as_yaml(approval(declarations))}


def main(arguments: list[str]) -> int:
    """Write the files, or compare them. Returns 1 when `--check` finds one that is not up to date."""
    folder = ROOT / "workflows"
    folder.mkdir(exist_ok=True)
    stale = [name for name, text in written().items() if not _same(folder / name, text)]
    for name in stale:
        if "--check" not in arguments:
            (folder / name).write_text(written()[name], encoding="utf-8")
        print(f"workflows/{name}: {'out of date' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
