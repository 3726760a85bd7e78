# SPDX-License-Identifier: Apache-2.0
"""An answer is found in whatever a model writes around it, and only one that is meant."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.analysis.json_in_text import objects_in
from approvals.analysis.reply import ReplyInvalidError, parse_reply
from tests.approvals.analysis.worlds import reply

ANSWER = json.dumps(reply("r-1"))
OTHER = json.dumps(reply("r-1", risk_level="high"))

WRAPPINGS = {
    "thinking before it": f"<think>\nsmall {{amount}}\n</think>\n\n{ANSWER}",
    "a draft in the thinking": f"<think>{OTHER}</think>{ANSWER}",
    "thinking that ends twice": f"<think>a</think><think>{OTHER}</think>{ANSWER}",
    "thinking without a beginning": f"Let me see {{x}}.\n</think>\n{ANSWER}",
    "thinking without an end": f"<think>It is small.\n{ANSWER}",
    "channels": f"<|channel|>analysis<|message|>{OTHER}<|end|><|channel|>final<|message|>{ANSWER}",
    "a fence on one line": f"```json {ANSWER}```",
    "a fence and more words": f"```json\n{ANSWER}\n```\nAnything else?",
    "a fence without its end": f"```\n{ANSWER}",
    "words before it": f"Sure! Here is the JSON you asked for:\n\n{ANSWER}",
    "braces before it": f"I read {{the request}} and {{ found nothing. {ANSWER}",
    "words behind it": f"{ANSWER}\n\nI hope that {{this}} helps.",
    "the same twice": f"{ANSWER}\n{ANSWER}",
    "an empty one before it": f'{{"analyses": []}} {ANSWER}',
    "a byte order mark": f"\ufeff{ANSWER}",
    "blanks": f" \r\n\t{ANSWER}\n\n",
    "a list around it": f"[{ANSWER}]",
    "a string around it": json.dumps(ANSWER),
    "many lines": json.dumps(reply("r-1"), indent=4),
    "a line break inside a text": ANSWER.replace("A chair.", "A\nchair."),
    "a broken one before it": ANSWER[:-30] + "\n" + ANSWER,
}


@pytest.mark.parametrize("name", WRAPPINGS)
def test_the_answer_is_found(name: str) -> None:
    assert parse_reply(WRAPPINGS[name], ["r-1"])["r-1"].risk_level == "low"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{ANSWER} or rather {OTHER}", "more than one"),
        (f"<think>{OTHER} {ANSWER}</think>", "more than one"),
        (f"Here: {json.dumps(reply('r-2'))}", "ids must be"),
        (f"Here: {json.dumps(reply('r-1', risk_level='tiny'))}", "risk_level"),
        ("I would approve this.", "not a JSON document"),
        (ANSWER[:-10], "not a JSON document"),
        ('"', "not a JSON document"),
        ("", "not a JSON document"),
    ],
)
def test_what_is_no_answer_says_why(text: str, fault: str) -> None:
    with pytest.raises(ReplyInvalidError, match=fault):
        parse_reply(text, ["r-1"])


@given(st.text(), st.text())
def test_any_words_around_it_change_nothing(before: str, after: str) -> None:
    assert [each.value for each in objects_in(before + ANSWER + after, "analyses")][-1:] == [reply("r-1")]


@pytest.mark.parametrize(
    "piece",
    [
        '{"analyses":',
        '{"analyses":"',
        '{"analyses":[',
        "{",
        '{ "analyses" ',
        "```\n",
        "``` ",
        "<think>",
        "</think>",
        '{"analyses":1} ',
        '"\\"',
        "{" + " " * 199,
    ],
)
def test_reading_takes_time_in_proportion_to_the_text(piece: str) -> None:
    def seconds(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        started = time.process_time()
        with pytest.raises(ReplyInvalidError):
            parse_reply(text, ["r-1"])
        return time.process_time() - started

    assert min(seconds(1_000_000) for _ in range(2)) < 1.5
