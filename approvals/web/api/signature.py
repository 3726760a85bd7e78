# SPDX-License-Identifier: Apache-2.0
"""Signatures of messages that come in, by Standard Webhooks (symmetric, `v1`)."""

import binascii
import re
from http import HTTPStatus
from typing import Final

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from approvals.web.errors import HttpCode, HttpError
from approvals.web.http import HttpRequest
from approvals.web.settings import EndpointSettings

MOST_SECRETS: Final = 2
"""The one that senders use, and the one that takes its place."""
_MESSAGE_ID: Final = re.compile(r"[!-~]{1,256}")
_HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")


def require_signature(request: HttpRequest, settings: EndpointSettings) -> str:
    """The message's id, when one of the secrets signed it within the last five minutes.

    Raises `bad_signature`, or `not_configured` where the settings hold no usable secret.
    """
    webhooks = _webhooks(settings)
    headers = {name: request.headers.get(name, "") for name in _HEADERS}
    reasons = {_fault(webhook, headers, request.body) for webhook in webhooks}
    if None not in reasons:
        raise _refused(" or ".join(sorted(filter(None, reasons))))
    message_id = headers["webhook-id"]
    if not _MESSAGE_ID.fullmatch(message_id):
        raise _refused("its webhook-id has more than 256 characters, or others than printable ASCII")
    return message_id


def _fault(webhook: Webhook, headers: dict[str, str], body: bytes) -> str | None:
    """Why a secret did not sign this; None when it did."""
    try:
        webhook.verify(body, headers, json_parse=False)
    except WebhookVerificationError as error:
        return str(error).lower()
    except (ValueError, binascii.Error):  # what the library expects of a header or a body is not there
        return "invalid signature headers"
    return None


def _webhooks(settings: EndpointSettings) -> list[Webhook]:
    if not settings.signing_secrets:
        raise _not_configured("signing_secret is empty, so that no event can be taken")
    if len(settings.signing_secrets) > MOST_SECRETS:
        raise _not_configured(f"signing_secret holds more than {MOST_SECRETS} secrets")
    try:
        return [Webhook(secret.get_secret_value()) for secret in settings.signing_secrets]
    except (ValueError, EmptyWebhookSecretError):
        raise _not_configured("signing_secret must be whsec_ and base64") from None


def _not_configured(reason: str) -> HttpError:
    remedy = "set signing_secret in the settings of this endpoint in Dify"
    return HttpError(HTTPStatus.FORBIDDEN, HttpCode.NOT_CONFIGURED, f"{reason}; {remedy}")


def _refused(reason: str) -> HttpError:
    return HttpError(
        HTTPStatus.UNAUTHORIZED,
        HttpCode.BAD_SIGNATURE,
        f"the signature does not hold: {reason}; sign webhook-id, webhook-timestamp and the body with the endpoint's "
        "signing_secret as Standard Webhooks describes, at most five minutes before sending",
    )
