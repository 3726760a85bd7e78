# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.checks import Comparison, with_findings
from approvals.domain.comparison import compare
from approvals.domain.policy_reader import PolicyDocument, policy_from_document
from approvals.domain.records import Analysis, ApprovalRequest
from approvals.domain.routing import route
from approvals.domain.traces import Trace, trace_of
from tests.approvals.domain.worlds import DEFAULT, NOW, analyses, analysis, policies, request, requests

DAY = timedelta(days=1)
INVOICE: dict[str, Any] = {"vendor": "Contoso GmbH", "document_number": "INV-0042", "amount": Decimal(1200)}


def traced(policy: PolicyDocument = DEFAULT, ago: timedelta = DAY, **changes: Any) -> Trace:
    return trace_of(policy.policy, request(**{"request_id": "other", **changes}), NOW - ago)


def compared(*others: Trace, policy: PolicyDocument = DEFAULT, **changes: Any) -> Comparison:
    asked = request(request_id="own", **changes)
    return compare(policy.policy, asked, trace_of(policy.policy, asked, NOW), others)


def codes(found: Comparison) -> list[str]:
    return [finding.code for finding in found.findings]


def checks(**switches: Any) -> PolicyDocument:
    return policy_from_document({**DEFAULT.document, "checks": switches})


def test_the_same_number_of_a_vendor_is_a_duplicate_in_every_spelling_for_400_days() -> None:
    other = {
        **INVOICE,
        "vendor": "CONTOSO",
        "document_number": "#42",
        "requester": "Bo",
        "amount": Decimal(7),
    }

    found = compared(traced(ago=400 * DAY, **other), **INVOICE)

    assert codes(found) == ["duplicate_document"]
    assert found.findings[0].other_request == "other"
    assert "other" in found.findings[0].message
    assert found.others == ("other",)
    assert not codes(compared(traced(ago=401 * DAY, **other), **INVOICE))
    assert not codes(compared(traced(ago=DAY, **{**other, "vendor": "Fabrikam"}), **INVOICE))
    assert not codes(compared(traced(ago=DAY, **{**other, "document_number": ""}), **INVOICE))
    assert not codes(compared(traced(**other), policy=checks(duplicates="off"), **INVOICE))


@pytest.mark.parametrize(
    ("ago", "changes", "found"),
    [
        (1, {}, True),
        (7, {"amount": Decimal("1211.9")}, True),
        (8, {}, False),
        (1, {"amount": Decimal(1230)}, False),
        (1, {"currency": "EUR"}, False),
        (1, {"vendor": "Fabrikam"}, False),
        (1, {"requester": "Bo"}, True),
        (1, {"document_number": "43"}, False),
    ],
)
def test_nearly_the_same_amount_of_a_vendor_within_a_week_may_be_a_duplicate(
    ago: int, changes: dict[str, Any], found: bool
) -> None:
    without_number = {**INVOICE, "document_number": "", **changes}
    own = INVOICE if "document_number" in changes else {**INVOICE, "document_number": ""}

    assert ("possible_duplicate" in codes(compared(traced(ago=ago * DAY, **without_number), **own))) is found


def test_the_same_amount_and_document_date_may_be_a_duplicate_within_the_days_of_the_policy() -> None:
    dated = {**INVOICE, "document_date": date(2026, 2, 1)}
    other = {**dated, "document_number": "99", "requester": "Bo"}

    assert codes(compared(traced(ago=20 * DAY, **other), **dated)) == ["possible_duplicate"]
    assert codes(
        compared(traced(ago=20 * DAY, **other), policy=checks(duplicates={"days": 10}), **dated)
    ) == ["possible_duplicate"]  # the documents are of one day
    assert not codes(compared(traced(ago=DAY, **{**other, "document_date": date(2026, 2, 2)}), **dated))


def test_an_expense_entered_twice_is_found_without_a_vendor() -> None:
    taxi = {
        "content": "Taxi from the airport to the office",
        "request_type": "expense",
        "amount": Decimal(40),
    }

    again = "Taxi from the airport, to the OFFICE"
    found = compared(traced(ago=timedelta(hours=1), **{**taxi, "content": again}), **taxi)

    assert codes(found) == ["possible_duplicate"]
    assert not codes(compared(traced(ago=timedelta(hours=1), **taxi), **{**taxi, "requester": "Bo"}))
    assert not codes(
        compared(traced(ago=timedelta(hours=1), **taxi), **{**taxi, "content": "Dinner with a guest"})
    )
    assert not codes(compared(traced(ago=3 * DAY, **taxi), **taxi))


def test_parts_that_pass_a_bound_together_are_seen_as_their_sum() -> None:
    part = {"vendor": "Contoso", "amount": Decimal(400)}
    others = [traced(ago=number * DAY, request_id=f"part-{number}", **part) for number in (2, 1)]

    found = compared(*others, policy=checks(duplicates=False), **part)

    assert codes(found) == ["splitting"]
    assert found.combined is not None
    assert (found.combined.amount, found.combined.currency) == (Decimal(1200), "USD")
    assert found.findings[0].other_request == "part-2"
    assert "1,200 USD" in found.findings[0].message
    assert "500 USD" in found.findings[0].message
    assert set(found.others) == {"part-1", "part-2"}
    seen = with_findings(DEFAULT.policy, request(**part), analysis(), compared=found)
    assert [level.value for level in route(DEFAULT.policy, request(**part), seen).stages] == ["manager"]


def test_parts_of_a_large_purchase_go_where_the_whole_would_go() -> None:
    part = {"content": "Steel beams for hall", "amount": Decimal(49_000), "request_type": "purchase"}

    found = compared(traced(content="Steel beams for hall 2", amount=Decimal(48_000)), **part)

    assert codes(found) == ["splitting"]
    own = request(**part)
    whole = route(DEFAULT.policy, request(amount=Decimal(97_000)), analysis())
    assert route(
        DEFAULT.policy, own, with_findings(DEFAULT.policy, own, analysis(), compared=found)
    ).stages == (whole.stages)


@pytest.mark.parametrize(
    ("ago", "changes"),
    [
        (8, {}),
        (1, {"requester": "Bo"}),
        (1, {"vendor": "Fabrikam"}),
        (1, {"vendor": ""}),
        (1, {"amount": Decimal(50)}),
        (1, {"amount": Decimal(600)}),
        (1, {"amount": None}),
        (1, {"currency": "XYZ"}),
    ],
)
def test_what_is_no_part_is_not_added(ago: int, changes: dict[str, Any]) -> None:
    part = {"vendor": "Contoso", "amount": Decimal(400), "document_number": "1"}
    other = traced(ago=ago * DAY, **{**part, "document_number": "2", **changes})

    assert not codes(compared(other, **part))


def test_parts_in_other_currencies_are_added_at_the_policys_rate() -> None:
    found = compared(
        traced(vendor="Contoso", amount=Decimal(300), currency="EUR"), vendor="Contoso", amount=Decimal(400)
    )

    assert found.combined is not None
    assert found.combined.amount == Decimal(724)


def test_a_bound_that_changes_nothing_for_this_request_is_no_limit_to_split_at() -> None:
    flat = policy_from_document(
        {
            "version": 1,
            "rules": [
                {
                    "name": "travel",
                    "when": {"request_type": ["travel"], "amount": {"to": 500}},
                    "then": {"auto_approve": True},
                }
            ],
            "default": {"stages": ["manager"]},
            "checks": {"duplicates": False},
        }
    )
    part: dict[str, Any] = {"vendor": "Contoso", "amount": Decimal(400)}

    assert not codes(compared(traced(flat, **part), policy=flat, **part))
    assert codes(compared(traced(flat, **part), policy=flat, **part, request_type="travel")) == ["splitting"]


def test_a_request_never_finds_itself() -> None:
    asked = request(request_id="own", **INVOICE)
    own = trace_of(DEFAULT.policy, asked, NOW)

    assert compare(DEFAULT.policy, asked, own, [replace(own, at=NOW - DAY)]) == Comparison()


def test_a_person_of_the_policy_is_one_requester_in_every_spelling() -> None:
    known = policy_from_document(
        {
            **DEFAULT.document,
            "people": [
                {"name": "Ann Lee", "email": "ann@example.com", "levels": ["manager"], "aliases": ["alee"]}
            ],
        }
    )
    spellings = ("Ann Lee", "alee", "ann@example.com", "Ann <ANN@example.com>")

    assert len({traced(known, requester=one).requester for one in spellings}) == 1


def test_what_is_off_by_default_can_be_asked_for() -> None:
    asking = checks(new_vendor="on", above_usual="on", duplicates="off", splitting="off")
    past = [
        traced(request_id=str(number), vendor="Contoso", amount=Decimal(100 + number), ago=number * 20 * DAY)
        for number in range(1, 6)
    ]

    assert codes(compared(policy=asking, vendor="Contoso")) == ["new_vendor"]
    assert not codes(compared(vendor="Contoso"))
    assert codes(compared(*past, policy=asking, vendor="Contoso", amount=Decimal(310))) == ["above_usual"]
    assert not codes(compared(*past, policy=asking, vendor="Contoso", amount=Decimal(309)))
    assert not codes(compared(*past[1:], policy=asking, vendor="Contoso", amount=Decimal(310)))


@pytest.mark.parametrize(
    ("ago", "expected"),
    [(90, []), (91, ["stale_document"]), (0, []), (-1, []), (-2, ["future_document"])],
)
def test_a_document_is_neither_old_nor_of_a_day_to_come(ago: int, expected: list[str]) -> None:
    dated = request(document_date=(NOW - ago * DAY).date())

    found = with_findings(DEFAULT.policy, dated, analysis(), now=NOW + timedelta(hours=3))

    assert [finding.code for finding in found.findings] == expected
    off = checks(stale_document="off", future_document="off").policy
    assert with_findings(off, dated, analysis(), now=NOW) == analysis()


def test_an_amount_just_below_a_bound_counts_only_beside_another_finding() -> None:
    near, far = request(amount=Decimal(490)), request(amount=Decimal(400))
    old = {"document_date": NOW.date() - 200 * DAY}

    def found(asked: ApprovalRequest) -> list[str]:
        return [one.code for one in with_findings(DEFAULT.policy, asked, analysis(), now=NOW).findings]

    assert found(near) == found(far) == []
    assert found(near.model_copy(update=old)) == ["stale_document", "near_limit"]
    assert found(far.model_copy(update=old)) == ["stale_document"]


traces = st.lists(
    st.builds(
        lambda asked, number, ago: (asked.model_copy(update={"request_id": f"r-{number}"}), ago),
        requests,
        st.integers(2, 9),
        st.integers(0, 500),
    ),
    max_size=8,
)


@given(policies, requests, analyses, traces, st.integers(0, 8))
def test_no_check_ever_takes_friction_away(
    policy: PolicyDocument,
    asked: ApprovalRequest,
    said: Analysis,
    others: list[tuple[ApprovalRequest, int]],
    listed: int,
) -> None:
    calm = said.model_copy(update={"findings": (), "combined": None})
    seen = [trace_of(policy.policy, other, NOW - ago * DAY) for other, ago in others]
    found = compare(policy.policy, asked, trace_of(policy.policy, asked, NOW), seen[listed:], seen[:listed])

    checked = with_findings(policy.policy, asked, calm, now=NOW, compared=found)

    before, after = route(policy.policy, asked, calm), route(policy.policy, asked, checked)
    assert after.strictness >= before.strictness
    assert not (after.auto_approve and checked.findings)
    assert after.deadline_hours <= before.deadline_hours or before.auto_approve
    assert {one.other_request for one in found.findings if one.other_request} <= set(found.others)
    assert set(found.others) <= {other.request_id for other, _ in others}


def test_ten_thousand_words_are_kept_as_a_few_digests() -> None:
    assert len(traced(content=" ".join(f"word{number} thing" * 2 for number in range(10_000))).words) <= 32
