# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from approvals.errors import ApprovalError
from approvals.web.signing import Expired, Purpose, Signer

SECRET = SecretStr("s" * 32)
OTHER = SecretStr("t" * 32)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
END = NOW + timedelta(hours=1)


def test_what_was_signed_is_read_until_its_end() -> None:
    signer = Signer(SECRET, Purpose.SESSION)
    token = signer.sign({"p": "Zoë"}, END)

    assert signer.read(token, NOW) == {"p": "Zoë"}
    with pytest.raises(Expired) as expired:
        signer.read(token, END)
    assert expired.value.end == END


@pytest.mark.parametrize(
    "reader", [Signer(OTHER, Purpose.SESSION), Signer(SECRET, Purpose.LINK)], ids=["secret", "purpose"]
)
def test_another_secret_or_purpose_reads_nothing(reader: Signer) -> None:
    assert reader.read(Signer(SECRET, Purpose.SESSION).sign({"p": "Ann"}, END), NOW) is None


@given(st.text() | st.text(alphabet="abcXYZ019-_."))
def test_no_other_text_is_a_token(text: str) -> None:
    assert Signer(SECRET, Purpose.LINK).read(text, NOW) is None


@given(st.data())
def test_a_token_with_another_character_is_no_token(data: st.DataObject) -> None:
    token = Signer(SECRET, Purpose.LINK).sign({"p": "Ann"}, END)
    at = data.draw(st.integers(0, len(token) - 2))  # the last one holds two bits that base64 does not count
    other = data.draw(st.characters(codec="ascii").filter(lambda one: one != token[at]))

    assert Signer(SECRET, Purpose.LINK).read(token[:at] + other + token[at + 1 :], NOW) is None


def test_a_secret_that_is_too_short_is_refused_and_not_shown() -> None:
    with pytest.raises(ApprovalError, match="desk_secret has 9 characters; give at least 32") as refused:
        Signer(SecretStr("hunter2hu"), Purpose.LINK)
    assert "hunter2" not in str(refused.value)
