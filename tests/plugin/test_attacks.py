# SPDX-License-Identifier: Apache-2.0
"""No text loosens a route, not even with a model that does what the text says.

Each attack is tried with one of the amounts under one of the policies; `make hostile ARGS=attacks` tries it with all.
"""

import pytest

from devkit.hostile.obeying import attacked


@pytest.mark.slow
def test_no_attack_gets_away_with_less_than_the_policy_demands() -> None:
    tried = attacked(once=True)

    assert len(tried) > 250
    assert len({(each.amount, each.policy) for each in tried}) == 8
    assert [each for each in tried if each.changed] == []
    assert not any(each.approved for each in tried if each.demanded)
