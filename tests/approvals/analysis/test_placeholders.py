# SPDX-License-Identifier: Apache-2.0
"""What the policy hides never reaches the model, and stands again in what the model writes."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.analysis.analyst import Analyst
from approvals.analysis.placeholders import NOTE, Placeholders
from approvals.analysis.prompt import SYSTEM
from approvals.domain.policy_reader import policy_from_document
from approvals.domain.records import Analysis, ApprovalRequest
from approvals.domain.terms import Flag
from approvals.llm import ChatRequest, Deadline, estimate_tokens
from approvals.text.personal import PersonalData
from tests.approvals.analysis.worlds import ScriptedModel, StillClock, reply
from tests.approvals.domain.worlds import request
from tests.approvals.text.personal.values import values

ALL = tuple(PersonalData)
POLICY = policy_from_document({"version": 1, "redact": ["email", "phone", "card", "iban"]}).policy
CLOCK = StillClock()
CARD, MAIL = "4111 1111 1111 1111", "ann.lee@example.com"

pieces = st.one_of(
    *values.values(),
    st.sampled_from(
        [
            "[EMAIL-1]",
            "email-2",
            "[CARD-1.2]",
            "PHONE-1@b.io",
            "[[",
            "]",
            " ",
            "\n",
            "pay",
            ", ",
            "1,234.50 EUR",
        ]
    ),
    st.text(max_size=10),
)
texts = st.lists(pieces, max_size=12).map(" ".join)
contexts = st.dictionaries(
    texts,
    st.recursive(texts | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3), max_leaves=5),
    max_size=3,
)


def analyzed(asked: ApprovalRequest, *answers: Any, policy: Any = POLICY) -> tuple[Analysis, ScriptedModel]:
    scripted = ScriptedModel(*answers)
    analyst = Analyst(scripted, CLOCK, model="first-model", second_model="second-model")
    return analyst.analyze(asked, policy, Deadline.after(CLOCK, 60)), scripted


@given(texts, contexts)
def test_putting_back_gives_what_was_there(content: str, context: dict[str, Any]) -> None:
    asked = request(content=content, context=context)
    placeholders = Placeholders([asked], ALL)

    sent = placeholders.request(asked)

    assert placeholders.put_back(sent.content) == content
    assert [placeholders.put_back(key) for key in sent.context] == list(context)


@pytest.mark.parametrize("kind", PersonalData)
@given(st.data())
def test_a_value_never_leaves_in_content_or_context_or_id(kind: PersonalData, data: st.DataObject) -> None:
    value = data.draw(values[kind])
    asked = request(
        request_id=f"r {value}",
        content=f"Pay {value} now, ({value}).",
        context={"to": value, value: [{"x": f"{value}!"}]},
    )

    def answer(call: ChatRequest) -> str:
        assert all(value not in message.content for message in call.messages)
        (sent,) = json.loads(call.messages[1].content)["requests"]
        quote = re.search(r"Pay \[\w+-1\] now", sent["content"])
        assert quote
        factors = [{"claim": "Names it.", "evidence": quote[0]}]
        return json.dumps(reply(sent["id"], factors=factors, summary=f"Pays {quote[0].split()[1]}."))

    analysis, _ = analyzed(asked, answer)

    assert analysis.factors[0].evidence == f"Pay {value} now"
    assert analysis.factors[0].verified
    assert analysis.summary == f"Pays {value}."


def test_the_same_value_has_the_same_placeholder_and_another_spelling_is_told_apart() -> None:
    asked = request(content=f"{MAIL} {CARD} {MAIL} {CARD.replace(' ', '')} bob@b.io", context={"mail": MAIL})

    sent = Placeholders([asked], ALL).request(asked)

    assert sent.content == "[EMAIL-1] [CARD-1] [EMAIL-1] [CARD-1.2] [EMAIL-2]"
    assert sent.context == {"mail": "[EMAIL-1]"}


@pytest.mark.parametrize(
    ("context", "sent"),
    [
        ({"phone": 5551234}, {"phone": "[PHONE-1]"}),
        ({"contact_phone": "5551234"}, {"contact_phone": "[PHONE-1]"}),
        ({"mobileNumber": ["5551234"]}, {"mobileNumber": ["[PHONE-1]"]}),
        ({"order": 5551234}, {"order": 5551234}),
        ({"card": 4111111111111111}, {"card": "[CARD-1]"}),
        ({"paid": True, "none": None, "rate": 1.5}, {"paid": True, "none": None, "rate": 1.5}),
    ],
    ids=str,
)
def test_a_key_of_the_context_says_what_stands_under_it(
    context: dict[str, Any], sent: dict[str, Any]
) -> None:
    asked = request(context=context)

    assert Placeholders([asked], ALL).request(asked).context == sent


def test_a_placeholder_that_stands_in_a_request_already_is_not_made() -> None:
    asked = request(content=f"[EMAIL-1] email-2 {MAIL}")

    assert Placeholders([asked], ALL).request(asked).content == "[EMAIL-1] email-2 [EMAIL-3]"


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("[EMAIL-1]", MAIL),
        ("[email-1]", MAIL),
        ("EMAIL-1", MAIL),
        ("<EMAIL-1>", f"<{MAIL}>"),
        ("[EMAIL-1", MAIL),
        ("[EMAIL-7]", "[EMAIL-7]"),
        ("[EMAIL-10]", "[EMAIL-10]"),
        ("EMAIL-12", "EMAIL-12"),
    ],
)
def test_placeholders_are_put_back_as_models_write_them(written: str, means: str) -> None:
    asked = request(content=MAIL)
    placeholders = Placeholders([asked], ALL)
    placeholders.request(asked)

    assert placeholders.put_back(f"To {written}.") == f"To {means}."


def test_the_model_is_told_of_placeholders_only_where_there_are_some() -> None:
    _, with_some = analyzed(request(content=MAIL), reply("r-1"))
    _, without = analyzed(request(content="A chair"), reply("r-1"))

    assert with_some.asked[0].messages[0].content == SYSTEM + NOTE
    assert without.asked[0].messages[0].content == SYSTEM


def test_without_redact_everything_is_sent_as_it_is() -> None:
    policy = policy_from_document({"version": 1}).policy
    _, model = analyzed(request(content=MAIL), reply("r-1"), policy=policy)

    assert MAIL in model.asked[0].messages[1].content


def test_only_what_the_policy_names_is_hidden() -> None:
    policy = policy_from_document({"version": 1, "redact": ["card"]}).policy
    _, model = analyzed(request(content=f"{MAIL} {CARD}"), reply("r-1"), policy=policy)

    assert (MAIL in model.asked[0].messages[1].content, CARD in model.asked[0].messages[1].content) == (
        True,
        False,
    )


def test_a_long_content_is_bounded_after_it_was_hidden() -> None:
    asked = request(content="a@b.io " * 4_000)

    analysis, model = analyzed(asked, reply("r-1"))

    (sent,) = json.loads(model.asked[0].messages[1].content)["requests"]
    assert estimate_tokens(sent["content"]) <= 6_000 + 10
    assert "a@b.io" not in sent["content"]
    assert Flag.CONTENT_CUT in analysis.flags


def test_a_second_opinion_and_a_second_try_see_no_more_than_the_first() -> None:
    policy = policy_from_document(
        {"version": 1, "redact": ["email"], "second_opinion": {"when_risk": ["low", "medium", "high"]}}
    ).policy
    _, model = analyzed(request(content=MAIL), "no json", reply("r-1"), reply("r-1"), policy=policy)

    assert len(model.asked) == 3
    assert all(MAIL not in message.content for call in model.asked for message in call.messages)


def test_requests_that_share_a_call_share_its_placeholders_and_get_their_own_answers() -> None:
    asked = [
        request(request_id=f"r {MAIL}", content=f"From {MAIL}"),
        request(request_id="r-2", content=f"From {MAIL} and bob@b.io"),
    ]

    def answer(call: ChatRequest) -> str:
        sent = json.loads(call.messages[1].content)["requests"]
        assert [one["content"] for one in sent] == ["From [EMAIL-1]", "From [EMAIL-1] and [EMAIL-2]"]
        each = [reply(one["id"], summary=one["content"])["analyses"][0] for one in reversed(sent)]
        return json.dumps({"analyses": each})

    scripted = ScriptedModel(answer)
    analyst = Analyst(scripted, CLOCK, model="first-model", second_model="second-model")
    first, second = analyst.analyze_together(asked, POLICY, Deadline.after(CLOCK, 60))

    assert isinstance(first, Analysis)
    assert isinstance(second, Analysis)
    assert (first.summary, second.summary) == (f"From {MAIL}", f"From {MAIL} and bob@b.io")
