# SPDX-License-Identifier: Apache-2.0
import pytest

from approvals.errors import ApprovalError, ErrorCode
from approvals.redis_connection import connect


def test_a_url_that_cannot_be_read_is_refused_without_showing_it() -> None:
    with pytest.raises(ApprovalError) as refused:
        connect("redi://:hunter2@somewhere:6379")
    assert refused.value.code is ErrorCode.BAD_PARAMETER
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
