# SPDX-License-Identifier: Apache-2.0
"""What the code does that a reviewer must be told: dependencies, words of money, hosts, databases and the network."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from devkit.precheck.remark import Check, Files, Remark, blocks, lines, noted, warns

_PIN: Final = re.compile(r"[A-Za-z0-9._\[\]-]+==[^;\s]+")
_LEAST_SDK: Final = (0, 9, 0)
_MONEY: Final = re.compile(
    r"\b(?:payments?|charged?|refunds?|checkout|transactions?|trading|withdraw(?:al|s|n)?|deposits?|wire transfers?)\b",
    re.IGNORECASE,
)
_HOST: Final = re.compile(r"https?://([a-z0-9.-]+\.[a-z]{2,})", re.IGNORECASE)
_CAPABILITIES: Final = {
    "a database": re.compile(r"\b(?:sqlalchemy|psycopg|pymysql)\b|\.execute\("),
    "the network": re.compile(r"\b(?:httpx|requests|socket)\.|\bimport httpx\b"),
    "files": re.compile(r"\bopen\("),
    "other programs": re.compile(r"\bsubprocess\b|\bos\.system\("),
    "code made at run time": re.compile(r"\b(?:eval|exec)\("),
}
_TELLS: Final = re.compile(
    r"\b(?:log(?:ger)?\.\w+|print)\(.*(?:token|secret|password|credential)", re.IGNORECASE
)


def compiles(files: Files) -> Iterator[Remark]:
    """Every Python file compiles."""
    for path, data in files.items():
        if path.endswith(".py"):
            try:
                ast.parse(data)
            except SyntaxError as error:
                yield blocks(f"{path}:{error.lineno}: {error.msg}")


def dependencies(files: Files) -> Iterator[Remark]:
    """Every dependency is pinned, none comes from an address, and the SDK is new enough."""
    named = [
        line.strip() for _, _, line in lines(files, "requirements.txt") if line.strip() and line[0] != "#"
    ]
    for line in named:
        if "://" in line or line.startswith(("git+", "-")):
            yield blocks(f"requirements.txt: {line!r} is an address or an option; name a package")
        elif not _PIN.match(line):
            yield warns(f"requirements.txt: {line!r} is not pinned with ==")
    sdk = next((line for line in named if line.startswith("dify-plugin==")), "")
    version = tuple(int(part) for part in re.findall(r"\d+", sdk.partition("==")[2].partition(" ")[0])[:3])
    if version < _LEAST_SDK:
        yield blocks(f"requirements.txt: {sdk or 'no dify-plugin'}; at least 0.9.0 is asked for")


def words_of_money(files: Files) -> Iterator[Remark]:
    """Words that have a person look whether the plugin moves money. They never refuse it."""
    found: Counter[str] = Counter()
    for _, _, line in lines(files, ".py", ".yaml", ".md"):
        found.update(word.group().casefold() for word in _MONEY.finditer(line))
    if found:
        told = ", ".join(f"{word} {count}" for word, count in found.most_common())
        yield noted(f"words of money: {told}; docs/review-notes.md says that no money moves")


def hosts(files: Files) -> Iterator[Remark]:
    """Hosts that code and declarations name: what the plugin's page will show."""
    found = Counter(
        host[1].casefold() for _, _, line in lines(files, ".py", ".yaml") for host in _HOST.finditer(line)
    )
    if found:
        yield noted(f"hosts named in code and declarations: {', '.join(sorted(found))}")


def capabilities(notes: str) -> Check:
    """What the code can reach, and whether `notes`, the answers for the reviewer, speak of it."""

    def check(files: Files) -> Iterator[Remark]:
        for name, pattern in _CAPABILITIES.items():
            where = sorted({path for path, _, line in lines(files, ".py") if pattern.search(line)})
            if where and name not in notes.casefold():
                yield blocks(
                    f"{where[0]} and {len(where) - 1} others use {name}; say so in docs/review-notes.md"
                )
            elif where:
                yield noted(f"uses {name} in {len(where)} files")

    return check


def safety(files: Files) -> Iterator[Remark]:
    """Requests without a time limit, and secrets in what is logged."""
    for path, number, line in lines(files, ".py"):
        if re.search(r"\brequests\.(?:get|post|put|delete|request)\(", line) and "timeout" not in line:
            yield blocks(f"{path}:{number} sends a request without a timeout")
        if _TELLS.search(line):
            yield warns(f"{path}:{number} may log a secret by its name")
