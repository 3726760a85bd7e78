# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.endpoint import endpoint_at


@pytest.mark.parametrize(
    ("base_url", "shown"),
    [
        ("https://api.example.com/v1", "https://api.example.com/v1/chat/completions"),
        ("https://api.example.com/v1/", "https://api.example.com/v1/chat/completions"),
        ("https://api.example.com", "https://api.example.com/chat/completions"),
        (" HTTPS://API.Example.com:443/v1 ", "https://api.example.com/v1/chat/completions"),
        ("https://api.example.com:8443/v1", "https://api.example.com:8443/v1/chat/completions"),
        ("https://api.example.com/v1/chat/completions", "https://api.example.com/v1/chat/completions"),
        ("https://bücher.example/v1", "https://xn--bcher-kva.example/v1/chat/completions"),
        ("https://[::1]:8443/v1", "https://[::1]:8443/v1/chat/completions"),
    ],
)
def test_calls_go_to_chat_completions_under_the_base_url(base_url: str, shown: str) -> None:
    assert str(endpoint_at(base_url)) == shown


@pytest.mark.parametrize(
    ("base_url", "why"),
    [
        ("", "must start with https://"),
        ("api.example.com/v1", "must start with https://"),
        ("ftp://api.example.com", "must start with https://"),
        ("https://", "no host name"),
        ("https://api example.com", "no host name"),
        ("https://a\r\nb.example", "cannot be seen"),
        ("https://api.example.com:99999/v1", "no URL"),
        ("https://[::1/v1", "no URL"),
        ("https://api.example.com/v1?key=1", "must not hold"),
        ("https://api.example.com/ü", "plain ASCII"),
        ("https://..", "no host name"),
        ("https://\u2024", "no host name"),
        ("https://a\u2024\u2024b", "no host name"),
    ],
)
def test_a_bad_base_url_is_refused_with_the_reason(base_url: str, why: str) -> None:
    with pytest.raises(ApprovalError, match=why) as caught:
        endpoint_at(base_url)
    assert caught.value.code is ErrorCode.BAD_PARAMETER
    assert "Example: https://" in caught.value.message


@pytest.mark.parametrize(
    "base_url", ["http://api.example.com/v1", "http://127.0.0.1:8000/v1", "http://localhost/v1"]
)
def test_plain_http_must_be_allowed_on_purpose_even_to_loopback(base_url: str) -> None:
    with pytest.raises(ApprovalError, match="allow_insecure_http"):
        endpoint_at(base_url)

    assert not endpoint_at(base_url, allow_insecure_http=True).is_secure


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ApprovalError) as caught:
        endpoint_at("https://me:hunter2@api.example.com/v1")
    assert "hunter2" not in str(caught.value)
    assert "api.example.com" in str(caught.value)


@example("http://\u2024")
@example("https://a\u2024b.")
@given(st.text() | st.text().map(lambda rest: f"https://{rest}"))
def test_any_text_is_an_endpoint_or_refused(text: str) -> None:
    try:
        endpoint = endpoint_at(text, allow_insecure_http=True)
    except ApprovalError:
        return
    assert str(endpoint).isascii()
    assert str(endpoint).isprintable()
    assert " " not in str(endpoint)
    assert endpoint_at(str(endpoint), allow_insecure_http=True) == endpoint
