# SPDX-License-Identifier: Apache-2.0
import pytest

from approvals.analysis import evidence
from approvals.analysis.injection import gives_orders
from approvals.analysis.packing import MOST_TOGETHER, WINDOW
from tests.approvals.domain.worlds import request


def test_a_request_is_looked_through_once_though_a_window_and_the_calls_under_way_come_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_through: list[str] = []

    def counting(text: str) -> bool:
        looked_through.append(text)
        return gives_orders(text)

    monkeypatch.setattr(evidence, "gives_orders", counting)
    requests = [request(content=f"Seat {n} of the conference") for n in range(WINDOW + 100 * MOST_TOGETHER)]
    answers = [[evidence.looks_like_orders(each) for each in requests] for _ in range(2)]

    assert answers[0] == answers[1]
    assert len(looked_through) == len(requests)
