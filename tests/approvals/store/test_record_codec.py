# SPDX-License-Identifier: Apache-2.0
"""A record's bytes: whatever its policy, and whatever else was written before, it comes back as it was."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from approvals.store.record_codec import decode_record, encode_record
from tests.approvals.store.contract import a_record, after

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=8,
)
_POLICIES = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), _JSON, max_size=4)


@given(policies=st.lists(_POLICIES, min_size=1, max_size=4), digest=st.sampled_from(["one", "another"]))
def test_records_that_state_one_digest_keep_each_its_own_policy(
    policies: list[dict[str, Any]], digest: str
) -> None:
    records = [a_record(policy=policy, policy_digest=digest) for policy in policies]

    assert [decode_record(encode_record(record)).policy for record in records] == policies


def test_a_later_version_is_written_with_the_same_policy() -> None:
    record = a_record()
    changed = after(record, idempotency_key="k")

    assert decode_record(encode_record(record)) == record
    assert decode_record(encode_record(changed)) == changed
