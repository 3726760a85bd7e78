# SPDX-License-Identifier: Apache-2.0
"""A desk over a store, with the plugin's tools in process: requests go in, pages come out."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from pydantic import SecretStr

from approvals.dify.orders import find_order, route_order
from approvals.dify.outputs.finding import find_answer
from approvals.dify.outputs.routing import route_answer
from approvals.domain.revisions import with_revision, with_revision_analysis
from approvals.domain.terms import HowKnown
from approvals.web.desk.desk import Desk
from approvals.web.desk.sessions import COOKIE
from approvals.web.http import HttpRequest, HttpResponse
from approvals.web.links import Links
from approvals.web.settings import EndpointSettings
from approvals.web.tools import Variables
from tests.approvals.domain.worlds import analysis
from tests.approvals.service.worlds import ServiceWorld

TOKEN = "token-of-the-endpoint-0123456789"
SECRET = "desk-secret-0123456789-0123456789"
SETTINGS = EndpointSettings(api_token=SecretStr(TOKEN), desk_secret=SecretStr(SECRET))
ADDRESS = "https://dify.example.com/e/hook1234hook1234"
HOOK = {"dify-hook-id": "hook1234hook1234"}
_PATHS = (
    re.compile(r"/desk"),
    re.compile(r"/desk/(?P<request_id>[^/]+)"),
    re.compile(r"/d/(?P<token>[^/]+)"),
)


class DeskWorld(ServiceWorld):
    """A workspace with a desk, seen through one browser at a time."""

    def __init__(self, settings: EndpointSettings = SETTINGS) -> None:
        super().__init__()
        self.settings = settings
        self.links = Links(ADDRESS, SecretStr(SECRET))
        self.desk = Desk(self.clock)
        self.known: list[HowKnown | None] = []
        """How the actors of decisions were said to be known, in order."""

    def call(
        self, tool: str, parameters: Mapping[str, Any], known: HowKnown | None = None, message_id: str = ""
    ) -> Variables:
        """The tools, as an endpoint calls them; what each answers has its way through JSON behind it elsewhere."""
        if tool == "find_approvals":
            asked = find_order(parameters)
            return find_answer(asked, self.finding.find(asked), self.links).variables
        self.known.append(known)
        order = route_order(parameters)
        decision = order.decision if known is None else replace(order.decision, how_known=known)
        result = self.deciding.decide(order.request_id, decision)
        return route_answer(order.request_id, result, order.language, self.links).variables

    def get(self, path: str, cookie: str = "", **headers: str) -> HttpResponse:
        """A GET, as a browser with that cookie sends it."""
        return self._send("GET", path, {}, cookie, headers)

    def post(self, path: str, form: Mapping[str, str], cookie: str = "", **headers: str) -> HttpResponse:
        """A form, as a browser sends it."""
        return self._send("POST", path, form, cookie, headers)

    def signed_in(self, person: str) -> str:
        """The cookie of a new session."""
        answer = self.post("/desk", {"person": person, "token": TOKEN})
        assert answer.status == 303, text_of(answer)
        return cookie_of(answer)

    def revise(self, request_id: str, **changes: Any) -> None:
        """New content for a returned request, analysed."""
        kept = self.store.load(request_id)
        asked = with_revision(kept, kept.request.model_copy(update=changes), self.clock.now())
        self.store.save(asked, kept.version)
        read = with_revision_analysis(asked, analysis(), self.clock.now())
        self.store.save(read, asked.version)

    def link_for(self, request_id: str, person: str) -> str:
        """The path of a person's link."""
        (link,) = self.links.personal(self.store.load(request_id), [person])
        return urlsplit(link.url).path.removeprefix("/e/hook1234hook1234")

    def _send(
        self, method: str, path: str, form: Mapping[str, str], cookie: str, headers: Mapping[str, str]
    ) -> HttpResponse:
        parts = urlsplit(path)
        found = next((match for one in _PATHS if (match := one.fullmatch(parts.path))), None)
        assert found is not None, path
        query = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
        request = HttpRequest(
            method,
            unquote(parts.path),
            {name: unquote(value) for name, value in found.groupdict().items()},
            {name: unquote(value) for name, value in query.items()},
            {**HOOK, **{name.replace("_", "-"): value for name, value in headers.items()}},
            {COOKIE: cookie} if cookie else {},
            urlencode(form).encode(),
        )
        handlers = {
            "GET": self.desk.link_get if parts.path.startswith("/d/") else self.desk.desk_get,
            "POST": self.desk.link_post if parts.path.startswith("/d/") else self.desk.desk_post,
        }
        return handlers[method](request, self.settings, self)


def cookie_of(answer: HttpResponse) -> str:
    """The session in a response's `Set-Cookie`."""
    found = re.match(rf"{COOKIE}=([^;]*)", answer.headers["Set-Cookie"])
    assert found is not None
    return found[1]


def text_of(answer: HttpResponse) -> str:
    """The page as a reader sees it: without tags."""
    html = re.sub(r"<style>.*?</style>", "", answer.body.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def fields_of(answer: HttpResponse) -> dict[str, str]:
    """The hidden fields of a page's last form."""
    last = answer.body.decode().rpartition("<form")[2].partition("</form>")[0]
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', last)
    return {name: unescape(value) for name, value in pairs}
