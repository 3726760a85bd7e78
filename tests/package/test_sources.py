# SPDX-License-Identifier: Apache-2.0
"""What holds for every source file, and what is in the package."""

from fnmatch import fnmatch

from tests.package.files import ROOT

FOLDERS = ["approvals", "devkit", "provider", "tools", "endpoints", "tests", "bench"]
SOURCES = [ROOT / "main.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))]
LINES_AT_MOST = 400
LICENCE = "# SPDX-License-Identifier: Apache-2.0"

SHIPPED = {
    *(
        "manifest.yaml",
        "main.py",
        "requirements.txt",
        "README.md",
        "README.ja_JP.md",
        "README.pt_BR.md",
        "README.zh_Hans.md",
        "PRIVACY.md",
        "LICENSE",
        "_assets",
    ),
    *("provider", "tools", "endpoints", "approvals", "policies"),
}


def test_no_source_file_has_more_than_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > LINES_AT_MOST} == {}


def test_every_source_file_names_its_licence_in_the_first_line() -> None:
    firsts = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").partition("\n")[0] for path in SOURCES
    }
    assert [name for name, first in firsts.items() if first not in {LICENCE, ""}] == []


def test_the_package_holds_what_dify_reads_and_nothing_else() -> None:
    kept_out = [
        line.strip("/")
        for line in (ROOT / ".difyignore").read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    ]
    packed = {
        path.name for path in ROOT.iterdir() if not any(fnmatch(path.name, pattern) for pattern in kept_out)
    }
    assert sorted(packed - SHIPPED) == []
