# SPDX-License-Identifier: Apache-2.0
"""What an approver reads: who asks for what, what the model makes of it, and why it is their turn.

What strangers wrote is shown as plain text. Without that, a request could bring its own headings, links
and form fields into the approver's form, and its own links into their mail.
"""

from collections.abc import Mapping, Sequence

from approvals.domain.terms import Flag, Level

_PLAIN = """\
{%- macro plain(text) -%}
{{ (text or '').split() | join(' ') | replace('&', '&amp;') | replace('#', '&#35;') | replace('<', '&lt;')
 | replace('{', '&#123;') | replace('[', '&#91;') | replace('*', '&#42;') | replace('_', '&#95;')
 | replace('`', '&#96;') | replace('|', '&#124;') }}
{%- endmacro -%}
"""

_REQUEST = """\
**{{ plain(requester) }}** asks for
 {%- if amount or amount is number %} **{{ ('{:,.2f}'.format(amount | float) ~ ' ' ~ plain(currency)) | trim }}**
 {%- else %} something without an amount{% endif %} ({{ plain(request_type) }}):

{% for line in content[:1200].splitlines() -%}
> {{ plain(line) }}
{% endfor -%}
{% if content | length > 1200 -%}
> … ({{ content | length }} characters in all)
{% endif %}
"""

_ANALYSIS = """\
{% if problem -%}
- **No usable analysis:** {{ plain(problem) }} Judge for yourself; the risk counts as high.
{% else -%}
- **Risk:** {{ plain(risk) }}
 {%- if confidence is number %} (the model is {{ (confidence * 100) | round | int }} % sure){% endif %}
- **In short:** {{ plain(summary) }}
{% for factor in (factors or [])[:4] -%}
- {{ plain(factor.claim) }}: “{{ plain(factor.evidence) }}”{% if not factor.verified %} (not in the request!){% endif %}
{% endfor -%}
{% endif -%}
{% set warnings = (flags or []) | reject('equalto', 'SECOND_OPINION') | list -%}
{% if warnings -%}
- **Watch out:** {{ plain(warnings | join(', ')) }}
{% endif -%}
""".replace("SECOND_OPINION", Flag.SECOND_OPINION)  # a second opinion that was had is no warning

_EARLIER = """\
{% if LEVEL_said is not none -%}
- **LEVEL:** {% if LEVEL_said %}{{ plain(LEVEL_name or 'no name') }} chose “{{ LEVEL_said }}”
 {%- if LEVEL_comment %}: “{{ plain(LEVEL_comment) }}”{% endif %}
 {%- if LEVEL_problem %}, which did not count: {{ plain(LEVEL_problem) }}{% endif %}
 {%- else %}no answer in time{% endif %}
{% endif -%}
"""

_WHY = """\
{% set reason = REASONS | reject('none') | first -%}
{% set deadline = DEADLINES | reject('none') | first -%}
- **Why you:** {{ plain(reason) }}
- **Policy rule:** {{ plain(rule) }}
- **Decide by:** {{ (deadline or '')[:16] | replace('T', ' ') }} UTC
"""


def brief_template(earlier: Sequence[Level], sources: Sequence[str]) -> str:
    """The Jinja template for a level.

    `earlier` are the levels that may have been asked before it, `sources` the nodes that may have sent the
    request here, the latest to run first.
    """
    said = (_EARLIER.replace("LEVEL", level) for level in earlier)
    why = _WHY.replace("REASONS", _either(sources, "reason")).replace(
        "DEADLINES", _either(sources, "deadline")
    )
    return "".join((_PLAIN, _REQUEST, _ANALYSIS, *said, why))


def brief_variables(
    request: Mapping[str, Sequence[str]], earlier: Sequence[Level], sources: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """Where the template's names come from. `request` says it of the request's own fields."""
    said = {
        f"{level}_{name}": selector
        for level in earlier
        for name, selector in {
            "said": (f"ask_{level}", "__action_id"),  # all that 1.13 gives; later versions know the title too
            "name": (f"ask_{level}", "approver"),
            "comment": (f"ask_{level}", "comment"),
            "problem": (f"record_{level}", "error_message"),
        }.items()
    }
    why = {
        f"{source}_{name}": (source, key)
        for name, key in {"reason": "reason", "deadline": "deadline_at"}.items()
        for source in sources
    }
    return {
        **{name: request[name] for name in ("requester", "request_type", "amount", "currency", "content")},
        "problem": ("analyze", "error_message"),
        "risk": ("analyze", "risk_level"),
        "confidence": ("analyze", "confidence"),
        "summary": ("analyze", "summary"),
        "factors": ("analyze", "decision_factors"),
        "flags": ("analyze", "flags"),
        "rule": ("submit", "policy_rule"),
        **said,
        **why,
    }


def _either(sources: Sequence[str], name: str) -> str:
    return f"[{', '.join(f'{source}_{name}' for source in sources)}]"
