# SPDX-License-Identifier: Apache-2.0
"""A record's bytes: it comes back as it was, and so do those that were written with their policy in them."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.ledger import record_faults
from approvals.store.compression import compressed, decompressed
from approvals.store.envelope import UnreadableError
from approvals.store.record_codec import decode_record, encode_record
from tests.approvals.domain import worlds
from tests.approvals.store.contract import a_record, after

OLD = (Path(__file__).parent / "record_with_its_policy.json").read_bytes()


def test_a_later_version_is_written_with_the_same_policy() -> None:
    record = a_record()
    changed = after(record, idempotency_key="k")

    assert decode_record(encode_record(record)) == record
    assert decode_record(encode_record(changed)) == changed


def test_a_record_that_was_written_with_its_policy_is_read_and_verifies() -> None:
    record = decode_record(OLD)

    assert record.policy == worlds.DEFAULT.document
    assert record_faults(record) == []
    assert decode_record(encode_record(record)) == record


def test_a_record_that_names_its_policy_does_not_say_that_it_has_none() -> None:
    assert b'"policy":' not in encode_record(a_record(policy=None))


@given(st.binary(max_size=2_000) | st.text(max_size=2_000).map(str.encode) | st.just(OLD))
def test_what_is_compressed_comes_back_and_is_never_longer(raw: bytes) -> None:
    if raw.startswith(b"\x1f\x8b"):
        return
    assert decompressed(compressed(raw), "a value") == raw
    assert len(compressed(raw)) <= len(raw)


def test_a_compressed_record_is_gzip_as_any_tool_reads_it() -> None:
    assert gzip.decompress(compressed(OLD)) == OLD
    assert len(compressed(OLD)) < len(OLD) / 2


@pytest.mark.parametrize("cut", [2, 10, 100, -1])
def test_damaged_gzip_is_unreadable_and_says_what(cut: int) -> None:
    with pytest.raises(UnreadableError, match=r"a record.*gzip"):
        decompressed(compressed(OLD)[:cut], "a record")


def test_gzip_that_grows_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(UnreadableError, match="too long"):
        decompressed(gzip.compress(bytes(50_000_000)), "a record")
