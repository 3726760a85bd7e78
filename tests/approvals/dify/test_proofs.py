# SPDX-License-Identifier: Apache-2.0
"""A proof holds for what it was made for, for five minutes, with its key, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.dify.proofs import VALID_SECONDS, holds, proof_of

KEY, NOW = b"k" * 32, 1_764_410_400.5
ASKED = {"request_id": "PO-1", "event": "approve", "actor": "Ann", "how_known": "link", "message_id": ""}


@pytest.mark.parametrize("later", [-VALID_SECONDS, 0, VALID_SECONDS - 1])
def test_it_holds_for_five_minutes(later: float) -> None:
    assert holds(proof_of(KEY, ASKED, NOW), KEY, ASKED, NOW + later)


@pytest.mark.parametrize("later", [-VALID_SECONDS - 2, VALID_SECONDS + 1])
def test_it_holds_no_longer(later: float) -> None:
    assert not holds(proof_of(KEY, ASKED, NOW), KEY, ASKED, NOW + later)


@pytest.mark.parametrize("name", [*ASKED, "comment", "idempotency_key", "expected_version"])
def test_it_holds_for_no_other_parameters(name: str) -> None:
    assert not holds(proof_of(KEY, ASKED, NOW), KEY, {**ASKED, name: "other"}, NOW)


def test_it_holds_with_no_other_key() -> None:
    assert not holds(proof_of(KEY, ASKED, NOW), b"x" * 32, ASKED, NOW)


def test_what_dify_makes_of_a_parameter_that_was_left_out_changes_nothing() -> None:
    assert holds(proof_of(KEY, ASKED, NOW), KEY, {**ASKED, "comment": "", "expected_version": None}, NOW)


@given(st.text())
def test_no_text_is_a_proof(text: str) -> None:
    assert not holds(text, KEY, ASKED, NOW)
