# SPDX-License-Identifier: Apache-2.0
"""Every log line is one JSON object that names its call, and no secret gets out, not even in a traceback."""

import json
from collections.abc import Callable, Iterator

import pytest
import structlog

from approvals.telemetry import call_scope, configure_logs, get_logger, note, redacting

ROOT = "approvals"

type Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What was logged so far, a parsed object a line."""
    written: list[str] = []
    configure_logs(lambda _level, line: written.append(line))
    yield lambda: [json.loads(line) for line in written]
    structlog.reset_defaults()


def test_a_line_carries_its_fields_and_the_call_that_it_belongs_to(lines: Lines) -> None:
    with call_scope("analyze", "corr-1"):
        note(request_id="r-1")
        get_logger(f"{ROOT}.desk").info("analyzed", latency_ms=41, status="ok")

    (line,) = lines()
    assert (line["event"], line["latency_ms"], line["level"]) == ("analyzed", 41, "info")
    assert (line["correlation_id"], line["request_id"]) == ("corr-1", "r-1")
    assert str(line["timestamp"]).endswith("Z")


def test_one_call_leaves_nothing_to_the_next(lines: Lines) -> None:
    with call_scope("analyze", "corr-1"):
        note(request_id="r-1")
    with call_scope("route", "corr-2"):
        get_logger(f"{ROOT}.desk").info("routed")

    (line,) = lines()
    assert (line["correlation_id"], line["request_id"]) == ("corr-2", "")


def test_a_secret_of_the_call_is_hidden_even_inside_a_traceback(lines: Lines) -> None:
    with redacting({"api_key": "hunter2-and-more"}):
        try:
            raise RuntimeError("the endpoint said: bad key hunter2-and-more")  # noqa: TRY301 - its traceback is the point
        except RuntimeError:
            get_logger(f"{ROOT}.llm").exception("failed", url="https://u:hunter2-and-more@host/")

    text = json.dumps(lines())
    assert "hunter2" not in text
    assert "RuntimeError" in text


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer abc.def.ghi",
        "sk-proj-1234567890abcdef",
        "api_key=verysecretvalue",
        '"api_key": "verysecretvalue"',
        "postgresql://app:pa55word@db/approvals",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ],
)
def test_what_looks_like_a_secret_is_hidden(lines: Lines, secret: str) -> None:
    get_logger(f"{ROOT}.other").warning(f"saw {secret} here")

    text = json.dumps(lines())
    assert "[hidden]" in text
    for part in ("abc.def", "1234567890abcdef", "verysecretvalue", "pa55word", "MfKQ9r8"):
        assert part not in text


def test_a_huge_line_is_cut(lines: Lines) -> None:
    get_logger(ROOT).info("x" * 100_000)

    (line,) = lines()
    assert line["cut"] is True


def test_the_channel_hears_the_level_and_what_is_below_it_is_not_said() -> None:
    heard: list[tuple[str, str]] = []
    configure_logs(lambda level, line: heard.append((level, json.loads(line)["event"])))
    log = get_logger(ROOT)

    for say in (log.debug, log.info, log.warning, log.error):
        say("something")
    structlog.reset_defaults()

    assert heard == [("INFO", "something"), ("WARNING", "something"), ("ERROR", "something")]
