# SPDX-License-Identifier: Apache-2.0
"""No text loosens a route, not even with a model that does what the text says."""

import pytest

from devkit.hostile.obeying import attacked


@pytest.mark.slow
def test_no_attack_gets_away_with_less_than_the_policy_demands() -> None:
    tried = attacked()

    assert len(tried) > 1_000
    assert [each for each in tried if each.changed] == []
    assert not any(each.approved for each in tried if each.demanded)
