# SPDX-License-Identifier: Apache-2.0
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.comparison import compare
from approvals.domain.records import ApprovalRequest
from approvals.domain.traces import TRACES_GIVEN, Trace, trace_of
from approvals.service.listed import Listed
from tests.approvals.domain.worlds import DEFAULT, NOW, request

asked = st.builds(
    request,
    content=st.sampled_from(["Two chairs for the office", "Two chairs for the office, part 2", "A cable"]),
    amount=st.sampled_from([240, 245, 480]),
    requester=st.sampled_from(["", "Ann", "Bo"]),
    vendor=st.sampled_from(["", "", "Contoso", "CONTOSO GmbH", "Fabrikam"]),
    document_number=st.sampled_from(["", "7", "INV-07", "8"]),
)
lists = st.lists(asked, max_size=8).map(
    lambda found: [one.model_copy(update={"request_id": f"r-{place}"}) for place, one in enumerate(found)]
)


def traces_of(requests: Sequence[ApprovalRequest]) -> list[Trace]:
    return [trace_of(DEFAULT.policy, one, NOW) for one in requests]


def beside_at(listed: Listed, place: int) -> Sequence[Trace]:
    found = listed.at(place)
    assert found is not None
    return found.beside


@given(lists)
def test_whatever_any_other_of_the_list_says_of_a_request_those_beside_it_say(
    requests: list[ApprovalRequest],
) -> None:
    traces = traces_of(requests)
    listed = Listed(enumerate(traces))

    for place, own in enumerate(traces):
        beside = beside_at(listed, place)
        of_all = compare(DEFAULT.policy, requests[place], own, (), traces)
        of_those = compare(DEFAULT.policy, requests[place], own, (), beside)
        assert own not in beside
        assert {one.code for one in of_those.findings} == {one.code for one in of_all.findings}
        assert of_those.combined == of_all.combined


@given(lists)
def test_two_of_a_list_that_are_the_same_name_each_other_or_another(requests: list[ApprovalRequest]) -> None:
    traces = traces_of(requests)
    listed = Listed(enumerate(traces))
    found = [
        compare(DEFAULT.policy, requests[place], own, (), beside_at(listed, place))
        for place, own in enumerate(traces)
    ]
    named = {other for one in found for other in one.others}

    assert {one.request_id for one, of_it in zip(traces, found, strict=True) if of_it.findings} >= named


def test_of_ten_thousand_of_one_requester_the_nearest_hundred_on_each_side_are_compared() -> None:
    (one,) = traces_of([request()])
    listed = Listed((place, replace(one, request_id=str(place))) for place in range(10_000))

    beside = [int(trace.request_id) for trace in beside_at(listed, 5_000)]

    assert set(beside) == {*range(4_900, 5_000), *range(5_001, 5_001 + TRACES_GIVEN)}
    assert beside[0] == 4_999
