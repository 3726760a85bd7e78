# SPDX-License-Identifier: Apache-2.0
"""The documents that Dify and its marketplace show are there, and their links lead somewhere."""

import re
from pathlib import Path

import pytest
import yaml

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


SETTING = re.compile(r"^\| ((?:`\w+`[,、 ]*)+) \|", re.MULTILINE)


def headings(text: str) -> int:
    return len(re.findall(r"^## ", text, re.MULTILINE))


def settings_and_tools(text: str) -> list[str]:
    return [name for row in SETTING.findall(text) for name in re.findall(r"`(\w+)`", row)]


@pytest.mark.parametrize("page", sorted(ROOT.glob("README.*.md")), ids=lambda page: page.name)
def test_a_translation_has_the_headings_settings_and_tools_of_the_english_readme(page: Path) -> None:
    english = (ROOT / "README.md").read_text(encoding="utf-8")
    translated = page.read_text(encoding="utf-8")

    assert headings(translated) == headings(english)
    assert settings_and_tools(translated) == settings_and_tools(english)
    assert set(re.findall(r"\]\((docs/[\w./-]+)", translated)) <= set(
        re.findall(r"\]\((docs/[\w./-]+)", english)
    )


def test_the_english_readme_names_every_setting_and_tool() -> None:
    named = settings_and_tools((ROOT / "README.md").read_text(encoding="utf-8"))
    provider = yaml.safe_load((ROOT / "provider" / "approvals.yaml").read_text(encoding="utf-8"))
    tools = [path.stem for path in (ROOT / "tools").glob("*.yaml")]

    assert set(named) == {*provider["credentials_for_provider"], *tools}
