# SPDX-License-Identifier: Apache-2.0
"""Person-bound links: an address that shows one request to one person, who can decide there.

A link says for whom, on what and until when it was made, signed by `desk_secret`. It is bound to where the request
stood: after any event on the request it is out of date, so that it decides once at most.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pydantic import SecretStr

from approvals.domain.notices import Notice, NoticeKind
from approvals.domain.records import ApprovalRecord
from approvals.errors import ApprovalError
from approvals.web.signing import Purpose, Signer
from approvals.web.urls import path_part

_OUTLASTS: Final = timedelta(days=14)
"""How long a link works after the deadline: a late answer still counts, unless the deadline's own event came first."""

_ASKING: Final = frozenset({NoticeKind.OPENED, NoticeKind.REMINDED})


class Link(NamedTuple):
    """What a link was made for. `version` is that of the record after its last event."""

    request_id: str
    version: int
    level: str
    person: str


class PersonLink(NamedTuple):
    """A link, and whom to send it to."""

    email: str
    url: str


class Links:
    """Makes the links of one endpoint. `address` is where browsers reach it; links are made where both are set."""

    def __init__(self, address: str, secret: SecretStr) -> None:
        """Raises `bad_parameter` for a secret that is too short."""
        self._address = address.rstrip("/")
        self._signer = Signer(secret, Purpose.LINK)

    def desk(self, request_id: str) -> str:
        """The page of a request at the desk, for whoever signs in there."""
        return f"{self._address}/desk/{path_part(request_id)}"

    def personal(self, record: ApprovalRecord, emails: Sequence[str]) -> list[PersonLink]:
        """A link for each address, to decide where the request stands now; none where nobody decides."""
        if record.level is None:
            return []
        until = (record.deadline_at or record.updated_at) + _OUTLASTS
        return self._links(Link(record.request_id, standing_version(record), record.level, ""), emails, until)

    def noticed(self, notice: Notice) -> list[dict[str, str]]:
        """The same links for a notice that asks a level to sign; none for any other."""
        if notice.kind not in _ASKING or not notice.level:
            return []
        until = (notice.deadline_at or notice.at) + _OUTLASTS
        asked = Link(notice.request_id, notice.version, notice.level, "")
        return [one._asdict() for one in self._links(asked, notice.approver_emails, until)]

    def _links(self, asked: Link, emails: Sequence[str], until: datetime) -> list[PersonLink]:
        return [PersonLink(email, self._url(asked._replace(person=email), until)) for email in emails]

    def _url(self, link: Link, until: datetime) -> str:
        payload = {"r": link.request_id, "v": link.version, "l": link.level, "p": link.person}
        return f"{self._address}/d/{self._signer.sign(payload, until)}"


def links_of(address: str, secret: SecretStr) -> Links | None:
    """The links of an endpoint; None while it is not set up for them."""
    if not address:
        return None
    try:
        return Links(address, secret)
    except ApprovalError:
        return None


def read_link(secret: SecretStr, token: str, now: datetime) -> Link | None:
    """What a link's token was made for; None for one that is not ours.

    Raises `Expired`, and `bad_parameter` for a secret that is too short.
    """
    said = Signer(secret, Purpose.LINK).read(token, now)
    return Link(said["r"], said["v"], said["l"], said["p"]) if said else None


def standing_version(record: ApprovalRecord) -> int:
    """The version of a record after its last event; what is written without one, such as a reminder, is not counted."""
    return record.history[-1].answer.version if record.history else record.version
