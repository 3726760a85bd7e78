# SPDX-License-Identifier: Apache-2.0
"""Provokes every failure with secrets that are easy to tell, and searches all that the plugin says and stores."""

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from approvals.store.compression import decompressed
from devkit.host import HostStorage, PluginHost
from devkit.hostile.echo import ANALYSIS, SHAPES, SPELLINGS, echoing

_ROOT: Final = Path(__file__).parents[2]
KEY: Final = "Zq7mTR2x9K4pLmW8vBn3"
PASSWORD: Final = "Hj5wQy6cD1fG"  # noqa: S105 - made up, to be searched for
PATH_TOKEN: Final = "Ux3eVo8sA2dN"  # noqa: S105 - as above
LEDGER_SECRET: Final = "Nb4zWk7rXs1qYd9mGt6cEj3vLp8hFu5a"  # noqa: S105 - as above
SECRETS: Final = (KEY, PASSWORD, PATH_TOKEN, LEDGER_SECRET)
_WINDOW: Final = 8
_AT_ONCE: Final = 8
_CLOSED_PORT: Final = "127.0.0.1:9"

_BAD_BASE_URLS: Final = (
    "https://me:{}@api.example.com/v1",
    "https://{}@api.example.com/v1",
    "https//me:{}@api.example.com/v1",
    "me:{}@api.example.com/v1",
    "ftp://me:{}@api.example.com/v1",
    "https://me:{}@[::1/v1",
    "https://me:{}@api.example.com:99999/v1",
    "https://me:x@{}:{}@api example.com",
    "https://api.example.com/v1?key={}",
    "https://api.example.com/v1?{}",
    "https://api.example.com:x/v1?key={}",
    "https://api.example.com/v1#{}",
    "api.example.com/v1?token={}",
    "https://me:{}@api.exa\nmple.com/v1",
    "https://api.example.com:{}/v1",
    "https://api.example.com/{}\u00fc",
    "https:/{}/v1",
    "http://api.example.com/{}/v1",
)
_STORE_URLS: Final = (
    f"postgresql://me:{{}}@{_CLOSED_PORT}/name",
    f"postgresql://me:p@{{}}@{_CLOSED_PORT}/name",
    f"postgresql://me:p/{{}}@{_CLOSED_PORT}/name",
    f"postgresql://me:{{}}#x@{_CLOSED_PORT}/name",
    f"mysql://me:{{}}@{_CLOSED_PORT}/name",
    f"mysql://me:p@{{}}@{_CLOSED_PORT}/name",
    "postgresql://me:{}@[::1/name",
    "postgresql:/me:{}@host/name",
    "oracle://me:{}@host/name",
    f"postgresql://me:{{}}@{_CLOSED_PORT}",
    f"postgresql://me:{{}}@{_CLOSED_PORT}/name?password={{}}",
)
_LEDGER_KEYS: Final = (
    "2026-01-01:{}",
    "{}",
    "{}:{}",
    "old:{}",
    "2026-13-01:{}",
    "2026-01-01:{},2025-01-01:{}x 2025-01-01:{}y",
    "2026-01-01:{}2025-01-01:{}",
    "2025-01-01:{} 2026-01-01:{}",
    "2026-01-01:{}\u00fc",
    "2026-01-01:{}" + "{}" * 9,
)
_REDIS_URLS: Final = (f"redis://:{{}}@{_CLOSED_PORT}/0", "redis://:{}@[::1/0", "http://:{}@cache/0")


class Searched(NamedTuple):
    """How many failures were provoked, how many texts searched, and those that tell a secret."""

    failures: int
    texts: int
    told: tuple[str, ...]


def searched() -> Searched:
    """Every failure, some at a time, in one process: many wait until their time is up."""
    storage = HostStorage()
    with (
        echoing() as address,
        PluginHost(cwd=_ROOT, storage=storage) as host,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        cases = list(_cases(address))
        said = pool.map(lambda case: list(_provoked(host, case[1])), cases)
        texts = [(name, text) for (name, _), told in zip(cases, said, strict=True) for text in told]
        texts += [("log", json.dumps(line)) for line in host.logs]
    texts += [("stderr", host.stderr)]
    stored = {key: decompressed(value, key) for key, value in storage.snapshot().items()}
    texts += [(f"storage {key}", value.decode(errors="replace")) for key, value in stored.items()]
    told = tuple(f"{name}: {text[:400]}" for name, text in texts if tells(text))
    return Searched(len(cases), len(texts), told)


def tells(text: str) -> bool:
    """True when eight characters in a row of a secret stand in `text`, in any spelling."""
    plain = unquote(html.unescape(text))
    for _ in range(3):
        plain = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), unquote(plain))
    plain = re.sub(r"\\+[nrt]|[\\\s]+", "", plain)
    return any(window in plain for window in _windows())


def _windows() -> Iterator[str]:
    for secret in SECRETS:
        for start in range(len(secret) - _WINDOW + 1):
            yield secret[start : start + _WINDOW]
        for offset in range(3):
            encoded = base64.b64encode(b"\0" * offset + secret.encode()).decode()[4:-4]
            yield from (encoded[start : start + _WINDOW] for start in range(len(encoded) - _WINDOW + 1))


def _cases(address: str) -> Iterator[tuple[str, dict[str, str]]]:
    for spelling in SPELLINGS:
        for shape in (ANALYSIS, *SHAPES):
            base_url = f"{address}/{quote(spelling)}/{quote(shape)}/{PATH_TOKEN}"
            yield f"{shape}, key {spelling}", _credentials(base_url)
    working = f"{address}/{quote('as it is')}/{ANALYSIS}"
    yield "connection refused", _credentials(f"http://{_CLOSED_PORT}/{PATH_TOKEN}")
    for url in _BAD_BASE_URLS:
        yield f"base_url {url!r}", _credentials(url.replace("{}", PASSWORD), allow_insecure_http="")
    for url in _STORE_URLS:
        yield f"store_url {url!r}", _credentials(working, store_url=url.replace("{}", PASSWORD))
    for url in _REDIS_URLS:
        yield f"redis_url {url!r}", _credentials(working, redis_url=url.replace("{}", PASSWORD))
    for text in _LEDGER_KEYS:
        yield f"ledger_key {text!r}", _credentials(working, ledger_key=text.replace("{}", LEDGER_SECRET))
    yield "a key that cannot travel", {**_credentials(working), "api_key": f"{KEY}\u00fc\n"}
    yield "a setting out of bounds", _credentials(working, rpm_limit="-1")


def _credentials(base_url: str, **others: str) -> dict[str, str]:
    given = {"api_key": KEY, "base_url": base_url, "allow_insecure_http": "true", "deadline_seconds": "2"}
    return {**given, **others}


def _provoked(host: PluginHost, credentials: Mapping[str, str]) -> Iterator[str]:
    """What the plugin says when these credentials are saved, and when a request is read and routed with them."""
    yield repr(host.validate_credentials(credentials))
    request = {"content": "Two chairs", "amount": "30", "currency": "USD", "requester": "Ann"}
    analyzed = host.invoke_tool("analyze_approval", request, credentials=credentials)
    yield repr(analyzed)
    batch = {"requests": json.dumps([request])}
    yield repr(host.invoke_tool("analyze_batch", batch, credentials=credentials))
    request_id = analyzed.variables.get("request_id") or "unknown"
    for tool, given in (
        ("route_approval", {"request_id": request_id, "event": "submit"}),
        ("find_approvals", {"request_id": request_id}),
        ("replay_dead_letters", {"limit": "1"}),
    ):
        yield repr(host.invoke_tool(tool, given, credentials=credentials))
