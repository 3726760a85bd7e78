# SPDX-License-Identifier: Apache-2.0
"""The variables of `route_approval`."""

from collections.abc import Mapping
from typing import Any, Final

from approvals.dify.outputs import Answer, Outputs, error_variables, shortened, standing
from approvals.dify.outputs.open_reason import open_reason
from approvals.domain.approvers import approvers_of
from approvals.domain.terms import Language
from approvals.errors import ErrorCode
from approvals.service import RouteResult, Status
from approvals.web.links import Links

_NEUTRAL: Final[Mapping[str, Any]] = {
    "status": "",
    "request_id": "",
    "previous_state": "",
    **standing.NEUTRAL,
    "decide_links": [],
    "open_reason": "",
    "replayed": False,
    "error_code": "",
    "error_message": "",
}


def route_answer(
    request_id: str, result: RouteResult, language: Language | None, links: Links | None = None
) -> Answer:
    """What an event answers; of a request that does not exist, neutral variables.

    `links` makes the links of who decides next, which an event that was refused does not answer with.
    """
    variables = {**_NEUTRAL, "status": result.status.value, "request_id": request_id}
    if result.answer is not None and result.record is not None:
        variables |= standing.standing_variables(
            result.record, result.policy, result.answer, language, _refusals(result), at=result.at
        )
        variables["previous_state"] = result.answer.previous_state.value
        if links is not None and result.status is Status.OK:
            variables |= _where_to_decide(result, links)
    variables |= {
        "open_reason": shortened(open_reason(result)),
        "replayed": result.replayed,
        **error_variables(result.error),
    }
    return Answer(variables, _text(variables))


def _where_to_decide(result: RouteResult, links: Links) -> dict[str, Any]:
    """The approvers' own links, the first one apart; where nobody can be written to, the desk's page of the request."""
    record = result.record
    if record is None or record.level is None:
        return {}
    personal = links.personal(record, approvers_of(record, result.policy, result.at).emails)
    first = personal[0].url if personal else links.desk(record.request_id)
    return {"decide_url": first, "decide_links": [one._asdict() for one in personal]}


def _refusals(result: RouteResult) -> list[str]:
    """Why a decision did not count. An event that is not possible here, such as a second submit, was no decision."""
    error = result.error if result.status is Status.REFUSED else None
    return [error.message] if error is not None and error.code is not ErrorCode.INVALID_TRANSITION else []


def _text(variables: Mapping[str, Any]) -> str:
    if variables["status"] != Status.OK:
        return f"{variables['request_id']}: {variables['status']}. {variables['error_message']}"
    return (
        f"{variables['request_id']}: {variables['previous_state']} → {variables['state']}, "
        f"next {variables['next_step']}. {variables['reason']}"
    )


ROUTE: Final = Outputs("route_approval", _NEUTRAL, reason="open_reason")
