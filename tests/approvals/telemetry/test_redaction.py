# SPDX-License-Identifier: Apache-2.0
"""No secret is missed because a line did not look as if it held one."""

from hypothesis import given
from hypothesis import strategies as st

from approvals.telemetry import redaction
from approvals.telemetry.redaction import HIDDEN, redact


@given(st.from_regex(redaction._LOOKS_SECRET))
def test_whatever_looks_like_a_secret_is_hidden(text: str) -> None:
    assert HIDDEN in redact(text)
    assert redact(text) == redaction._LOOKS_SECRET.sub(lambda found: f"{found['keep'] or ''}{HIDDEN}", text)


@given(st.text())
def test_any_other_text_stays_as_it_is_without_the_words(text: str) -> None:
    if not redaction._LOOKS_SECRET.search(text):
        assert redact(text) == text
