# SPDX-License-Identifier: Apache-2.0
"""A bad policy is refused as a whole, with the path of the bad value, what was found, and what is allowed."""

import hashlib
import json
from pathlib import Path

import pytest
import rfc8785
import yaml
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.policy_reader import read_policy
from approvals.errors import ApprovalError, ErrorCode
from tests.approvals.domain.worlds import DEFAULT

DEFAULT_TEXT = (Path(__file__).parents[3] / "policies" / "default.yaml").read_text(encoding="utf-8")


TESTS = "request_type, vendor, cost_center, context, amount, risk"
OWN_FACT = "a fact of your own goes into the context, as in context: {department: [...]}"


def fault(text: str) -> str:
    """What a bad policy is refused with."""
    with pytest.raises(ApprovalError) as caught:
        read_policy(text)
    assert caught.value.code is ErrorCode.BAD_POLICY
    return caught.value.message


def rules(rule: str) -> str:
    return f"version: 1\nrules:\n  - {{name: a, {rule}}}"


@pytest.mark.parametrize(
    ("text", "path", "hint"),
    [
        ("", "policy", "table of keys"),
        ("[]", "policy", "table of keys"),
        ("just words", "policy", "found 'just words'"),
        ("{", "line 1", "not YAML or JSON"),
        ("version: 2", "version: found 2", "equal to 1"),
        ("version: null", "version: found nothing", "integer"),
        ("version: 1.0", "version: found 1.0", "integer"),
        ("version: yes", "version: found yes, which YAML reads as true", "integer"),
        ("version: '1'", "version: found '1'", "integer"),
        ("rules: []", "version: missing", "required"),
        ("version: 1\nversion: 1", "line 2", "given twice"),
        ("a: &x 1\nb: *x", "line 2", "aliases"),
        ("version: 1\nrule: []", "rule: unknown key", "did you mean 'rules'"),
        ("version: 1\ncurrency: usd", "currency: found 'usd'", "such as USD"),
        ("version: 1\nexchange_rates: {EUR: 0}", "exchange_rates.EUR: found 0", "greater than 0"),
        ("version: 1\nexchange_rates: {EUR: .inf}", "exchange_rates.EUR", "finite"),
        ("version: 1\nexchange_rates: {USD: 1}", "policy", "own currency USD"),
        ("version: 1\nmin_confidence: 1.5", "min_confidence: found 1.5", "less than or equal to 1"),
        ("version: 1\nmin_confidence: '0.5'", "min_confidence: found '0.5'", "valid number"),
        ("version: 1\non_timeout: approve", "on_timeout: found 'approve'", "'escalate' or 'expire'"),
        ("version: 1\nseparation_of_duties: 'yes'", "separation_of_duties: found 'yes'", "boolean"),
        ("version: 1\ndefault: {auto_approve: true}", "default", "cannot auto-approve"),
        ("version: 1\ndefault: {stages: []}", "default", "at least one level"),
        ("version: 1\ndefault: {stages: [boss]}", "default.stages[0]: found 'boss'", "'manager', 'director'"),
        ("version: 1\ndefault: {stages: [vp, manager]}", "default.stages", "must rise"),
        ("version: 1\ndefault: {stages: [vp, vp]}", "default.stages", "{level: vp, signatures: 2}"),
        ("version: 1\ndefault: {stages: [vp, {level: vp}]}", "default.stages", "without repeats"),
        (
            "version: 1\ndefault: {stages: [{level: vp, signatures: 0}]}",
            "stages[0].signatures",
            "or equal to 1",
        ),
        ("version: 1\ndefault: {stages: [{signatures: 2}]}", "default.stages[0].level", "required"),
        ("version: 1\ndefault: {stages: [{level: vp, count: 2}]}", "stages[0].count", "level, signatures"),
        ("version: 1\ndefault: {stages: [5]}", "default.stages[0]: found 5", "'vp' or 'executive'"),
        (
            "version: 1\ndefault: {stages: [vp], deadline_hours: 0}",
            "default.deadline_hours: found 0",
            "greater",
        ),
        ("version: 1\npeople: [{name: Ann}]", "people[0].levels: missing", "required"),
        (
            "version: 1\npeople: [{name: Ann, levels: [boss]}]",
            "people[0].levels[0]: found 'boss'",
            "'manager'",
        ),
        ("version: 1\npeople: [{name: Ann, levels: []}]", "people[0].levels", "at least 1 item"),
        ("version: 1\npeople: [{name: '-', levels: [vp]}]", "people[0].name: found '-'", "sees no name"),
        (
            "version: 1\npeople: [{name: Ann, levels: [vp], email: Ann}]",
            "people[0].email: found 'Ann'",
            "one e-mail address",
        ),
        (
            "version: 1\npeople: [{name: A, levels: [vp], email: 'a@b.io, c@d.io'}]",
            "people[0].email",
            "one e-mail address",
        ),
        (
            'version: 1\npeople: [{name: A, levels: [vp], email: "a@b.io\\n"}]',
            "people[0].email",
            "one e-mail address",
        ),
        (
            "version: 1\npeople: [{name: A, levels: [vp], mail: a@b.io}]",
            "people[0].mail: unknown",
            "did you mean 'email'",
        ),
        ("version: 1\ntitles: {boss: CEO}", "titles.boss", "'manager', 'director'"),
        ("version: 1\napprovers: {manager: a@b.io}", "approvers: unknown key", "people"),
        ("version: 1\nsecond_opinion: {amount: 5}", "second_opinion.amount: unknown key", "amount_from"),
        (rules("then: {stages: [vp]}, extra: 1"), "rules[0].extra: unknown key", "name, when, then"),
        (
            rules("when: {amount: {to: abc}}, then: {stages: [vp]}"),
            "rules[0].when.amount.to: found 'abc'",
            "write digits, such as 1234.50",
        ),
        (
            rules("when: {amount: {to: '1.000'}}, then: {stages: [vp]}"),
            "rules[0].when.amount.to: found '1.000'",
            "two readings, 1.000 and 1000",
        ),
        ("version: 1\nchecks: {amount_in_text: maybe}", "checks.amount_in_text", "boolean"),
        ("version: 1\nchecks: {amounts: on}", "checks.amounts: unknown key", "amount_in_text"),
        (
            rules("when: {amount: {from: 9, to: 1}}, then: {stages: [vp]}"),
            "rules[0].when.amount",
            "above 'to'",
        ),
        (
            rules("when: {amount: {}}, then: {stages: [vp]}"),
            "rules[0].when.amount",
            "give 'from' or 'above', 'to' or 'below'",
        ),
        (
            rules("when: {amount: {from: 1, above: 1}}, then: {stages: [vp]}"),
            "rules[0].when.amount",
            "'from' (inclusive) or 'above' (exclusive), not both",
        ),
        (
            rules("when: {amount: {above: 5, to: 5}}, then: {stages: [vp]}"),
            "rules[0].when.amount",
            "no amount lies between 'above' 5 and 'to' 5",
        ),
        (
            rules("when: {amount: {below: 0}}, then: {stages: [vp]}"),
            "rules[0].when.amount",
            "no amount is below 0",
        ),
        (
            rules("when: {context: {department: sales}}, then: {stages: [vp]}"),
            "rules[0].when.context.department: found 'sales'",
            "a list, as in [a, b]",
        ),
        (
            rules("when: {context: [sales]}, then: {stages: [vp]}"),
            "rules[0].when.context: found",
            "a table of keys",
        ),
        (rules("when: {context: {}}, then: {stages: [vp]}"), "rules[0].when.context", "at least 1 item"),
        (
            rules("when: {context: {country: [NO]}}, then: {stages: [vp]}"),
            "found NO, which YAML reads as false",
            "put it in quotes",
        ),
        (
            rules("when: {context: {code: [1.10]}}, then: {stages: [vp]}"),
            "rules[0].when.context.code[0]: found 1.10",
            "in quotes",
        ),
        (
            rules("when: {context: {Team: [a], team: [b]}}, then: {stages: [vp]}"),
            "'Team' and 'team' are the same key to a reader",
            "write it once",
        ),
        (
            rules("when: {vendor: ['\u200b']}, then: {stages: [vp]}"),
            "rules[0].when.vendor[0]",
            "sees nothing",
        ),
        (rules("text: '', then: {stages: [vp]}"), "rules[0].text", "at least 1 character"),
        (
            rules("when: {amount: {to: -1}}, then: {stages: [vp]}"),
            "rules[0].when.amount.to: found -1",
            "or equal to 0",
        ),
        (rules("when: {risk: low}, then: {stages: [vp]}"), "rules[0].when.risk: found 'low'", "list"),
        (rules("when: {risk: [tiny]}, then: {stages: [vp]}"), "rules[0].when.risk[0]: found 'tiny'", "'low'"),
        (rules("then: {auto_approve: true, stages: [vp]}"), "rules[0].then", "exclude each other"),
        (rules("when: {}"), "rules[0].then: missing", "required"),
    ],
)
def test_a_bad_policy_names_the_place_and_what_is_allowed(text: str, path: str, hint: str) -> None:
    message = fault(text)

    assert path in message
    assert hint in message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("version: 1\n\ncurrency: dollars", "(line 3)"),
        (rules("when: {risk: [tiny]}, then: {stages: [vp]}"), "(line 3, rule 'a')"),
        (
            "version: 1\nrules:\n  - name: b\n    when:\n      risk: low\n    then: {stages: [vp]}",
            "(line 5, rule 'b')",
        ),
        ("version: 1\nrules:\n  - name: b\n\n    when: {}", "(line 3, rule 'b')"),
        ("version: 1\npeople:\n  - name: Ann\n    levels: [boss]", "(line 4, person 'Ann')"),
        ('{"version": 1, "rules": [{"name": "a", "then": {"stages": ["boss"]}}]}', "(rule 'a')"),
        ('{"version": 1,\n "rules": [{"name": "a",\n "then": {"stages": ["boss"]}}]}', "(line 3, rule 'a')"),
        (
            "version: 1\nrules:\n  - {name: a, then: {stages: [vp]}}\n  - {name: a, then: {stages: [vp]}}",
            "(line 4, rule 'a')",
        ),
        ("version: 1\nexchange_rates:\n  EUR: 1\n  USD: 1", "(line 4)"),
        (
            "version: 1\npeople:\n  - {name: A, levels: [vp]}\n  - {name: a, levels: [vp]}",
            "(line 4, person 'a')",
        ),
    ],
)
def test_a_fault_names_its_line_and_its_rule(text: str, place: str) -> None:
    assert fault(text).endswith(place)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("version: 1\ntitles: {vp: no}", "titles.vp: found no, which YAML reads as false: put it in quotes"),
        (
            "version: 1\npeople: [{name: Yes, levels: [vp]}]",
            "people[0].name: found Yes, which YAML reads as true",
        ),
        (
            "version: 1\nrules: [{name: off, then: {stages: [vp]}}]",
            "rules[0].name: found off, which YAML reads as false",
        ),
        ("version: 1\nrules: [{name: 12, then: {stages: [vp]}}]", "rules[0].name: found 12; allowed: text"),
        ("version: 1\ncurrency:", "currency: found nothing; allowed: text"),
        (
            "version: 1\nrules: [{name: a, when: [], then: {stages: [vp]}}]",
            "rules[0].when: found []; allowed: a table with request_type",
        ),
        (
            "version: 1\nrules: [{name: a, when: {amount: {to: 1,000}}, then: {stages: [vp]}}]",
            "a comma begins a new key here",
        ),
        ("version: 1\ndefault: {stages: [vp], deadline_hours: 9000}", "less than or equal to 8784"),
    ],
)
def test_what_was_found_is_told_as_it_is_written(text: str, found: str) -> None:
    assert found in fault(text)


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        ("version: 1\nrules:\n - {name: a, then: {stages: [vp]}}\n  - {name: b}", 3, "indented otherwise"),
        ("version: 1\ncurrency: a: b", 2, "a second ': ' in one line"),
        ("version: 1\n\tcurrency: USD", 2, "a tab stands here; use spaces"),
        ("version: 1\ncurrency:\tUSD", 2, "a tab stands here; use spaces"),
        ("version: 1\ncurrency: @USD", 2, "put text in quotes"),
        ("version: 1\n---\nversion: 1", 2, "give one policy"),
        ("version: 1\ncurrency: *usd", 2, "aliases (*name) are not read"),
        ("version: 1\nrules: [{name: a", 2, "closing bracket"),
        ("version: 1\nname: 'a", 2, "never closed"),
        ("version: 1\ncurrency: !!int 5", 2, "tags"),
        ("version: 1\ncurrency: !own x", 2, "tags"),
        ("version: 1\n? [a]\n: b", 2, "a key must be a word"),
    ],
)
def test_a_slip_of_the_keyboard_is_told_with_its_line_and_what_to_do(
    text: str, line: int, remedy: str
) -> None:
    message = fault(text)

    assert f"line {line}, column" in message or f"line {line + 1}, column" in message
    assert remedy in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            rules("when: {risk: [Low]}, then: {stages: [vp]}"),
            "rules[0].when.risk[0]: found 'Low'; allowed: 'low', 'medium' or 'high' (line 3, rule 'a')",
        ),
        (
            "version: 1\nexchange_rates: {EUR: 1,08}",
            "exchange_rates.08: a comma begins a new key here; write numbers without it (line 2)",
        ),
        (
            rules("when: {department: [sales]}, then: {stages: [vp]}"),
            f"rules[0].when.department: unknown key; {OWN_FACT}; allowed here: {TESTS} (line 3, rule 'a')",
        ),
        (
            "version: 1\nredact: [mail]",
            "redact[0]: found 'mail'; allowed: 'email', 'phone', 'card' or 'iban' (line 2)",
        ),
        (
            "version: 1\nchecks: on",
            (
                "checks: found on; allowed: a table with amount_in_text, duplicates, splitting, near_limit, "
                "stale_document, future_document, new_vendor, above_usual, budget (line 2)"
            ),
        ),
        (
            "version: 1\nchecks: {splitting: {days: 0}}",
            "checks.splitting.days: found 0; allowed: greater than or equal to 1 (line 2)",
        ),
        (
            "version: 1\nchecks: {duplicates: {hours: 3, days: 2}}",
            "checks.duplicates.hours: unknown key; allowed here: days (line 2)",
        ),
        (
            "version: 1\nchecks: {duplicates: weekly}",
            "checks.duplicates: found 'weekly'; allowed: on, off, or a number of days as in {days: 90} (line 2)",
        ),
    ],
)
def test_one_mistake_is_one_message(text: str, message: str) -> None:
    assert fault(text) == message


def test_words_that_yaml_takes_for_something_else_are_keys_and_texts_where_they_may_be() -> None:
    read = read_policy(
        "version: 1\nrules: [{name: 2026-12-20, when: {request_type: ['on', \"yes\"]}, then: {stages: [vp]}}]"
    )

    assert read.policy.rules[0].name == "2026-12-20"
    assert read.policy.rules[0].when.request_type == ("on", "yes")
    assert "unknown key" in fault("version: 1\non: 5")


def test_json_with_escaped_characters_is_read_as_json() -> None:
    read = read_policy(
        '{"version": 1, "titles": {"vp": "\\ud83d\\ude80 lead"}, "exchange_rates": {"EUR": 1e0}}'
    )

    assert read.policy.titles == {"vp": "\U0001f680 lead"}


def test_json_that_repeats_a_key_is_refused() -> None:
    assert "given twice" in fault('{"version": 1, "version": 1}')


def test_a_character_that_no_text_has_is_told_with_its_line() -> None:
    assert "line 2: the character U+0007 stands here; remove it" in fault("version: 1\ntitles: {vp: a\x07}")


def test_a_document_that_would_explode_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]

    assert "line 2, column 10: aliases" in fault("\n".join(lines))


def test_rule_names_are_unique() -> None:
    twice = "version: 1\nrules:\n  - {name: a, then: {stages: [vp]}}\n  - {name: a, then: {stages: [vp]}}"

    assert "repeated: a" in fault(twice)


def test_yaml_and_json_of_the_same_policy_are_the_same_policy() -> None:
    as_json = read_policy(json.dumps(yaml.safe_load(DEFAULT_TEXT)))

    assert as_json.policy == DEFAULT.policy
    assert as_json.digest == DEFAULT.digest


def test_the_digest_is_that_of_the_documents_canonical_json() -> None:
    canonical = rfc8785.dumps(yaml.safe_load(DEFAULT_TEXT))

    assert DEFAULT.digest == hashlib.sha256(canonical).hexdigest()


@given(
    st.text(max_size=200)
    | st.integers(0, len(DEFAULT_TEXT) - 1).map(lambda at: DEFAULT_TEXT[:at] + DEFAULT_TEXT[at + 1 :])
)
def test_any_text_is_a_policy_or_refused_as_a_bad_one(text: str) -> None:
    code = None
    try:
        read_policy(text)
    except ApprovalError as error:
        code = error.code

    assert code in {None, ErrorCode.BAD_POLICY}


def test_deep_nesting_and_huge_text_are_refused_not_crashed_on() -> None:
    fault("[" * 5_000)
    assert "characters" in fault("#" * 200_000)
