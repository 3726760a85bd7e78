# SPDX-License-Identifier: Apache-2.0
"""Whoever meets an error code finds what to do, and every page of docs/ can be reached from the README."""

import re

from approvals.errors import ErrorCode
from tests.package.files import ROOT

DOCS = ROOT / "docs"


def test_every_code_has_an_entry() -> None:
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    assert re.findall(r"^### (\w+)$", text, re.MULTILINE) == [code.value for code in ErrorCode]


def test_every_link_between_the_pages_leads_to_a_file() -> None:
    dead = [
        f"{page.name}: {link}"
        for page in DOCS.rglob("*.md")
        for link in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert dead == []
