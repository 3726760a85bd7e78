# SPDX-License-Identifier: Apache-2.0
"""A policy whose people cannot do what it asks of them is refused, with the line of what asks it."""

import pytest

from approvals.domain.policy_reader import policy_from_document, read_policy
from approvals.domain.terms import Level
from approvals.errors import ApprovalError

LISTED = """version: 1
people:
  - {name: Ann, levels: [manager]}
  - {name: Bea, levels: [manager, vp]}
rules:
  - name: large
    when: {amount: {from: 5}}
    then:
      stages: STAGES
default: {stages: [manager]}
"""


@pytest.mark.parametrize(
    ("stages", "path", "said"),
    [
        (
            "[executive]",
            "stages[0]",
            "one person of 'executive' or higher, and the policy's people list nobody",
        ),
        ("[manager, {level: vp, signatures: 2}]", "stages[1]", "2 different people of 'vp' or higher"),
        ("[manager, director, vp]", "stages[0]", "this stage and those behind it need 3 different people"),
        ("[director, vp]", "stages[0]", "people list 1 ('Bea')"),
    ],
)
def test_a_stage_that_the_policys_people_cannot_sign_is_refused(stages: str, path: str, said: str) -> None:
    with pytest.raises(ApprovalError) as caught:
        read_policy(LISTED.replace("STAGES", stages))

    assert f"rules[0].then.{path}" in caught.value.message
    assert said in caught.value.message
    assert "(line 9, rule 'large')" in caught.value.message


@pytest.mark.parametrize("stages", ["[manager, vp]", "[{level: manager, signatures: 2}]", "[vp]"])
def test_a_stage_that_the_policys_people_can_sign_is_taken(stages: str) -> None:
    assert read_policy(LISTED.replace("STAGES", stages)).policy.rules[0].then.stages


def test_without_distinct_approvers_each_stage_needs_its_own_people_only() -> None:
    lax = LISTED.replace("STAGES", "[manager, director, vp]") + "distinct_approvers: false\n"

    assert read_policy(lax).policy.rules[0].then.signatures == (Level.MANAGER, Level.DIRECTOR, Level.VP)


def test_a_stored_policy_that_today_would_be_refused_is_still_read() -> None:
    document = {
        "version": 1,
        "people": [{"name": "Ann", "levels": ["manager"]}],
        "default": {"stages": ["vp"]},
    }

    assert policy_from_document(document).policy.default.signatures == (Level.VP,)
