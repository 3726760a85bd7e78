# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

import pytest
from pydantic import SecretStr

from approvals.domain.notices import notice_of, reminder_of
from approvals.domain.terms import Level
from approvals.web.links import Link, Links, links_of, read_link, standing_version
from approvals.web.signing import Expired
from tests.approvals.domain.worlds import SUBMIT, after, approve, people, record, request, stages_policy

SECRET = SecretStr("s" * 32)
ADDRESS = "https://dify.example.com/e/abc123/"
LINKS = Links(ADDRESS, SECRET)
OPEN = after(record(stages_policy("manager", "director"), request=request(request_id="PO 1/2")), SUBMIT)


def _token(url: str) -> str:
    prefix = "https://dify.example.com/e/abc123/d/"
    assert url.startswith(prefix)
    return url.removeprefix(prefix)


def test_each_approver_has_a_link_of_their_own() -> None:
    first, second = LINKS.personal(OPEN, ["ann@example.com", "bea@example.com"])

    assert (first.email, second.email) == ("ann@example.com", "bea@example.com")
    link = read_link(SECRET, _token(second.url), OPEN.updated_at)
    assert link == Link("PO 1/2", OPEN.version, "manager", "bea@example.com")


def test_the_same_standing_has_the_same_links() -> None:
    assert LINKS.personal(OPEN, ["ann@example.com"]) == LINKS.personal(OPEN, ["ann@example.com"])


def test_an_event_makes_links_out_of_date_and_a_write_without_one_does_not() -> None:
    signed = after(OPEN, approve("Bea", Level.MANAGER))
    reminded = OPEN.model_copy(update={"version": OPEN.version + 1})

    assert standing_version(signed) != standing_version(OPEN) == standing_version(reminded)


def test_a_link_ends_two_weeks_after_the_deadline() -> None:
    (link,) = LINKS.personal(OPEN, ["ann@example.com"])
    assert OPEN.deadline_at is not None
    end = OPEN.deadline_at + timedelta(days=14)

    assert read_link(SECRET, _token(link.url), end - timedelta(seconds=1)) is not None
    with pytest.raises(Expired):
        read_link(SECRET, _token(link.url), end)


def test_a_notice_has_the_links_that_the_workflow_was_answered() -> None:
    document = stages_policy("manager", people=people("Ann", "Bea"))
    opened = after(record(document), SUBMIT)
    notice = notice_of(opened, document.policy, "")
    assert notice is not None

    expected = [one._asdict() for one in LINKS.personal(opened, notice.approver_emails)]
    assert LINKS.noticed(notice) == expected != []
    reminded = reminder_of(opened, document.policy, 1, opened.updated_at + timedelta(hours=1), "")
    assert LINKS.noticed(reminded) == expected


def test_a_notice_that_asks_nobody_has_none() -> None:
    document = stages_policy("manager", people=people("Ann", "Bea"))
    decided = notice_of(after(record(document), SUBMIT, approve("Bea")), document.policy, "")
    assert decided is not None
    assert LINKS.noticed(decided) == []


def test_nobody_gets_a_link_to_what_is_closed() -> None:
    closed = after(OPEN, approve("Bea", Level.MANAGER), approve("Cy", Level.DIRECTOR))
    assert LINKS.personal(closed, ["ann@example.com"]) == []


def test_the_desk_page_of_a_request_is_one_part_of_the_path() -> None:
    assert LINKS.desk("PO 1/../2") == "https://dify.example.com/e/abc123/desk/PO%201%2F..%2F2"


@pytest.mark.parametrize(("address", "secret"), [("", "s" * 32), (ADDRESS, ""), (ADDRESS, "short")])
def test_without_an_address_and_a_good_secret_there_are_no_links(address: str, secret: str) -> None:
    assert links_of(address, SecretStr(secret)) is None
