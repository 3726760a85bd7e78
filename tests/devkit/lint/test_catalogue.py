# SPDX-License-Identifier: Apache-2.0
from devkit.lint.catalogue import PAGE, with_rules
from devkit.lint.rules import RULES


def test_the_page_lists_every_rule_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_rules(page) == page, "run `python -m devkit.lint`"


def test_every_rule_says_in_a_sentence_or_two_what_holds() -> None:
    said = [" ".join((rule.check.__doc__ or "").split()) for rule in RULES]
    assert [one for one in said if not (20 < len(one) <= 130 and one.endswith("."))] == []
