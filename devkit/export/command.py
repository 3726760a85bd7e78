# SPDX-License-Identifier: Apache-2.0
"""`devkit export`: the files that an auditor gets, and what can be said of the ledgers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from approvals.domain.ledger_keys import UNKEYED, LedgerKeys, parse_ledger_keys
from approvals.errors import ApprovalError
from devkit.decoding import FileUnreadableError, decoded
from devkit.export.heads import Head, read_heads
from devkit.export.page import audit_page
from devkit.export.source import AnswerSource, Exported, ExportError, Source, StoreSource
from devkit.export.verdict import Verdict, verdict_of


@dataclass(frozen=True, slots=True)
class Export:
    """The files that were written, and the verdict on the ledger."""

    paths: Sequence[Path]
    verdict: Verdict


def source_of(store_url: str, answer: Path | None) -> Source:
    """The one source that is given. Raises `ExportError` for none or two, and `OSError`."""
    if bool(store_url) == (answer is not None):
        raise ExportError(
            "give either --store-url (or STORE_URL) or --answer, the saved answer of find_approvals"
        )
    if answer is None:
        return StoreSource(store_url)
    try:
        return AnswerSource(decoded(answer.read_bytes()).text)
    except FileUnreadableError as error:
        raise ExportError(f"{answer}: {error}") from None


def read_keys(path: Path | None) -> LedgerKeys:
    """The ledger keys in a file, written as in the setting ledger_key; lines that begin with # are comments.

    Raises `ExportError` where there are none, and `OSError`.
    """
    if path is None:
        return UNKEYED
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        keys = parse_ledger_keys(
            "\n".join(line for line in lines if not line.lstrip().startswith("#")), str(path)
        )
    except ApprovalError as error:
        raise ExportError(error.message) from None
    if not keys:
        raise ExportError(f"{path} holds no key; write what stands in the setting ledger_key into it")
    return keys


def export(
    request_id: str, folder: Path, source: Source, keys: LedgerKeys = UNKEYED, expected: Path | None = None
) -> Export:
    """Write the record as JSON and as a page into `folder`, with refused decisions if there are any.

    `expected` is a file with heads that were kept outside. Raises `ExportError` and `OSError`.
    """
    if not request_id:
        raise ExportError("name a request, or give --expect-head to compare every request that it names")
    heads = read_heads(expected).get(request_id, ()) if expected else ()
    found = source.find(request_id)
    if found is None:
        raise ExportError(
            f"not_found: there is no request {request_id!r}"
            + (f", but {expected} has {len(heads)} heads of its ledger: it was removed" if heads else "")
        )
    verdict = verdict_of(found, keys, heads)
    return Export(_written(found, folder, verdict), verdict)


def compare(source: Source, keys: LedgerKeys, expected: Path) -> Mapping[str, Verdict]:
    """The verdict on every request that a file with heads names. Raises `ExportError` and `OSError`."""
    return {
        request_id: _compared(source, keys, request_id, heads)
        for request_id, heads in read_heads(expected).items()
    }


def _compared(source: Source, keys: LedgerKeys, request_id: str, heads: Sequence[Head]) -> Verdict:
    """One request that cannot be read says so and ends nothing."""
    try:
        found = source.find(request_id)
    except ExportError as error:
        return Verdict([f"the request cannot be read: {error}"], (), (), len(heads))
    if found is None:
        gone = f"the request is missing: {len(heads)} heads kept outside say that it was there"
        return Verdict([gone], (), (), len(heads))
    return verdict_of(found, keys, heads)


def _written(found: Exported, folder: Path, verdict: Verdict) -> Sequence[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(
        character if character.isalnum() or character in "._-" else "_"
        for character in found.record.request_id
    )
    as_json, as_page = folder / f"{name}.json", folder / f"{name}.html"
    as_json.write_text(found.record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    page = audit_page(found.record, datetime.now(UTC), verdict, found.refusals)
    as_page.write_text(page, encoding="utf-8")
    if not found.refusals:
        return [as_json, as_page]
    refused = folder / f"{name}.refusals.json"
    refusals = [refusal.model_dump(mode="json") for refusal in found.refusals]
    refused.write_text(json.dumps(refusals, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [as_json, as_page, refused]
