# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from approvals.base_url import chat_completions_url
from approvals.errors import ApprovalError, ErrorCode


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
        ("https://[::1]/v1", "https://[::1]/v1/chat/completions"),
        ("https://api.example.com./v1", "https://api.example.com/v1/chat/completions"),
        ("https://my_host/v1", "https://my_host/v1/chat/completions"),
        (
            "https://x.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
        ),
    ],
)
def test_calls_go_to_chat_completions_under_the_base_url(base_url: str, shown: str) -> None:
    assert str(chat_completions_url(base_url)) == shown


@pytest.mark.parametrize(
    ("base_url", "why"),
    [
        ("", "must start with https://"),
        ("api.example.com/v1", "must start with https://"),
        ("ftp://api.example.com", "must start with https://"),
        ("https:api.example.com/v1", "must start with https://"),
        ("https://", "not a host name"),
        ("https://api example.com", "not a host name"),
        ("https://api%20example.com", "not a host name"),
        ("https://a..b", "not a host name"),
        ("https://[fe80::1%25eth0]/v1", "not a host name"),
        ("https://a\r\nb.example", "cannot be seen"),
        ("https://api.example.com:99999/v1", "port"),
        ("https://api.example.com:0/v1", "port"),
        ("https://[::1/v1", "not a valid URL"),
        ("https://api.example.com/v1?key=1", "api-version alone"),
        ("https://api.example.com/v1#top", "must not hold"),
        ("https://api.example.com/ü", "plain ASCII"),
        ("https://..", "not a host name"),
        ("https://\u2024", "not a valid URL"),
        ("https://a\u2024\u2024b", "not a valid URL"),
        ("https://\u200bapi.example.com", "cannot be seen"),
    ],
)
def test_a_bad_base_url_is_refused_with_the_reason(base_url: str, why: str) -> None:
    with pytest.raises(ApprovalError, match=why) as caught:
        chat_completions_url(base_url)
    assert caught.value.code is ErrorCode.BAD_PARAMETER
    assert "Example: https://" in caught.value.message


@pytest.mark.parametrize(
    "base_url", ["http://api.example.com/v1", "http://127.0.0.1:8000/v1", "http://localhost/v1"]
)
def test_plain_http_must_be_allowed_on_purpose_even_to_loopback(base_url: str) -> None:
    with pytest.raises(ApprovalError, match="allow_insecure_http"):
        chat_completions_url(base_url)

    assert chat_completions_url(base_url, allow_insecure_http=True).scheme == "http"


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://straße.example/v1", "xn--strae-oqa.example"),
        ("https://faß.example/v1", "xn--fa-hia.example"),
        ("https://βόλος.gr/v1", "xn--nxasmm1c.gr"),
    ],
)
def test_letters_that_idna_2003_changed_lead_to_the_host_that_was_typed(base_url: str, host: str) -> None:
    """IDNA 2003 maps them to other letters: the key would go to another registrant."""
    assert chat_completions_url(base_url).raw_host.decode() == host


@pytest.mark.parametrize(
    "base_url",
    [
        "https://me:hunter2@api.example.com/v1",
        "https://hunter2@api.example.com/v1",
        "https//me:hunter2@api.example.com/v1",
        "me:hunter2@api.example.com/v1",
        "ftp://me:hunter2@api.example.com/v1",
        "https://me:hunter2@[::1/v1",
        "https://me:hunter2@api.example.com:99999/v1",
        "https://me:hunt@er2:hunter2@api example.com",
        "http://me:hunter2@api.example.com/v1",
        "https://api.example.com/v1?key=hunter2",
        "https://api.example.com:x/v1?key=hunter2",
        "https://api.example.com/v1#hunter2",
        "api.example.com/v1?token=hunter2",
        "https://me:hunter2@api.exa\nmple.com/v1",
    ],
)
def test_a_password_in_the_url_is_refused_and_not_repeated(base_url: str) -> None:
    with pytest.raises(ApprovalError) as caught:
        chat_completions_url(base_url)
    assert "hunter2" not in str(caught.value)
    assert "exa" in str(caught.value)


@example("http://\u2024")
@example("https://a\u2024b.")
@given(st.text() | st.text().map(lambda rest: f"https://{rest}"))
def test_any_text_is_an_endpoint_or_refused(text: str) -> None:
    try:
        url = chat_completions_url(text, allow_insecure_http=True)
    except ApprovalError:
        return
    assert str(url).isascii()
    assert str(url).isprintable()
    assert " " not in str(url)
    assert chat_completions_url(str(url), allow_insecure_http=True) == url
