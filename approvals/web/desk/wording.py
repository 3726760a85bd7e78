# SPDX-License-Identifier: Apache-2.0
"""What the desk says, language by language: texts from `catalogue/`, and numbers and times in words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from markupsafe import Markup, escape

from approvals.domain.brief.phrases import WORDS, Phrases
from approvals.domain.terms import Language
from approvals.web.desk.visible import visible

_CATALOGUE: Final = Path(__file__).with_name("catalogue")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_EXACT_BELOW_HOURS, _EXACT_BELOW_DAYS = 10, 3
_TAGS: Final = {Language.CHINESE: "zh-Hans", Language.PORTUGUESE: "pt-BR"}
NAMES: Final[Mapping[Language, str]] = {
    Language.ENGLISH: "English",
    Language.CHINESE: "中文",
    Language.JAPANESE: "日本語",
    Language.PORTUGUESE: "Português",
}


class Wording:
    """The texts of one language. A text that is missing is an error of ours: `KeyError`."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.tag = _TAGS.get(language, language.value)
        self.words = WORDS[language]
        """The words that briefs use, too: states, risks, titles of levels, warnings, findings."""
        self._texts = catalogue(language)

    def __call__(self, key: str, **values: object) -> Markup:
        """The text under `key`, such as `inbox.title`, as HTML. Values are escaped, unless they are HTML already."""
        return Markup(escape(self._texts[key])).format(  # noqa: S704 - of our own catalogue
            **{
                name: value if isinstance(value, Markup) else visible(str(value))
                for name, value in values.items()
            }
        )

    def or_else(self, key: str, otherwise: str) -> str:
        """The text under `key` where there is one; else what somebody typed."""
        return str(self._texts.get(key, otherwise))

    def money(self, amount: Decimal | None, currency: str) -> str:
        """An amount with its currency; "" where there is none."""
        return "" if amount is None else Phrases(self.words, None).money(amount, currency)

    def percent(self, part: int, whole: int) -> str:
        """A share in percent; a dash where there is nothing to share."""
        return f"{100 * part / whole:.0f} %" if whole else "–"

    def duration(self, lasts: timedelta) -> str:
        """How long something takes, in its largest unit; in the two largest where the first is small."""
        seconds = max(0, round(lasts.total_seconds()))
        if seconds < _MINUTE:
            return str(self("time.seconds", n=seconds))
        if seconds < _HOUR:
            return str(self("time.minutes", n=seconds // _MINUTE))
        if seconds < _DAY:
            hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
            exact = minutes and hours < _EXACT_BELOW_HOURS
            return str(
                self("time.hours_minutes", n=hours, m=minutes) if exact else self("time.hours", n=hours)
            )
        days, hours = seconds // _DAY, seconds % _DAY // _HOUR
        exact = hours and days < _EXACT_BELOW_DAYS
        return str(self("time.days_hours", n=days, h=hours) if exact else self("time.days", n=days))


def moment(at: datetime | str) -> Markup:
    """A point in time, to the minute, in UTC."""
    text = at if isinstance(at, str) else at.isoformat()
    return Markup('<time datetime="{}">{} UTC</time>').format(text, text[:16].replace("T", " "))


@cache
def wording(language: Language) -> Wording:
    """The texts of one language, read once."""
    return Wording(language)


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """All texts of one language by their keys, such as `inbox.title`."""
    document = yaml.safe_load((_CATALOGUE / f"{language}.yaml").read_text(encoding="utf-8"))
    return dict(_flat(document, ""))


def _flat(node: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    texts: list[tuple[str, str]] = []
    for name, value in node.items():
        texts += (
            _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
        )
    return texts
