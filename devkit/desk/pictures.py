# SPDX-License-Identifier: Apache-2.0
"""`devkit desk-pictures`: the pictures of docs/desk.md, taken in Chromium from a desk with sample requests."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from devkit.desk.browser import ROOT, BrowserError, Scheme, picture
from devkit.desk.served import PERSON, sample_desk

PICTURES: Final = ROOT / "docs" / "pictures"
LARGEST: Final = 200_000
"""Bytes of a picture."""


class Shot(NamedTuple):
    """One picture: the page, and how it is looked at. `{request}` is the request that waits for a decision."""

    name: str
    path: str
    width: int
    height: int
    scheme: Scheme


SHOTS: Final = (
    Shot("desk-inbox.png", "desk", 1280, 720, Scheme.LIGHT),
    Shot("desk-request.png", "desk/{request}", 1280, 1120, Scheme.LIGHT),
    Shot("desk-insights.png", "desk/insights", 1280, 1120, Scheme.LIGHT),
    Shot("desk-request-dark.png", "desk/{request}", 1280, 1120, Scheme.DARK),
    Shot("desk-phone.png", "desk", 390, 844, Scheme.LIGHT),
    Shot("desk-phone-dark.png", "desk/{request}", 390, 844, Scheme.DARK),
)


def take_pictures(folder: Path = PICTURES) -> int:
    """Take them all. Returns the exit code: 1 without Chromium, or when a picture is too large."""
    try:
        with tempfile.TemporaryDirectory() as pages, _browser() as (browser, request_id):
            return max(_take(shot, browser, request_id, Path(pages), folder) for shot in SHOTS)
    except BrowserError as error:
        print(f"desk-pictures: {error}", file=sys.stderr)
        return 1


def _take(shot: Shot, browser: httpx.Client, request_id: str, pages: Path, folder: Path) -> int:
    answer = browser.get(shot.path.format(request=request_id))
    if answer.status_code != httpx.codes.OK:
        raise BrowserError(f"{shot.path} answered {answer.status_code}")
    page = pages / "page.html"
    page.write_bytes(answer.content)
    target = folder / shot.name
    picture(page, target, shot.width, shot.height, shot.scheme)
    size = target.stat().st_size
    print(f"{target.name}: {size:,} bytes{'' if size <= LARGEST else f', more than {LARGEST:,}'}")
    return int(size > LARGEST)


@contextmanager
def _browser() -> Iterator[tuple[httpx.Client, str]]:
    """Somebody who is signed in at a desk with sample requests, and the request that waits for them."""
    with (
        sample_desk() as desk,
        httpx.Client(base_url=f"{desk.url}/", trust_env=False, timeout=60) as browser,
    ):
        signed_in = browser.post("desk", data={"person": PERSON, "token": desk.token})
        if signed_in.status_code != httpx.codes.SEE_OTHER:
            raise BrowserError(f"signing in answered {signed_in.status_code}")
        yield browser, desk.request_id
