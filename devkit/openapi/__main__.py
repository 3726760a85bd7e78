# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit.openapi` writes docs/openapi.yaml."""

from devkit.openapi.document import PAGE, written

if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
    print(f"{PAGE.name}: written")
