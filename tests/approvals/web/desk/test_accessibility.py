# SPDX-License-Identifier: Apache-2.0
"""axe-core looks at every page in Chromium: in light colours on a screen, in dark ones on a phone."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from approvals.domain.terms import Event, Level
from devkit.desk.browser import AXE, BrowserError, Scheme, chromium, findings
from tests.approvals.web.desk.test_pages import POLICY, stored
from tests.approvals.web.desk.worlds import DeskWorld, fields_of

type Page = Callable[[DeskWorld, str], bytes]

pytestmark = pytest.mark.slow
LOOKS = {Scheme.LIGHT: 1280, Scheme.DARK: 390}


def _sent(event: str) -> Page:
    def page(world: DeskWorld, cookie: str) -> bytes:
        form = {**fields_of(world.get("/desk/PO-1", cookie)), "event": event, "comment": "Fine"}
        return world.post("/desk/PO-1", form, cookie).body

    return page


def _faster(world: DeskWorld, cookie: str) -> bytes:
    form = fields_of(
        world.post("/desk/PO-1", {**fields_of(world.get("/desk/PO-1", cookie)), "event": "approve"}, cookie)
    )
    world.decide("PO-1", Event.REJECT, "Dan", actor_level=Level.DIRECTOR)
    return world.post("/desk/PO-1", form, cookie).body


def _used_link(world: DeskWorld, _cookie: str) -> bytes:
    link = world.link_for("PO-1", "dan@example.com")
    world.decide("PO-1", Event.REJECT, "Dan", actor_level=Level.DIRECTOR)
    return world.get(link).body


def _revised(world: DeskWorld, cookie: str) -> bytes:
    world.decide("PO-1", Event.RETURN, "Dan", actor_level=Level.DIRECTOR, comment="Too many")
    world.revise("PO-1", content="Six chairs for the studio", vendor="Acme")
    world.decide("PO-1", Event.RESUBMIT, "Twelve chairs for the studio", comment="Six will do")
    world.decide("PO-1", Event.RETURN, "Ann", actor_level=Level.MANAGER, comment="And the table?")
    world.revise("PO-1", content="Six chairs and a table for the studio")
    return world.get("/desk/PO-1", cookie).body


PAGES: dict[str, Page] = {
    "sign in": lambda world, _: world.get("/desk").body,
    "sign in, refused": lambda world, _: world.post("/desk", {"person": "Ann", "token": "x"}).body,
    "inbox": lambda world, cookie: world.get("/desk", cookie).body,
    "empty inbox": lambda world, cookie: world.get("/desk?show=decided", cookie).body,
    "request": lambda world, cookie: world.get("/desk/PO-1", cookie).body,
    "request with revisions": _revised,
    "request, form refused": _sent("nothing"),
    "confirmation": _sent("approve"),
    "somebody was faster": _faster,
    "insights": lambda world, cookie: world.get("/desk/insights", cookie).body,
    "link": lambda world, _: world.get(world.link_for("PO-1", "ann@example.com")).body,
    "used link": _used_link,
    "no link": lambda world, _: world.get("/d/x").body,
}


@pytest.fixture(scope="module", autouse=True)
def _browser() -> None:
    why = "" if AXE.exists() else f"{AXE.name} is not installed: make setup"
    try:
        chromium()
    except BrowserError as error:
        why = str(error)
    if why and os.environ.get("CI") == "true":
        pytest.fail(f"{why}; CI needs it")
    if why:
        pytest.skip(why)


def _html(page: Page) -> str:
    world = DeskWorld()
    stored(world, "Twelve chairs for the studio")
    world.decide("PO-1", Event.APPROVE, "Ann", actor_level=Level.MANAGER, comment="Checked")
    world.decide("PO-1", Event.APPROVE, "Zoe", actor_level=Level.MANAGER)  # refused, and shown to auditors
    world.submitted("PO-2", POLICY, requester="Mia", vendor="Acme")
    return page(world, world.signed_in("Dan")).decode()


def _faulty() -> str:
    """A page whose colours are wrong in either scheme, with a field that has no label."""
    html = DeskWorld().get("/desk").body.decode()
    html = html.replace("<style>", "<style>p { color: light-dark(#ddd, #333) !important; }")
    return html.replace('<label for="person">', "<label>")


@pytest.fixture(scope="module", params=list(Scheme), ids=lambda scheme: scheme.name.lower())
def found(request: pytest.FixtureRequest) -> dict[str, list[dict[str, Any]]]:
    """What axe finds in each page, by its name, and in one that is faulty."""
    pages = {name: _html(page) for name, page in PAGES.items()} | {"faulty": _faulty()}
    told = findings(list(pages.values()), request.param, LOOKS[request.param])
    return dict(zip(pages, told, strict=True))


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, found: dict[str, list[dict[str, Any]]]) -> None:
    assert found[name] == []


def test_axe_would_find_a_fault_in_these_colours(found: dict[str, list[dict[str, Any]]]) -> None:
    assert {"color-contrast", "label"} <= {finding["rule"] for finding in found["faulty"]}
