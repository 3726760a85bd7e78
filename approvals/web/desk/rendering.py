# SPDX-License-Identifier: Apache-2.0
"""Turns a template and its view into a response: everything escaped, nothing cached, no script allowed."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from approvals.web.desk.visible import visible
from approvals.web.desk.visit import Visit
from approvals.web.desk.wording import NAMES, moment
from approvals.web.http import HttpResponse
from approvals.web.urls import path_part, root_of

_FOLDER: Final = Path(__file__).with_name("templates")


def page(
    visit: Visit,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    cookie: str = "",
    headers: Mapping[str, str] | None = None,
    **view: Any,
) -> HttpResponse:
    """A page. `view` is what the template shows, `cookie` the value of the one `Set-Cookie`."""
    html = (
        _environment()
        .get_template(f"{template}.html")
        .render(visit=visit, t=visit.t, root=root_of(visit.request.path), languages=NAMES, **view)
    )
    given = {**_headers(), "Content-Language": visit.t.tag, **(headers or {})}
    return HttpResponse(status, _with_cookie(given, cookie or visit.cookie), html.encode())


def see_other(location: str, cookie: str = "") -> HttpResponse:
    """Sends the browser to another page, with a GET. `location` is relative."""
    return HttpResponse(HTTPStatus.SEE_OTHER, _with_cookie({**_headers(), "Location": location}, cookie))


def problem(visit: Visit, status: int, key: str, **values: object) -> HttpResponse:
    """A page that says what did not work: `problem.<key>_title` and `problem.<key>`."""
    t = visit.t
    title, text = t(f"problem.{key}_title"), t(f"problem.{key}", **values)
    retry = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return page(visit, "problem", status=status, headers=retry, title=title, text=text)


def _with_cookie(headers: dict[str, str], cookie: str) -> dict[str, str]:
    return headers | ({"Set-Cookie": cookie} if cookie else {})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": moment, "path": path_part}
    environment.globals |= {"style": Markup(_style())}  # noqa: S704 - our own file
    return environment


def _shown(value: object) -> object:
    """Every value on its way into a page: its hidden characters can be seen. Jinja escapes it afterwards."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _style() -> str:
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


@cache
def _headers() -> Mapping[str, str]:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(policy),
        "Content-Type": "text/html; charset=utf-8",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }
