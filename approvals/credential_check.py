# SPDX-License-Identifier: Apache-2.0
"""What is checked of the credentials when they are saved: whose key it is, the model, the database, and Redis."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswerError
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.llm import (
    ChatMessage,
    ChatRequest,
    Deadline,
    FailureKind,
    LlmClient,
    LlmError,
    Prices,
    ReplySchema,
    TokenUsage,
)
from approvals.settings import Settings
from approvals.store.protocol import ApprovalStore

CHECK_SECONDS: Final = 12.0
"""For all checks together. Dify holds a lock of 20 seconds while it saves credentials."""


class KeyOwner(NamedTuple):
    """A provider, how its keys begin, and its OpenAI-compatible address."""

    prefix: str
    name: str
    base_url: str


KEY_OWNERS: Final = (
    KeyOwner("sk-ant-", "Anthropic", "https://api.anthropic.com/v1"),
    KeyOwner("sk-proj-", "OpenAI", "https://api.openai.com/v1"),
    KeyOwner("sk-svcacct-", "OpenAI", "https://api.openai.com/v1"),
    KeyOwner("sk-or-", "OpenRouter", "https://openrouter.ai/api/v1"),
    KeyOwner("AIza", "Google", "https://generativelanguage.googleapis.com/v1beta/openai"),
    KeyOwner("gsk_", "Groq", "https://api.groq.com/openai/v1"),
    KeyOwner("xai-", "xAI", "https://api.x.ai/v1"),
)


_QUESTION: Final = (
    ChatMessage("system", "You answer in JSON."),
    ChatMessage("user", 'Answer with this JSON and nothing else: {"analyses": []}'),
)
_ENOUGH_TOKENS: Final = 64
_TOO_LATE: Final = frozenset({FailureKind.DEADLINE, FailureKind.TIMEOUT})


def refuse_foreign_key(settings: Settings) -> None:
    """Raises `bad_parameter` for a key of another provider with the default address, before it is sent there."""
    default = Settings.model_fields["base_url"].default
    if settings.base_url.rstrip("/") != default:
        return
    key = settings.api_key.get_secret_value()
    for owner in KEY_OWNERS:
        if key.startswith(owner.prefix):
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"api_key looks like a key of {owner.name} (it begins with {owner.prefix!r}), and base_url is the "
                f"default, which belongs to another provider. Set base_url to {owner.base_url}. Nothing was sent.",
            )


def require_prices(settings: Settings) -> None:
    """Raises `bad_parameter` for a daily budget with a model whose price nobody knows: it could not be counted."""
    if settings.daily_budget_usd is None:
        return
    prices, one_call = Prices(settings.prices), TokenUsage(1_000, 500)
    for name, model in (("model", settings.model), ("second_opinion_model", settings.second_opinion_model)):
        if prices.cost(model, one_call, None) is None:
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"daily_budget_usd is set, and nobody knows what {name} {shown(model)} costs, so that it cannot be "
                f'counted. Write its price into prices, in USD per million tokens, such as {{"{model[:60]}": '
                '{"input": 0.14, "output": 0.28}}, or leave daily_budget_usd empty.',
            )


def check_endpoint(
    client: LlmClient, model: str, schema: ReplySchema, deadline: Deadline, *, host: str
) -> None:
    """Ask `model` for a reply that fits `schema`, as every request will.

    Raises `LlmError`, whose message explains to an admin what is wrong, and `model_unavailable` when the endpoint
    does not answer in time. An answer without text is proof enough: a model that thinks first may need more tokens
    than a check is worth.
    """
    request = ChatRequest(
        model=model,
        messages=_QUESTION,
        reply_schema=schema,
        max_output_tokens=_ENOUGH_TOKENS,
        request_id="credential-check",
    )
    try:
        client.complete(request, deadline)
    except LlmError as failure:
        if failure.kind in _TOO_LATE:
            raise ApprovalError(
                ErrorCode.MODEL_UNAVAILABLE,
                f"{host} did not answer within {deadline.seconds:g} seconds. Check base_url: the "
                "host, the port, and https where the server speaks TLS (http where it does not). The address must be "
                "reachable from the machine of Dify's plugin daemon.",
            ) from None
        if failure.kind is not FailureKind.REPLY_EMPTY and failure.remedy is None:
            raise


def check_database(store: ApprovalStore, settings: Settings, deadline: Deadline) -> None:
    """Connect, and create the tables if need be. Raises `store_unavailable` or `bad_parameter`, naming store_url."""
    try:
        _within(deadline, lambda: store.dead_letters(1))
    except NoAnswerError:
        raise _silent("store_url", settings.store_url.get_secret_value(), deadline) from None
    except ApprovalError as error:
        raise ApprovalError(error.code, f"store_url does not work: {error.message}") from None


def check_redis(settings: Settings, deadline: Deadline) -> None:
    """One PING. Raises `store_unavailable`, naming redis_url."""
    from redis import Redis, RedisError  # noqa: PLC0415 - paid for by those who use Redis

    url = settings.redis_url.get_secret_value()
    seconds = max(deadline.remaining(), 0.1)
    try:
        client = Redis.from_url(url, socket_connect_timeout=seconds, socket_timeout=seconds)
        _within(deadline, client.ping)
    except NoAnswerError:
        raise _silent("redis_url", url, deadline) from None
    except (RedisError, ValueError, OSError) as error:
        raise ApprovalError(
            ErrorCode.STORE_UNAVAILABLE,
            f"redis_url does not work: {_host(url)} cannot be used ({type(error).__name__}). Check host, port and "
            "password; the server must be reachable from the machine of Dify's plugin daemon.",
        ) from None


def _within(deadline: Deadline, call: Callable[[], object]) -> None:
    """Run a call that may hang whatever its own time limits are. Raises `NoAnswerError`."""
    pool = ThreadPoolExecutor(1)
    try:
        pool.submit(call).result(timeout=max(deadline.remaining(), 0.1))
    finally:
        pool.shutdown(wait=False)


def _silent(setting: str, url: str, deadline: Deadline) -> ApprovalError:
    return ApprovalError(
        ErrorCode.STORE_UNAVAILABLE,
        f"{setting} does not work: {_host(url)} did not answer within {deadline.seconds:g} seconds. Check host and "
        "port; the server must be reachable from the machine of Dify's plugin daemon.",
    )


def _host(url: str) -> str:
    """The host alone: a URL may hold a password in any of its parts."""
    try:
        return urlsplit(url).hostname or "the address"
    except ValueError:
        return "the address"
