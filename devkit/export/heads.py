# SPDX-License-Identifier: Apache-2.0
"""Heads of ledgers that were kept outside of the store: log lines, notices, or any JSON that holds entries."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from approvals.domain.records import LedgerEntry
from devkit.export.source import ExportError

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_DEEPEST: Final = (
    8  # a log may hold the plugin's line as text in JSON of its own, which may stand in JSON again
)


class Head(NamedTuple):
    """An entry that a ledger once ended with: its request, its number, its hash."""

    request_id: str
    sequence: int
    hash: str


type Heads = Mapping[str, Sequence[Head]]
"""By request id, each request's heads by their number."""


def read_heads(path: Path) -> Heads:
    """The heads in a file. Raises `ExportError` where there are none, and `OSError`."""
    found: dict[str, set[Head]] = defaultdict(set)
    for head in heads_in(path.read_text(encoding="utf-8", errors="replace")):
        found[head.request_id].add(head)
    if not found:
        raise ExportError(
            f"{path} holds no head of a ledger; give it the plugin's log lines with 'ledger_head', or JSON "
            'objects with "request_id", "sequence" and "hash"'
        )
    return {request_id: sorted(heads) for request_id, heads in found.items()}


def heads_in(text: str) -> Iterator[Head]:
    """Every head in a text that is one JSON document, or in its lines, each from its first brace on."""
    document = _parsed(text)
    if document is not None:
        yield from _within(document, _DEEPEST)
        return
    for line in text.splitlines():
        yield from _within(
            _parsed(line[line.find("{") :]) if 'hash"' in line.replace("\\", "") else None, _DEEPEST
        )


def faults_against(heads: Sequence[Head], entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """Where a ledger does not hold the heads that it once had."""
    for head in heads:
        name = f"entry {head.sequence}"
        if not 0 < head.sequence <= len(entries):
            yield f"{name} is missing: a head kept outside says that it was written, with hash {head.hash}"
        elif entries[head.sequence - 1].hash != head.hash:
            yield f"{name} was rewritten: its hash was {head.hash} when it was written"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _within(value: Any, depth: int) -> Iterator[Head]:
    """The heads in a JSON value, and in JSON that stands in one of its texts."""
    if depth < 0:
        return
    if isinstance(value, str):
        if 'hash"' in value.replace("\\", ""):
            yield from _within(_parsed(value[value.find("{") :]), depth - 1)
    elif isinstance(value, list):
        for each in value:
            yield from _within(each, depth - 1)
    elif isinstance(value, dict):
        head = _head(value)
        if head:
            yield head
        for each in value.values():
            yield from _within(each, depth - 1)


def _head(found: Mapping[str, Any]) -> Head | None:
    match found:
        case {"request_id": str(request_id), "sequence": int(sequence), "hash": str(hash_)}:
            pass
        case {"request_id": str(request_id), "sequence": int(sequence), "entry_hash": str(hash_)}:
            pass
        case _:
            return None
    return Head(request_id, sequence, hash_) if _HASH.fullmatch(hash_) else None
