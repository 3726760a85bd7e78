# SPDX-License-Identifier: Apache-2.0
"""What strangers write shows as they typed it, and never becomes markup, a link or a form field."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.brief import brief_of
from approvals.domain.brief.markup import plain, plain_lines
from approvals.domain.records import Factor, Finding
from approvals.domain.terms import Language, Severity
from tests.approvals.domain.brief.shown import Seen, in_a_form, in_a_mail
from tests.approvals.domain.worlds import DEFAULT, analysis, record, request

PLACES = pytest.mark.parametrize("rendered", [in_a_mail, in_a_form])
MARKUP = "ab1 \t\r\n[](){}#$!<>*_`|&;-=~\\/:.,+^\"'@"
typed = st.text(alphabet=st.sampled_from(MARKUP)) | st.text()
tricks = st.lists(
    st.sampled_from(
        [
            *(
                "# x",
                "- x",
                "* x",
                "+ x",
                "1. x",
                "2) x",
                "> x",
                "    x",
                "\tx",
                "---",
                "===",
                "***",
                "```",
                "~~~",
            ),
            *(
                "| a | b |\n|---|---|\n| c | d |",
                "a | b\n--- | ---",
                "x\n---",
                "x\n===",
                "[x](https://x.y)",
                "[x]: https://x.y",
                "![x](y)",
                "<https://x.y>",
                "<b>x</b>",
            ),
            *(
                "{{#sys.query#}}",
                "{{#$output.comment#}}",
                "{{#url#}}",
                "$$x$$",
                "\\(x\\)",
                "&lt;b&gt;",
                "&#42;",
                "x",
            ),
            *(
                "**x**",
                "_x_",
                "~~x~~",
                "a\\",
                "a  ",
                "",
                "x: y",
                ": y",
                "<!-- x",
                "<think>",
                "&",
                "\u202ex",
                "\u2028- x",
            ),
            *("klzzwxh:0001", "\x02klzzwxh:0001\x03", "wzxhzdk:0", "http://a.b", "a@b.c", "”", "」", "“x”"),
        ]
    ),
    max_size=12,
).map("\n".join)


def seen_words(text: str) -> str:
    """What a reader sees of a text: neither control characters nor space."""
    controls = "\u061c\u200e\u200f\ufffe\uffff"
    return "".join(
        sign
        for sign in "".join(text.split())
        if not (
            ord(sign) < 32
            or 0x7F <= ord(sign) <= 0x9F
            or 0x202A <= ord(sign) <= 0x202E
            or 0x2066 <= ord(sign) <= 0x2069
            or 0xD800 <= ord(sign) <= 0xDFFF
            or sign in controls
        )
    )


@PLACES
@given(text=typed | tricks)
def test_a_text_shows_as_it_was_typed_in_paragraphs_alone(rendered: Callable[[str], str], text: str) -> None:
    page = Seen(rendered(plain_lines(text)))

    assert page.words == seen_words(text)
    assert set(page.tags) <= {"p", "br"}


@PLACES
@given(text=typed | tricks)
def test_a_text_in_one_line_can_stand_anywhere(rendered: Callable[[str], str], text: str) -> None:
    page = Seen(rendered(f"- {plain(text)}\n- **x**: {plain(text)}\n\n{plain(text)}"))

    assert page.words == seen_words(text) + "x:" + seen_words(text) + seen_words(text)
    assert page.tags.count("strong") == 1
    assert page.tags.count("li") == 2
    assert set(page.tags) <= {"p", "ul", "li", "strong"}


@PLACES
@pytest.mark.parametrize("language", Language)
@given(text=(typed | tricks).filter(seen_words), words=typed.filter(seen_words))
def test_a_brief_looks_alike_whatever_is_typed_into_it(
    rendered: Callable[[str], str], language: Language, text: str, words: str
) -> None:
    def brief(content: str, words: str) -> str:
        asked = request(
            content=content,
            requester=words,
            request_type=words,
            vendor=words,
            document_number=words,
            document_date=date(2026, 3, 1),
            cost_center=words,
            context={words: words},
            currency="EUR",
        )
        said = analysis(
            summary=words,
            factors=(Factor(claim=words, evidence=words, verified=False),),
            findings=(
                Finding(code="amount_in_text", severity=Severity.HIGH, message=words, other_request="r-2"),
            ),
        )
        return brief_of(record(request=asked, analysis=said), DEFAULT.policy, language)

    plain_page = Seen(rendered(brief("x", "x")))
    page = Seen(rendered(brief(text, words)))

    # The content alone may add paragraphs and line breaks.
    outside = ("p", "br")
    assert [tag for tag in page.tags if tag not in outside] == [
        tag for tag in plain_page.tags if tag not in outside
    ]
    assert "{{" not in brief(text, words)


@pytest.mark.parametrize(
    "text", ["- " * 50_000, "1." * 50_000, "&" * 100_000, "\n" * 100_000, "*_`" * 30_000]
)
def test_a_long_text_takes_linear_time(text: str) -> None:
    assert len(plain_lines(text)) < 8 * len(text)
