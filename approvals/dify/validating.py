# SPDX-License-Identifier: Apache-2.0
"""Around the check of credentials: every failure leaves as the one error whose message alone Dify shows."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dify_plugin.errors.model import CredentialsValidateFailedError

from approvals.errors import ApprovalError
from approvals.telemetry import call_scope, get_logger, redact, redacting

_log = get_logger(__name__)


@contextmanager
def validating(credentials: Mapping[str, Any]) -> Iterator[None]:
    """One check of credentials. Never chained, so that no cause can carry the key that was tried."""
    with call_scope("validate_credentials"), redacting(credentials):
        try:
            yield
        except ApprovalError as error:
            raise CredentialsValidateFailedError(redact(str(error))) from None
        except Exception as error:  # noqa: BLE001 - the last line of defence
            reference = secrets.token_hex(4)
            _log.exception("unexpected error", reference=reference)
            raise CredentialsValidateFailedError(
                f"unexpected {type(error).__name__}; report reference {reference} with the plugin's log"
            ) from None
