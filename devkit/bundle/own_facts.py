# SPDX-License-Identifier: Apache-2.0
"""What a policy looks at besides type, amount and risk, and how a form asks for it: supplier, cost center, context.

Rules and budgets test it, or the checks compare it with other requests.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from approvals.domain.policy import Policy
from devkit.bundle.nodes import Field, Selector

OTHER: Final = "other"
_YES_OR_NO: Final = frozenset({"yes", "no"})
_NAME: Final = re.compile(r"[^a-z0-9]+")
_NAME_LIMIT: Final = 30  # characters of a variable in Dify
_START: Final = "start"
_TEXTS: Final = {
    "vendor": ("Supplier (if there is one)", 200),
    "document_number": ("Number of the invoice, quote or order (if there is one)", 100),
    "cost_center": ("Cost center", 100),
}
_LINES: Final = {
    "vendor": "Supplier: Contoso",
    "document_number": "Invoice: INV-17",
    "cost_center": "Cost center: 4711",
}
"""What is typed: each parameter of the tool with the label of its field, and how long an answer may be."""
_UNQUOTABLE: Final = frozenset('"\\')
"""What would end a text in the JSON that the form's answers are put into."""


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """Which of them a policy looks at. `context` has the values that its rules name, by key."""

    vendor: bool = False
    document_number: bool = False
    cost_center: bool = False
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of the form; who does not answer has the value that no rule names."""
        asked = [
            Field(name, label, "text-input", max_length=length)
            for name, (label, length) in _TEXTS.items()
            if getattr(self, name)
        ]
        for key, variable in self.variables.items():
            options = _options(self.context[key])
            asked.append(Field(variable, _label(key), "select", default=options[-1], options=options))
        return tuple(asked)

    @property
    def parameters(self) -> Mapping[str, Selector | str]:
        """What the tool that analyzes is given of them."""
        answers = {key: f"{{{{#{_START}.{variable}#}}}}" for key, variable in self.variables.items()}
        given: dict[str, Selector | str] = {name: (_START, name) for name in _TEXTS if getattr(self, name)}
        return {**given, "context": json.dumps(answers, ensure_ascii=False)} if answers else given

    @property
    def lines(self) -> Sequence[str]:
        """The same as lines of a message: each with its label, and an example or the values that rules name."""
        named = [example for name, example in _LINES.items() if getattr(self, name)]
        return [
            *named,
            *(f"{_label(key)}: {' or '.join(_options(values))}" for key, values in self.context.items()),
        ]

    @property
    def variables(self) -> Mapping[str, str]:
        """For each key of the context a name that Dify takes for a variable, such as `context_department`."""
        names: dict[str, str] = {}
        for position, key in enumerate(self.context):
            name = f"context_{_NAME.sub('_', key.casefold()).strip('_')}"[:_NAME_LIMIT]
            names[key] = f"context_{position}" if name in {"context_", *names.values()} else name
        return names


def own_facts(policy: Policy) -> OwnFacts:
    """What the rules and budgets of a policy test.

    Where it decides about money and looks for duplicates, also what tells those.
    """
    context: dict[str, dict[str, None]] = {}
    for scope in policy.scopes:
        for key, values in (scope.context or {}).items():
            told = [value for value in values if not _UNQUOTABLE & set(value)]
            context.setdefault(key, {}).update(dict.fromkeys(told))
    compared = policy.checks.duplicates is not None and bool(policy.bounds)
    return OwnFacts(
        vendor=compared or any(scope.vendor for scope in policy.scopes),
        document_number=compared,
        cost_center=any(scope.cost_center for scope in policy.scopes),
        context={key: tuple(values) for key, values in context.items()},
    )


def _options(values: tuple[str, ...]) -> tuple[str, ...]:
    """The values and one that no rule names, which is the last."""
    if values and _YES_OR_NO.issuperset(values):
        return ("yes", "no")
    return (*(value for value in values if value != OTHER), OTHER)


def _label(key: str) -> str:
    words = key.replace("_", " ").replace(".", " ")
    return f"{words[:1].upper()}{words[1:]}"
