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
from html import escape, unescape
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
AXE: Final = Path(sysconfig.get_path("purelib")) / "axe_playwright_python" / "axe.min.js"
"""axe-core, out of a package that brings it along; nothing else of that package is used."""
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_SECONDS: Final = 60
_FINDINGS: Final = re.compile(r'<pre id="axe-findings-(\d+)">(.*?)</pre>', re.DOTALL)
_RUN_AXE: Final = """
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(found => {
  const told = parent.document.createElement("pre");
  told.id = "axe-findings-" + frameElement.dataset.number;
  told.textContent = JSON.stringify(found.violations.map(one => (
    {rule: one.id, impact: one.impact, help: one.help, where: one.nodes.map(node => node.html).slice(0, 5)})));
  parent.document.body.append(told);
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


def findings(pages: Sequence[str], scheme: Scheme, width: int = 1280) -> list[list[dict[str, Any]]]:
    """What axe-core finds in each page: `rule`, `impact`, `help` and where. Raises `BrowserError`.

    All are shown at once, each in a frame of its own: the start of the browser takes longer than the look at a page.
    """
    scripts = f'<script src="{AXE.as_uri()}"></script><script>{_RUN_AXE}</script>'
    frames = "".join(
        f'<iframe data-number="{number}" width="{width}" height="1600" '
        f'srcdoc="{escape(html.replace("</body>", f"{scripts}</body>"))}"></iframe>'
        for number, html in enumerate(pages)
    )
    head = '<meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "pages.html"
        page.write_text(f"<!doctype html><head>{head}</head><body>{frames}</body>", encoding="utf-8")
        shown = _run(
            page, scheme, [f"--window-size={width},1600", "--virtual-time-budget=20000", "--dump-dom"]
        )
    found = {int(number): json.loads(unescape(told)) for number, told in _FINDINGS.findall(shown)}
    silent = sorted(set(range(len(pages))) - set(found))
    if silent:
        raise BrowserError(f"axe-core gave no findings for pages {silent}; they may have failed to load")
    return [found[number] for number in range(len(pages))]


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
