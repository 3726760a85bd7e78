# SPDX-License-Identifier: Apache-2.0
"""The credential form asks for exactly what the settings read, with the same defaults."""

from decimal import Decimal

import pytest
from pydantic import SecretStr

from approvals.notifications.formats import NotifyFormat
from approvals.settings import Settings
from tests.package import accepted
from tests.package.files import MANIFEST, PROVIDER

CREDENTIALS = PROVIDER["credentials_for_provider"]


def test_the_form_and_the_settings_have_the_same_fields_in_the_same_order() -> None:
    assert list(CREDENTIALS) == list(Settings.model_fields)
    assert len(CREDENTIALS) <= accepted.CREDENTIALS_LIMIT


def test_the_providers_name_is_that_of_the_plugin() -> None:
    identity = PROVIDER["identity"]
    assert (identity["author"], identity["name"]) == (MANIFEST["author"], MANIFEST["name"])
    assert accepted.PROVIDER_NAME.fullmatch(identity["name"])


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_has_a_type_and_keys_that_dify_knows(name: str) -> None:
    credential = CREDENTIALS[name]
    assert credential["type"] in accepted.CREDENTIAL_TYPES
    assert set(credential) <= {
        "type",
        "required",
        "default",
        "label",
        "placeholder",
        "help",
        "url",
        "options",
    }


def test_the_form_offers_every_format_of_notifications() -> None:
    offered = [option["value"] for option in CREDENTIALS["notify_format"]["options"]]
    assert offered == list(NotifyFormat)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_what_the_settings_keep_secret_is_typed_into_a_hidden_field(name: str) -> None:
    secret = Settings.model_fields[name].annotation is SecretStr
    assert (CREDENTIALS[name]["type"] == "secret-input") == secret


@pytest.mark.parametrize("name", CREDENTIALS)
def test_only_what_has_no_default_is_required(name: str) -> None:
    assert CREDENTIALS[name]["required"] is Settings.model_fields[name].is_required()


def test_the_form_shows_the_settings_defaults() -> None:
    shown = {
        name: credential["default"] for name, credential in CREDENTIALS.items() if "default" in credential
    }
    defaults = Settings.from_credentials({"api_key": "sk-example"})
    assert Settings.from_credentials({"api_key": "sk-example", **shown}) == defaults
    without = {"api_key", "prices", "store_url", "redis_url", "ledger_key", "public_url", "desk_secret"}
    assert set(CREDENTIALS) - set(shown) == without | {"notify_url", "notify_secret", "daily_budget_usd"}


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_default_is_text_since_the_api_makes_it_text(name: str) -> None:
    kind = bool if CREDENTIALS[name]["type"] == "boolean" else str
    assert isinstance(CREDENTIALS[name].get("default", kind()), kind)


def test_every_example_value_is_one_that_the_settings_read() -> None:
    examples = {
        name: credential["placeholder"]["en_US"]
        for name, credential in CREDENTIALS.items()
        if "placeholder" in credential
    }
    settings = Settings.from_credentials(examples)
    assert settings.prices["my-model"].input == Decimal("0.14")
