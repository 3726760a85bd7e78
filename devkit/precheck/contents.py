# SPDX-License-Identifier: Apache-2.0
"""Files that a package may not hold: too many or too large ones, leftovers, binaries, secrets."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from devkit.precheck.remark import Files, Remark, blocks, lines, warns

MOST_BYTES: Final = 50 * 1024 * 1024
MOST_FILES: Final = 5_000
_FOLDERS: Final = frozenset(
    {".git", ".venv", "venv", "env", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".idea", ".vscode",
     "node_modules"}
)  # fmt: skip
_NAMES: Final = frozenset({".env", ".DS_Store", "id_rsa"})
_ENDINGS: Final = (".key", ".pem", ".p12", ".pfx", ".pyc", ".log", ".tmp", ".swp", ".bak")
_DOUBTFUL: Final = (".zip", ".tar", ".gz", ".7z", ".rar", ".sh", ".bin")
_BINARY: Final = (".so", ".dll", ".dylib", ".pyd", ".node", ".exe")
_MAGIC: Final = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe")
_SECRETS: Final = re.compile(
    r"\bsk-[A-Za-z0-9_-]{20,}|\bghp_[A-Za-z0-9]{20,}|\bxox[abpr]-[A-Za-z0-9-]{10,}|\bAKIA[A-Z0-9]{16}\b"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_LITERAL: Final = re.compile(
    r"""(?i)(?:key|secret|token|password)["']?\s*[:=]\s*["']([A-Za-z0-9+/=_-]{12,200})["']"""
)
_HEX_ENTROPY: Final = 3.0
_BASE64_ENTROPY: Final = 4.5
"""Bits per character from which a literal counts as a secret (toolkit/checks/secrets.py)."""
_TEXT: Final = (".py", ".yaml", ".yml", ".json", ".md", ".txt", ".toml", ".lua", ".html")


def contents(files: Files) -> Iterator[Remark]:
    """Sizes, leftovers and hidden files."""
    size = sum(map(len, files.values()))
    if size > MOST_BYTES:
        yield blocks(f"the files have {size:,} bytes; at most {MOST_BYTES:,} are taken")
    if len(files) > MOST_FILES:
        yield blocks(f"there are {len(files):,} files; at most {MOST_FILES:,} are taken")
    for path in files:
        parts = PurePosixPath(path).parts
        if _FOLDERS & set(parts) or parts[-1] in _NAMES or path.endswith(_ENDINGS):
            yield blocks(f"{path} does not belong into a package; keep it out with .difyignore")
        elif {"build", "dist"} & set(parts) or path.endswith(_DOUBTFUL):
            yield warns(f"{path}: a reviewer will ask what it is for")


def binaries(files: Files) -> Iterator[Remark]:
    """Programs: a plugin brings none."""
    for path, data in files.items():
        if data.startswith(_MAGIC) or path.endswith(_BINARY):
            yield blocks(f"{path} is a program; take it out, or depend on a package that brings it")


def secrets(files: Files) -> Iterator[Remark]:
    """Keys and tokens that somebody left in a file."""
    for path, number, line in lines(files, *_TEXT):
        if _SECRETS.search(line):
            yield blocks(f"{path}:{number} looks like a key; take it out and have it replaced")
        for found in _LITERAL.finditer(line):
            value = found[1]
            limit = _HEX_ENTROPY if re.fullmatch(r"[0-9a-fA-F]+", value) else _BASE64_ENTROPY
            if _entropy(value) >= limit:
                yield blocks(f"{path}:{number} assigns what looks like a secret; take it out")


def _entropy(text: str) -> float:
    """Bits per character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
