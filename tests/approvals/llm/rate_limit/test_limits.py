# SPDX-License-Identifier: Apache-2.0
import pytest

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.rate_limit.limits import Limits


def test_the_burst_is_five_seconds_worth() -> None:
    limits = Limits(3_000, 600_000)
    assert (limits.burst_requests, limits.burst_tokens) == (250, 50_000)


def test_a_tiny_limit_still_lets_one_call_start() -> None:
    assert Limits(3, 1_000).burst_requests == 1


def test_shares_of_the_limits_add_up_to_no_more_than_the_whole() -> None:
    share = Limits(100, 1_000).share(3)
    assert (share.rpm, share.tpm) == (33, 333)
    assert Limits(2, 1_000).share(3).rpm == 1, "a process that may do nothing would never finish its work"


def test_a_call_larger_than_a_whole_minute_is_refused_with_both_numbers() -> None:
    with pytest.raises(ApprovalError) as refused:
        Limits(10, 5_000).check(5_001)
    assert refused.value.code is ErrorCode.BUDGET_EXCEEDED
    assert "5,001" in refused.value.message
    assert "tpm_limit allows 5,000" in refused.value.message


def test_a_share_admits_any_call_that_the_whole_would() -> None:
    share = Limits(10, 5_000).share(4)
    share.check(5_000)
    with pytest.raises(ApprovalError, match="5,000"):
        share.check(5_001)


@pytest.mark.parametrize("numbers", [(0, 1_000), (10, 0), (-1, 1_000)])
def test_limits_that_would_admit_nothing_are_refused(numbers: tuple[int, int]) -> None:
    with pytest.raises(ApprovalError, match="at least 1"):
        Limits(*numbers)
