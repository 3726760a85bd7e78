# SPDX-License-Identifier: Apache-2.0
"""`devkit export`: the files that an auditor gets."""

from datetime import UTC, datetime
from pathlib import Path

from devkit.export.page import audit_page
from devkit.export.source import ExportError, record_from_answer, record_from_store


def export(request_id: str, folder: Path, *, store_url: str, answer: Path | None) -> list[Path]:
    """Write the record as JSON and as a page into `folder`; their paths. Raises `ExportError`."""
    if bool(store_url) == (answer is not None):
        raise ExportError(
            "give either --store-url (or STORE_URL) or --answer, the saved answer of find_approvals"
        )
    if answer is not None:
        record = record_from_answer(answer.read_text(encoding="utf-8"), request_id)
    else:
        record = record_from_store(store_url, request_id)
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(
        character if character.isalnum() or character in "._-" else "_" for character in request_id
    )
    as_json, as_page = folder / f"{name}.json", folder / f"{name}.html"
    as_json.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    as_page.write_text(audit_page(record, datetime.now(UTC)), encoding="utf-8")
    return [as_json, as_page]
