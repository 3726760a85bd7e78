# SPDX-License-Identifier: Apache-2.0
"""What a packed README points to outside of the package becomes an address of the repository."""

import pytest

from devkit.package.readme import standing_alone, targets

PACKED = {"PRIVACY.md", "_assets/form.png"}


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("[a](docs/a.md)", "[a](https://x/o/n/blob/v1/docs/a.md)"),
        ("[a](docs/a.md#part)", "[a](https://x/o/n/blob/v1/docs/a.md#part)"),
        ("![a](docs/a.svg)", "![a](https://x/o/n/raw/v1/docs/a.svg)"),
        ('<img alt="b" src="docs/a.png">', '<img alt="b" src="https://x/o/n/raw/v1/docs/a.png">'),
        ("[a](PRIVACY.md)", "[a](PRIVACY.md)"),
        ("![a](_assets/form.png)", "![a](_assets/form.png)"),
        (
            "[a](#part) [b](https://e.org/c) [c](mailto:a@b.c)",
            "[a](#part) [b](https://e.org/c) [c](mailto:a@b.c)",
        ),
    ],
)
def test_links_and_pictures(text: str, alone: str) -> None:
    assert standing_alone(text, PACKED, "https://x/o/n", "v1") == alone


def test_targets_are_those_that_stand_in_the_repository() -> None:
    assert targets("[a](docs/a.md) ![b](b.svg) [c](https://e.org)") == ["docs/a.md", "b.svg"]
