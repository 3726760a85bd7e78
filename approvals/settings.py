# SPDX-License-Identifier: Apache-2.0
"""The provider's credentials as one validated object. Dify hands them over as text, so they are read from text."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from approvals.base_url import chat_completions_url
from approvals.domain.ledger_keys import LedgerKeys, parse_ledger_keys
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm import ModelPrice, parse_prices
from approvals.notifications.formats import NotifyFormat, Target
from approvals.notifications.target import target_of
from approvals.text.numbers import NumberError, read_amount

TRUE_WORDS = frozenset({"true", "yes", "y", "1", "on"})
FALSE_WORDS = frozenset({"false", "no", "n", "0", "off"})
_SECRET_FIELDS = frozenset(
    {
        "api_key",
        "base_url",
        "store_url",
        "redis_url",
        "ledger_key",
        "notify_url",
        "notify_secret",
        "desk_secret",
    }
)


def _read_boolean(value: object) -> object:
    if isinstance(value, str) and value.strip().casefold() in TRUE_WORDS | FALSE_WORDS:
        return value.strip().casefold() in TRUE_WORDS
    return value


def _read_address(value: str) -> str:
    """An address that a path can follow. Raises ValueError."""
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        url = httpx.URL("")
    fits = url.scheme in {"https", "http"} and url.host and not (url.query or url.fragment or url.userinfo)
    if value and not (fits and value.isascii() and value.isprintable() and " " not in value):
        raise ValueError("must be an address such as https://dify.example.com/e/abc123, without ? and #")
    return value.rstrip("/")


def _read_prices(value: object) -> object:
    return parse_prices(value) if isinstance(value, str) else value


def _read_dollars(value: object) -> object:
    """The amount in a text such as `5`, `2.50` or `$5`. Raises `bad_parameter`."""
    if not isinstance(value, str):
        return value
    try:
        return read_amount(value, currency="USD").number
    except NumberError as error:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"the plugin's setting daily_budget_usd is {shown(value)}; it {error}. It is US dollars for a day (UTC); "
            "leave it empty for no budget",
        ) from None


def _readable_keys(value: SecretStr) -> SecretStr:
    """Raises `bad_parameter` for what holds no ledger keys."""
    parse_ledger_keys(value.get_secret_value())
    return value


class Settings(BaseModel):
    """What the admin typed into the plugin's credential form. Limits are per minute."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    api_key: Annotated[SecretStr, Field(min_length=1, max_length=4_096)]
    base_url: Annotated[str, Field(min_length=1, max_length=2_000)] = "https://api.holysheep.ai/v1"
    model: Annotated[str, Field(min_length=1, max_length=200)] = "deepseek-v3.2"
    second_opinion_model: Annotated[str, Field(min_length=1, max_length=200)] = "gpt-4.1"
    rpm_limit: Annotated[int, Field(ge=1, le=1_000_000)] = 3_000
    tpm_limit: Annotated[int, Field(ge=1_000, le=1_000_000_000)] = 500_000
    max_concurrency: Annotated[int, Field(ge=1, le=500)] = 32
    deadline_seconds: Annotated[float, Field(ge=1, le=240, allow_inf_nan=False)] = 60
    daily_budget_usd: Annotated[Decimal | None, BeforeValidator(_read_dollars), Field(gt=0, le=1_000_000)] = (
        None
    )
    prices: Annotated[Mapping[str, ModelPrice], BeforeValidator(_read_prices)] = Field(default_factory=dict)
    store_url: SecretStr = SecretStr("")
    redis_url: SecretStr = SecretStr("")
    ledger_key: Annotated[SecretStr, AfterValidator(_readable_keys)] = SecretStr("")
    notify_url: SecretStr = SecretStr("")
    notify_format: NotifyFormat = NotifyFormat.STANDARD_WEBHOOKS
    notify_secret: SecretStr = SecretStr("")
    public_url: Annotated[str, Field(max_length=2_000), AfterValidator(_read_address)] = ""
    desk_secret: SecretStr = SecretStr("")
    allow_insecure_http: Annotated[bool, BeforeValidator(_read_boolean)] = False

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any]) -> "Settings":
        """The settings in Dify's credential map; what is absent or empty has its default.

        Raises `bad_parameter` naming the field, the value (unless it is secret) and what is allowed.
        """
        given = {
            name: value
            for name, value in credentials.items()
            if name in cls.model_fields
            and value is not None
            and not (isinstance(value, str) and not value.strip())
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            name = str(fault["loc"][0])
            value = "hidden" if name in _SECRET_FIELDS else shown(given.get(name))
            found = f"is {value}; " if name in given else "is empty; "
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER, f"the plugin's setting {name} {found}{fault['msg'].lower()}"
            ) from None

    @property
    def url(self) -> httpx.URL:
        """The URL of chat completions. Raises `bad_parameter` for a base URL that cannot be used."""
        return chat_completions_url(self.base_url, allow_insecure_http=self.allow_insecure_http)

    @cached_property
    def notify_target(self) -> Target | None:
        """Where notices go; None where no address is set. Raises `bad_parameter`."""
        return target_of(
            self.notify_url.get_secret_value(),
            self.notify_format,
            self.notify_secret.get_secret_value(),
            public_url=self.public_url,
            allow_insecure_http=self.allow_insecure_http,
        )

    @cached_property
    def ledger_keys(self) -> LedgerKeys:
        """The keys that sign and verify the ledger, newest first; there may be none."""
        return parse_ledger_keys(self.ledger_key.get_secret_value())

    @cached_property
    def fingerprint(self) -> str:
        """Whose limits these are: sha256 of URL and key. Raises what `url` raises."""
        return hashlib.sha256(f"{self.url}\n{self.api_key.get_secret_value()}".encode()).hexdigest()

    @cached_property
    def identity(self) -> str:
        """Changes when any setting changes; what is built from these settings is kept under it."""
        parts = [
            f"{name}={value.get_secret_value() if isinstance(value, SecretStr) else value!r}"
            for name, value in sorted(dict(self).items())
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
