# SPDX-License-Identifier: Apache-2.0
"""Who is signed in: a signed cookie of this endpoint's own path, and a token in each form that belongs to it."""

import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr

from approvals.domain.terms import Language
from approvals.web.http import HttpRequest
from approvals.web.signing import Expired, Purpose, Signer

COOKIE: Final = "approvals_session"
LASTS: Final = timedelta(hours=8)
_HOOK_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in. `person` is the name or address they gave; `nonce` makes the session one of a kind."""

    person: str
    nonce: str
    language: Language
    until: datetime

    def in_language(self, language: Language) -> "Session":
        """The same session in another language."""
        return replace(self, language=language)


class Sessions:
    """Makes and reads the sessions of one `desk_secret`. Nothing is stored: a session is what its cookie says."""

    def __init__(self, secret: SecretStr) -> None:
        """Raises `bad_parameter` for a secret that is too short."""
        self._cookies = Signer(secret, Purpose.SESSION)
        self._forms = Signer(secret, Purpose.FORM)

    def start(self, person: str, language: Language, now: datetime) -> Session:
        """A new session."""
        return Session(person, secrets.token_urlsafe(16), language, now + LASTS)

    def of(self, request: HttpRequest, now: datetime) -> Session | None:
        """The session that a request brings; None for one that is missing, forged or over."""
        try:
            said = self._cookies.read(request.cookies.get(COOKIE, ""), now)
        except Expired:
            return None
        if said is None:
            return None
        until = datetime.fromtimestamp(said["u"], now.tzinfo)
        return Session(said["p"], said["n"], Language(said["l"]), until)

    def form_token(self, session: Session) -> str:
        """What each form of this session carries, so that no other page can send one in its name."""
        return self._forms.sign({"n": session.nonce}, session.until)

    def is_own_form(self, session: Session, token: str, now: datetime) -> bool:
        """True when a form was made for this session."""
        try:
            said = self._forms.read(token, now)
        except Expired:
            return False
        return said is not None and hmac.compare_digest(str(said.get("n")), session.nonce)

    def cookie(self, session: Session, request: HttpRequest) -> str:
        """The value of `Set-Cookie` for a session."""
        payload = {
            "p": session.person,
            "n": session.nonce,
            "l": session.language.value,
            "u": int(session.until.timestamp()),
        }
        return _set_cookie(self._cookies.sign(payload, session.until), request)


def no_cookie(request: HttpRequest) -> str:
    """The value of `Set-Cookie` that ends a session."""
    return f"{_set_cookie('', request)}; Max-Age=0"


def _set_cookie(value: str, request: HttpRequest) -> str:
    """For the path of this endpoint alone, never for scripts, never sent along from another site's form or frame.

    `Lax`, so that people who come from a mail's link are still signed in; a GET decides nothing. Without a hook id the
    path is the browser's default, the folder of the page, which is the endpoint's own.
    """
    hook_id = request.headers.get("dify-hook-id", "")
    path = f"Path=/e/{hook_id}/; " if _HOOK_ID.fullmatch(hook_id) else ""
    secure = "; Secure" if request.headers.get("x-forwarded-proto", "").casefold() == "https" else ""
    return f"{COOKIE}={value}; {path}HttpOnly; SameSite=Lax{secure}"
