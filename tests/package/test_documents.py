# SPDX-License-Identifier: Apache-2.0
"""The documents that Dify and its marketplace show are there, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.package.files import ROOT

PAGES = sorted(ROOT.glob("*.md"))
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def test_the_readme_is_in_english_and_the_translations_are_beside_it() -> None:
    assert not CJK.search((ROOT / "README.md").read_text(encoding="utf-8"))
    translations = {path.name for path in ROOT.glob("README.*.md")}
    assert translations == {"README.zh_Hans.md", "README.ja_JP.md", "README.pt_BR.md"}


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
