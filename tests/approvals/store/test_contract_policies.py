# SPDX-License-Identifier: Apache-2.0
"""Every store keeps a policy once, under its digest, and gives it back as it was."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.domain.canonical import digest
from tests.approvals.store.contract import CaseFactory, StoreCase

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=30,
)
_POLICIES = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), _JSON, max_size=6)
POLICY = {"version": 1, "min_confidence": 0.6, "titles": {"vp": "Länder-Chefin"}}


def test_a_policy_that_was_never_kept_is_none(case: StoreCase) -> None:
    assert case.open().policy("0" * 64) is None


@given(policy=_POLICIES)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_policy_comes_back_with_its_digest(make_case: CaseFactory, policy: dict[str, object]) -> None:
    name = digest(policy)
    with make_case() as case:
        case.open().put_policy(name, policy)

        for store in (case.open(), case.restart()):
            assert store.policy(name) == policy
            assert digest(store.policy(name)) == name


def test_a_policy_may_be_kept_again_and_by_many_at_once(case: StoreCase) -> None:
    name = digest(POLICY)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: case.open().put_policy(name, POLICY), range(16)))
    case.restart().put_policy(name, POLICY)

    assert case.open().policy(name) == POLICY
