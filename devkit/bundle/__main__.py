# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit.bundle` writes the workflow files; with `--check` it only says whether they are up to date."""

import sys

from devkit.bundle.command import ROOT, check, write

if __name__ == "__main__":
    folder = ROOT / "workflows"
    sys.exit(check(folder) if "--check" in sys.argv[1:] else write(folder))
