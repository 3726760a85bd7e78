# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit.lint` writes the list of rules into docs/linting.md; `python -m devkit lint` checks files."""

from devkit.lint.catalogue import PAGE, with_rules

if __name__ == "__main__":
    PAGE.write_text(with_rules(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
