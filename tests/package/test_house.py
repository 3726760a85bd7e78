# SPDX-License-Identifier: Apache-2.0
"""What holds for every file of the house."""

from fnmatch import fnmatch

from tests.package.files import ROOT

ROOMS = ["approvals", "devkit", "provider", "tools", "endpoints", "tests", "bench"]
SOURCES = [ROOT / "main.py", *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]
LINES_AT_MOST = 400
LICENCE = "# SPDX-License-Identifier: Apache-2.0"

SHIPPED = {
    *(
        "manifest.yaml",
        "main.py",
        "requirements.txt",
        "README.md",
        "readme",
        "PRIVACY.md",
        "LICENSE",
        "_assets",
    ),
    *("provider", "tools", "endpoints", "approvals", "policies"),
}


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > LINES_AT_MOST} == {}


def test_every_file_that_says_anything_names_its_licence_first() -> None:
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
