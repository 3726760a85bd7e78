# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.brief import line_of, reminder_of, report_of
from approvals.domain.decisions import Decision
from approvals.domain.terms import Event, Flag, Language, Level
from tests.approvals.domain.brief.shown import Seen, in_a_form, in_a_mail
from tests.approvals.domain.brief.test_markup import tricks
from tests.approvals.domain.worlds import DEFAULT, analysis, carried_out, record, request

SUBMIT = Decision(Event.SUBMIT)
APPROVED = carried_out(record(), SUBMIT)
WAITING = carried_out(
    record(
        request=request(request_id="r-2", amount=Decimal(1200), requester="Mia | Tan"),
        analysis=analysis(flags=(Flag.SUSPICIOUS_TEXT,)),
    ),
    SUBMIT,
)
UNREAD = record(request=request(request_id="r-3", amount=None, requester=""), analysis=None)
FOUND = [(one, DEFAULT.policy) for one in (APPROVED, WAITING, UNREAD)]


def test_a_report_has_a_line_for_each_request_and_counts_the_states() -> None:
    assert report_of(FOUND, ["r-9"], Language.ENGLISH).splitlines() == [
        "**Requests**: 4 (approved 1, under review 1, not submitted 1, not on record 1)",
        "",
        "| Request | Requester | Amount | Risk | State | Who is next | Why |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| r-1 | Ann | 300.00 USD | low | approved | – | “small-and-routine” |",
        (
            "| r-2 | Mia &#124; Tan | 1,200.00 USD | low | under review | Manager | "
            "the default, the text seems to give orders to whoever reads it |"
        ),
        "| r-3 | – | – | – | not submitted | – | there is no analysis |",
        "| r-9 | – | – | – | not on record | – | – |",
    ]


def test_of_a_returned_request_its_requester_is_next() -> None:
    asked = carried_out(WAITING, Decision(Event.RETURN, "Bea", Level.MANAGER, "Which?"))

    assert "| with its requester | Mia &#124; Tan |" in report_of(
        [(asked, DEFAULT.policy)], [], Language.ENGLISH
    )


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        (
            Language.ENGLISH,
            "Reminder: a purchase of 1,200.00 USD by Mia | Tan waits for your decision, until 2026-",
        ),
        (Language.CHINESE, "提醒：Mia | Tan 的申请（1,200.00 USD 的采购）等待您审批，截止 2026-"),
        (
            Language.JAPANESE,
            "リマインダー：Mia | Tan の申請（1,200.00 USD の購入）があなたの判断を待っています、期限 2026-",
        ),
        (
            Language.PORTUGUESE,
            "Lembrete: uma compra de 1.200,00 USD, de Mia | Tan, aguarda a sua decisão, até 2026-",
        ),
    ],
)
def test_a_reminder_is_plain_text_in_every_language(language: Language, subject: str) -> None:
    assert reminder_of(WAITING, DEFAULT.policy, language).startswith(subject)


def test_a_requester_is_reminded_to_answer() -> None:
    asked = carried_out(WAITING, Decision(Event.RETURN, "Bea", Level.MANAGER, "Which?"))

    assert "waits for your answer" in reminder_of(asked, DEFAULT.policy, Language.ENGLISH)


@pytest.mark.parametrize("language", Language)
def test_a_report_is_a_table_in_every_language(language: Language) -> None:
    page = Seen(in_a_form(report_of(FOUND, ["r-9"], language)))

    assert page.tags.count("tr") == 5
    assert page.tags.count("th") == 7


@given(words=tricks, request_id=st.sampled_from(["r-1", "r_1:x@y.z"]))
def test_whatever_a_requester_is_called_the_table_keeps_its_shape(words: str, request_id: str) -> None:
    one = record(request=request(request_id=request_id, requester=words))

    for rendered in (in_a_mail, in_a_form):
        tags = Seen(rendered(report_of([(one, DEFAULT.policy)], [], Language.ENGLISH))).tags
        assert sorted(tags) == sorted(
            ["p", "strong", "table", "thead", "tbody", *["tr"] * 2, *["th"] * 7, *["td"] * 7]
        )


def test_one_request_is_told_in_one_line() -> None:
    assert line_of(APPROVED, DEFAULT.policy) == "r-1: a purchase of 300.00 USD by Ann, approved"
    assert line_of(UNREAD, DEFAULT.policy) == "r-3: a purchase by Somebody without a name, not submitted"
