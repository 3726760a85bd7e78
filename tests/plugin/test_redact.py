# SPDX-License-Identifier: Apache-2.0
"""What a policy hides never reaches the model's endpoint, and the approver reads what was typed."""

import json

from devkit.host import PluginHost
from devkit.llm_stub import LlmStub

HIDDEN = (
    "ann.lee@example.com",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "+49 30 901820",
    "5551234",
)
POLICY = json.dumps(
    {
        "version": 1,
        "redact": ["email", "phone", "card", "iban"],
        "rules": [
            {
                "name": "sales",
                "text": "2.2 Sales signs for itself.",
                "when": {"context": {"department": ["sales"]}, "amount": {"above": 100}},
                "then": {"stages": ["director"]},
            }
        ],
    }
)


def test_what_the_policy_hides_stays_here_and_stands_in_the_brief(plugin: PluginHost, stub: LlmStub) -> None:
    mail, card, iban, phone, _ = HIDDEN
    before = len(list(stub.requests))

    answer = plugin.invoke_tool(
        "analyze_approval",
        {
            "content": f"Refund {mail} for two chairs, card {card}, account {iban}. Questions: {phone}.",
            "amount": "300",
            "currency": "USD",
            "requester": "Ann",
            "context": json.dumps({"department": "Sales", "phone": 5551234}),
            "policy": POLICY,
        },
    ).raise_for_error()
    routed = plugin.invoke_tool(
        "route_approval", {"request_id": answer.variables["request_id"], "event": "submit", "language": "en"}
    ).raise_for_error()

    sent = [request.body.decode() for request in list(stub.requests)[before:]]
    assert sent
    assert not [value for value in HIDDEN for body in sent if value in body]
    assert all("[EMAIL-1]" in body and "[PHONE-2]" in body for body in sent)
    assert all(factor["verified"] for factor in answer.variables["decision_factors"])
    assert mail in answer.variables["summary"] + str(answer.variables["decision_factors"])
    brief = routed.variables["brief"]
    assert "[EMAIL-1]" not in brief.replace("&#91;", "[").replace("&#93;", "]")
    assert mail in brief
    assert "It says: “" in brief
    assert "Sales signs for itself.”" in brief
    assert (routed.variables["policy_rule"], routed.variables["approver_level"]) == ("sales", "director")
