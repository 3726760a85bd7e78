# SPDX-License-Identifier: Apache-2.0
"""Words in error messages, and what they mean where no known code says it. The first row that matches wins.

Every gap in a pattern is bounded, so that a search takes time in proportion to the text.
"""

import re
from typing import Final, NamedTuple

from approvals.llm.failures import FailureKind
from approvals.llm.reply.features import Feature


class Row[T](NamedTuple):
    """What the words mean, and the statuses that it may be said with (None: any)."""

    meaning: T
    pattern: re.Pattern[str]
    statuses: frozenset[int] | None = None


def _row[T](meaning: T, *patterns: str, statuses: frozenset[int] | None = None) -> Row[T]:
    return Row(meaning, re.compile("|".join(patterns), re.IGNORECASE), statuses)


NO_ROOM: Final = re.compile(
    r"(max_(completion_|output_)?tokens|output limit|(output|completion) tokens?)\b[^;\n]{0,80}"
    r"(reached|exhausted|too (small|low))|higher max_tokens"
    r"|reached before generating a valid",
    re.IGNORECASE,
)
"""The answer did not fit into the tokens that it was given."""

TOO_LARGE: Final = re.compile(
    r"request (is )?too large|(request entity|payload) too large|must be reduced"
    r"|reduce (the length|your (message|prompt))",
    re.IGNORECASE,
)
"""The request is too large, whatever the code says: to send it again is of no use, and in smaller parts it may pass."""

TOO_LONG: Final = re.compile(
    r"(input|prompt|message|content)s? (is|are) too (long|large)|max(imum)?[\s_]context"
    r"|context.?(length|window|size)"
    r"|exceeds? (the )?(max(imum)?|model'?s|limit)[^;\n]{0,60}(tokens?|length)"
    r"|range of input length|max_(seq|model)_len"
    r"|too many (input )?tokens|more than max tokens|maximum number of (input )?tokens|\bn_ctx|got -\d"
    r"|上下文[^。\n]{0,20}(超|长)|(输入|内容|长度|超过)[^。\n]{0,10}(过长|超过|超出|最大长度)",
    re.IGNORECASE,
)
"""The same in other words, which may mean a rate where the status is 429."""

_SUBJECTS_OF_CONTENT: Final = (
    r"\b(inputs?|prompts?|contents?|messages?|outputs?|responses?|texts?|completions?|generation|it) "
    r"[^;\n]{0,60}"
)
_NO_MODEL_WORDS: Final = (
    r"(?:(?!\b(?:outputs?|responses?|contents?|limits?|tokens?|parameters?|prompts?)\b)[^;\n]){0,120}?"
)
_KEY: Final = (
    r"(api[\s_-]?keys?|subscription key|access key|access token|auth(orization)? (token|header)|credentials?)"
)

WORDS: Final[tuple[Row[FailureKind], ...]] = (
    _row(
        FailureKind.RATE_LIMITED,
        r"rate.?limit",
        r"too many (concurrent )?requests",
        r"(per|each|/)[ _]?(min(ute)?|sec(ond)?)\b",
        r"\b(rpm|tpm|qps|qpm|rpd|tpd)\b",
        r"throttl",
        r"concurren(t|cy)[^;\n]{0,30}(limit|exceed)",
        r"slow down|rate (was )?increased too",
        r"限流|速率限制|请求(过于|太)?频繁|频率|并发",
        statuses=frozenset({200, 400, 403, 408, 413, 420, 422, 429, 500, 502, 503, 509, 529}),
    ),
    _row(
        FailureKind.PROXY_REFUSED,
        r"virtual network|firewall rule",
        r"\bip( address)?\b[^;\n]{0,40}(not (allowed|whitelisted|authorized)|blocked|denied)",
        statuses=frozenset({401, 403}),
    ),
    _row(
        FailureKind.REQUEST_REFUSED,
        r"content.?(policy|filter|management|moderation|exists risk)",
        _SUBJECTS_OF_CONTENT
        + r"\b(flagged|filtered|blocked|inappropriate|sensitive|harmful|unsafe|prohibited)",
        r"moderation",
        r"safety (system|filter|check|reason|guideline)|safety_check",
        r"usage (policy|policies|guidelines)",
        r"violat\w{1,5} [^;\n]{0,60}(polic|guideline|terms)",
        r"considered high risk|risky content",
        r"敏感|违规|不安全|违反|审核",
    ),
    _row(
        FailureKind.NO_BUDGET,
        r"(quota|balance|credits?|funds?|额度|余额)\b[^;\n]{0,40}(reached|not enough|insufficient|exhausted"
        r"|depleted|too low|used up|run out|exceeded|negative)",
        r"(insufficient|not enough|no remaining|out of|used all available|exceeded your"
        r"|requires? (more|available)|depleted)\b"
        r"[^;\n]{0,40}(quota|balance|credit|fund)",
        r"(额度|余额|配额|账户|帐户)[^。\n]{0,20}(不足|用尽|已用完|耗尽|欠费)|欠费|充值|套餐[^。\n]{0,10}(过期|到期|用完|用尽)",
        r"overdue|arrear|in good standing|unpaid|past invoice|recharge|top.?up|payment (is )?required",
        r"out of (extra )?usage|(not available|unavailable) (on|in) (the |your )?(free|current) (tier|plan)",
        r"(spend(ing)?|hard|usage|credit|budget|key|monthly) limit",
        r"budget[^;\n]{0,20}exceeded|exceeded[^;\n]{0,20}budget",
        r"free (tier|quota|trial)[^;\n]{0,60}(exhausted|expired|used up|ended)",
        r"can only afford|purchase[^;\n]{0,20}credits|\bbilling\b",
    ),
    _row(
        FailureKind.MODEL_UNKNOWN,
        r"\bmodels?\b"
        + _NO_MODEL_WORDS
        + r"(does not exist|doesn't exist|do(es)? not exist|not exist|not found"
        r"|could not be found|is (unknown|invalid)|not recognized|can ?not be accessed|access denied|decommissioned"
        r"|been (deprecated|retired|removed|discontinued|shut down)|no longer (available|supported)|not (yet )?open"
        r"|not deployed|not supported by any|not available (for|to|in|with|on) (your|this|the))",
        r"\b(unknown|invalid|no such|unrecognized|nonexistent|unsupported) model\b"
        r"(?!('s)? (output|response|parameter|content|param))",
        r"\bmodel\s+['\"`]?[\w./:@-]{1,100}['\"`]?\s+(is )?(not (supported|enabled)|disabled"
        r"|not available(?! (right now|at the moment|currently|temporarily)))",
        r"not a valid model|not found the model|no models? (are )?loaded|failed to load model",
        r"no (available )?(channels?|providers?|deployments?)\b[^;\n]{0,40}\bmodel",
        r"no endpoints (found|available) (for|matching) |no (allowed )?providers are available for",
        r"(no|n[o']t have|without|denied) (any )?(access|permission)s?\b[^;\n]{0,40}\bmodels?\b",
        r"not (allowed|authorized|permitted|enabled)\b[^;\n]{0,40}\bmodels?\b|unable to access (the )?model",
        r"deployment\b[^;\n]{0,60}(does not exist|not found)|try pulling it",
        r"模型[^。\n]{0,60}(不存在|不支持|未找到|无可用渠道|不可用|已下线|无权|未开通)|无可用(的)?渠道|无权(使用|访问)[^。\n]{0,10}模型",
        statuses=frozenset(range(200, 600)) - {429},
    ),
    _row(
        FailureKind.AUTH,
        r"(invalid|incorrect|wrong|missing|expired|revoked|malformed|disabled|unknown|bad|no)\b[^;\n]{0,30}\b"
        + _KEY,
        _KEY + r"\b[^;\n]{0,60}(not valid|invalid|incorrect|expired|missing|revoked|disabled|wrong"
        r"|not provided|not found|required|leaked)",
        r"(invalid|expired|missing) token\b|token (is )?(invalid|expired|missing)|login fail",
        r"\bunauthori[sz]ed\b|authentication (failed|fails|error|required)|not authenticated|user not found",
        r"(令牌|密钥|key)[^。\n]{0,20}(无效|过期|不正确|已失效|错误|已被?禁用)|未提供(令牌|密钥)|无效的(令牌|密钥)"
        r"|(身份|鉴权|认证)[^。\n]{0,6}(失败|验证)",
    ),
    _row(
        FailureKind.SERVER_ERROR,
        r"overloaded|temporarily (unavailable|unreachable)|at (full )?capacity|over capacity|no healthy upstream",
        r"(upstream|gateway|provider)[^;\n]{0,40}(time|error|fail|unavailable|disconnect|unreachable)",
        r"timed? ?out|currently loading|service unavailable|bad gateway|try again later|server (is )?(too )?busy",
        r"connection (reset|refused|error|aborted|lost)|network connection lost|engine[^;\n]{0,20}(dead|died)",
        r"服务器?(繁忙|过载|错误)|系统繁忙|稍后(再试|重试)|负载|超时",
        statuses=frozenset({200, 400, 408, 409, 424, *range(499, 600)}),
    ),
    _row(
        FailureKind.PATH_UNKNOWN,
        r"^(error )?(404:? ?)?((the )?(requested )?(page|route|resource|url|path|endpoint|uri) )?"
        r"(was )?not found[.!]?$",
        r"unknown (request )?(url|path|endpoint)|invalid url|no route|method not allowed|cannot post|no handler",
        r"404 page not found",
        statuses=frozenset({200, 400, 404, 405, 410, 501}),
    ),
)
"""What the message says. Statuses keep loose words from meaning more than they do."""

FEATURE_WORDS: Final[tuple[Row[Feature], ...]] = (
    _row(
        Feature.REPLY_FORMAT,
        r"response.?format|json.?schema|json.?object|json mode|structured.?output|response.?schema|response_mime_type"
        r"|guided.?(json|decoding)|grammar|outlines|constrained (decoding|generation)|output_(config|format)"
        r"|text\.format|additionalProperties|failed to generate json",
    ),
    _row(
        Feature.SYSTEM_ROLE,
        r"(system|developer) (role|message|prompt|instruction)s?\b[^;\n]{0,60}"
        r"(not|un)[ -]?(supported|enabled|allowed|permitted)",
        r"(does not|doesn't|not) (support|accept|allow)[^;\n]{0,40}['\"`]?(system|developer)\b",
        r"role[^;\n]{0,60}(must|should) (alternate|be (one of )?['\"`]?user)|roles must alternate",
        r"first message[^;\n]{0,40}user|role[^;\n]{0,20}system['\"`]?[^;\n]{0,40}(invalid|not|unsupported|unknown)"
        r"|(invalid|unsupported|unknown)[^;\n]{0,20}role[^;\n]{0,20}system",
    ),
    _row(
        Feature.LIMIT_FIELD,
        r"use ['\"`]?max_completion_tokens|max_completion_tokens['\"`]? instead",
        r"(unsupported|unknown|unrecognized|not support|unexpected)[^;\n]{0,60}max_tokens",
        r"max_tokens['\"`]?[^;\n]{0,60}(not supported|unsupported|not permitted|deprecated|unrecognized|extra inputs)",
    ),
    _row(Feature.TEMPERATURE, r"temperature"),
)
"""Which part of the request the message is about."""

PROXY_WORDS: Final = re.compile(
    r"squid|proxy|zscaler|blue ?coat|forti(gate|guard|net)|forcepoint|netskope|web (filter|gateway)|umbrella"
    r"|firewall|requested url could not be retrieved|attention required|just a moment|captcha|access denied"
    r"|\bwaf\b|blocked by",
    re.IGNORECASE,
)
"""Words in web pages of proxies, firewalls and filters."""

PROXY_TEXT: Final = re.compile(r"error code: 1\d{3}\s*$", re.IGNORECASE)
"""All that Cloudflare's firewall says to a client that does not ask for a page."""
