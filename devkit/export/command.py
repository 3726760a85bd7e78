# SPDX-License-Identifier: Apache-2.0
"""`devkit export`: the files that an auditor gets."""

import json
from datetime import UTC, datetime
from pathlib import Path

from devkit.export.page import audit_page
from devkit.export.source import ExportError, record_from_answer, record_from_store


def export(request_id: str, folder: Path, *, store_url: str, answer: Path | None) -> list[Path]:
    """Write the record as JSON and as a page into `folder`, with refused decisions if there are any.

    Gives the paths. Raises `ExportError`.
    """
    if bool(store_url) == (answer is not None):
        raise ExportError(
            "give either --store-url (or STORE_URL) or --answer, the saved answer of find_approvals"
        )
    if answer is not None:
        found = record_from_answer(answer.read_text(encoding="utf-8"), request_id)
    else:
        found = record_from_store(store_url, request_id)
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(
        character if character.isalnum() or character in "._-" else "_" for character in request_id
    )
    as_json, as_page = folder / f"{name}.json", folder / f"{name}.html"
    as_json.write_text(found.record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    as_page.write_text(audit_page(found, datetime.now(UTC)), encoding="utf-8")
    if not found.refusals:
        return [as_json, as_page]
    refused = folder / f"{name}.refusals.json"
    refusals = [refusal.model_dump(mode="json") for refusal in found.refusals]
    refused.write_text(json.dumps(refusals, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [as_json, as_page, refused]
