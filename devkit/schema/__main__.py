# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit.schema` writes the schema files; with `--check` it only says whether they are up to date."""

import sys
from collections.abc import Mapping
from pathlib import Path

from devkit.schema.build import bundle_schema, dify_schema, written

FOLDER = Path(__file__).resolve().parents[2] / "schemas"


def files() -> Mapping[str, str]:
    """The text of each schema file, by its name in `schemas/`."""
    return {
        "dify-workflow.schema.json": written(dify_schema()),
        "dify-workflow-bundle.schema.json": written(bundle_schema()),
    }


def main(arguments: list[str]) -> int:
    """Write the files, or compare them. Returns 1 when `--check` finds one that is not up to date."""
    texts = files()
    stale = [name for name, text in texts.items() if not _same(FOLDER / name, text)]
    for name in stale:
        if "--check" not in arguments:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / name).write_text(texts[name], encoding="utf-8")
        print(f"schemas/{name}: {'out of date' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
