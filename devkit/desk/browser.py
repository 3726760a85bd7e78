# SPDX-License-Identifier: Apache-2.0
"""Shows pages in Debian's Chromium, without a window: takes pictures of them, or lets axe-core look at them."""

import json
import re
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from enum import IntEnum
from html import unescape
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
AXE: Final = Path(sysconfig.get_path("purelib")) / "axe_playwright_python" / "axe.min.js"
"""axe-core, out of a package that brings it along; nothing else of that package is used."""
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_SECONDS: Final = 60
_FINDINGS: Final = re.compile(r'<pre id="axe-findings">(.*?)</pre>', re.DOTALL)
_RUN_AXE: Final = """
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(found => {
  const told = document.createElement("pre");
  told.id = "axe-findings";
  told.textContent = JSON.stringify(found.violations.map(one => (
    {rule: one.id, impact: one.impact, help: one.help, where: one.nodes.map(node => node.html).slice(0, 5)})));
  document.documentElement.append(told);
});
"""


class Scheme(IntEnum):
    """Which colours the reader prefers, in Chromium's numbers."""

    DARK = 0
    LIGHT = 1


class BrowserError(Exception):
    """Chromium, or what it was asked to do, failed."""


def chromium() -> str:
    """The program. Raises `BrowserError` where there is none."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise BrowserError("Chromium is not installed; on Debian: apt-get install chromium")
    return found


def picture(page: Path, target: Path, width: int, height: int, scheme: Scheme) -> None:
    """Write a PNG of a page. Raises `BrowserError`."""
    _run(page, scheme, [f"--window-size={width},{height}", "--hide-scrollbars", f"--screenshot={target}"])
    if not target.exists():
        raise BrowserError(f"Chromium made no picture of {page.name}")


def findings(html: str, scheme: Scheme, width: int = 1280) -> list[dict[str, Any]]:
    """What axe-core finds in a page: `rule`, `impact`, `help` and where. Raises `BrowserError`, `OSError`."""
    script = AXE.read_text(encoding="utf-8").replace("</script", "<\\/script")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        scripts = f"<script>{script}</script><script>{_RUN_AXE}</script>"
        page.write_text(html.replace("</body>", f"{scripts}</body>"), encoding="utf-8")
        shown = _run(
            page, scheme, [f"--window-size={width},1600", "--virtual-time-budget=20000", "--dump-dom"]
        )
    found = _FINDINGS.search(shown)
    if found is None:
        raise BrowserError("axe-core gave no findings; the page may have failed to load")
    told: list[dict[str, Any]] = json.loads(unescape(found[1]))
    return told


def _run(page: Path, scheme: Scheme, options: Sequence[str]) -> str:
    """What Chromium prints. It runs without its sandbox, which root may not have: it is shown our own pages alone."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            chromium(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            f"--user-data-dir={profile}",
            f"--blink-settings=preferredColorScheme={scheme.value}",
            *options,
            page.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise BrowserError(f"Chromium did not finish within {_SECONDS} s") from None
    if done.returncode != 0:
        raise BrowserError(
            f"Chromium ended with {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}"
        )
    return done.stdout.decode(errors="replace")
