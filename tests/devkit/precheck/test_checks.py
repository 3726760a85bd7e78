# SPDX-License-Identifier: Apache-2.0
"""What the marketplace refuses is found before it is submitted, and our own package passes."""

from pathlib import Path

import pytest

from devkit.package.build import build_package, packed, write_zip
from devkit.precheck.command import checks, remarks
from devkit.precheck.documents import changelog
from devkit.precheck.install import install_test
from devkit.precheck.remark import Files, Weight

ROOT = Path(__file__).parents[3]
NOTES = (ROOT / "docs" / "review-notes.md").read_text(encoding="utf-8")
PACKED = packed(ROOT)


def weights(files: Files, check: str, notes: str = NOTES) -> list[Weight]:
    return [remark.weight for remark in checks(notes)[check](files)]


def test_nothing_in_our_package_would_be_refused() -> None:
    found = remarks(PACKED, NOTES)
    assert [remark for said in found.values() for remark in said if remark.weight is Weight.BLOCKS] == []


@pytest.mark.parametrize(
    ("check", "path", "data"),
    [
        ("contents", "approvals/.env", b"KEY=1"),
        ("contents", "approvals/notes.log", b""),
        ("contents", "node_modules/x.js", b""),
        ("contents", "big.txt", b"x" * 60_000_000),
        ("binaries", "approvals/fast.so", b""),
        ("binaries", "approvals/tool", b"\x7fELF\x02"),
        ("secrets", "approvals/a.py", b"x = 'sk-" + b"a1B2" * 8 + b"'"),
        ("secrets", "approvals/a.py", b"api_key = '0123456789abcdef0123456789abcdef'"),
        ("secrets", "approvals/a.py", b"-----BEGIN RSA PRIVATE KEY-----"),
        ("dependencies", "requirements.txt", b"dify-plugin==0.8.1\n"),
        ("dependencies", "requirements.txt", b"dify-plugin==0.10.2\ngit+https://example.org/x\n"),
        ("compile", "approvals/a.py", b"def ("),
        ("safety", "approvals/a.py", b"requests.get(url)\n"),
        ("readme", "README.md", b"# A plugin\n"),
        ("readme", "README.md", PACKED["README.md"] + "\n智能\n".encode()),
        ("privacy", "PRIVACY.md", b"  \n"),
        ("icon", "_assets/icon.svg", b"DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE"),
    ],
)
def test_what_would_be_refused_is_found(check: str, path: str, data: bytes) -> None:
    assert Weight.BLOCKS in weights({**PACKED, path: data}, check)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"repo: https://github.com/approvalkit/approvals\n", b""),
        (b"contact: maintainers@approvalkit.example\n", b"contact: nobody\n"),
        (b"author: approvalkit", b"author: mydify"),
        (b"version: 0.", b"version: a0."),
        (b"repo: https://github.com/", b"repo: https://example.org/"),
    ],
)
def test_a_manifest_that_would_be_refused_is_found(old: bytes, new: bytes) -> None:
    changed = PACKED["manifest.yaml"].replace(old, new)
    assert changed != PACKED["manifest.yaml"]
    assert Weight.BLOCKS in weights({**PACKED, "manifest.yaml": changed}, "manifest")


def test_an_address_that_is_still_the_example_is_a_warning() -> None:
    assert weights(PACKED, "manifest") == [Weight.WARNS]


def test_what_the_notes_do_not_disclose_would_be_refused() -> None:
    assert Weight.BLOCKS in weights(PACKED, "capabilities", notes="We do nothing.")


def test_a_version_without_an_entry_is_noted() -> None:
    assert list(changelog("9.9.9", "## [0.1.0]"))
    assert not list(changelog("0.1.0", "## [0.1.0] - 2026-11-30"))


def test_our_package_starts_as_the_marketplace_starts_it(tmp_path: Path) -> None:
    assert list(install_test(build_package(ROOT, tmp_path / "approvals.difypkg").path)) == []


def test_a_package_that_ends_at_once_is_found(tmp_path: Path) -> None:
    write_zip(tmp_path / "broken.difypkg", {"main.py": b"raise SystemExit('no')\n"})

    (remark,) = install_test(tmp_path / "broken.difypkg")
    assert "answered nothing" in remark.text
    assert "no" in remark.text
