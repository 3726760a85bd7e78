# SPDX-License-Identifier: Apache-2.0
"""The settings of the endpoint group, as an admin typed them into Dify; none of the provider's credentials."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr

FIELDS: Final = ("api_token", "signing_secret", "desk_secret")
_SEPARATORS: Final = re.compile(r"[\s,;]+")


_UNSET: Final = SecretStr("")


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Each is empty where it is not set, and the routes that need it then answer `not_configured`.

    `api_token`: bearer token of the API, and what people sign in at the desk with. `signing_secrets`: one or two
    secrets of signed events, so that one can be replaced while senders still use the other. `desk_secret`: signs
    sessions and person-bound links.
    """

    api_token: SecretStr = _UNSET
    signing_secrets: tuple[SecretStr, ...] = ()
    desk_secret: SecretStr = _UNSET

    @classmethod
    def from_dify(cls, given: Mapping[str, Any]) -> "EndpointSettings":
        """The settings in Dify's map. `signing_secret` may hold two secrets with a blank or comma between them."""
        text = {name: str(given.get(name) or "").strip() for name in FIELDS}
        secrets = [SecretStr(one) for one in _SEPARATORS.split(text["signing_secret"]) if one]
        return cls(SecretStr(text["api_token"]), tuple(secrets), SecretStr(text["desk_secret"]))

    @property
    def secrets(self) -> dict[str, str]:
        """Each secret alone under a name of its own, for redaction."""
        signing = {f"signing_{at}_secret": one for at, one in enumerate(self.signing_secrets)}
        named = {"api_token": self.api_token, "desk_secret": self.desk_secret, **signing}
        return {name: value.get_secret_value() for name, value in named.items()}
