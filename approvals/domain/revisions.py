# SPDX-License-Identifier: Apache-2.0
"""New content for a returned request: checked, kept beside the content that was returned, then put in its place."""

from datetime import datetime, timedelta
from typing import Final

from approvals.domain.canonical import rfc3339
from approvals.domain.people import same_person
from approvals.domain.policy import Policy
from approvals.domain.records import Analysis, ApprovalRecord, ApprovalRequest, Revision
from approvals.domain.terms import State
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.text.names import name_key

REVISIONS_LIMIT: Final = 20
"""Contents of one request; the record keeps all of them."""
CONTENTS_LIMIT: Final = 250_000
"""Bytes of all of them together: room is left in the record for every decision that follows."""
BEING_ANALYSED: Final = timedelta(minutes=5)
"""No analysis takes longer; after that, whoever made it is gone."""


def revised(record: ApprovalRecord, given: ApprovalRequest, policy: Policy) -> ApprovalRequest:
    """The request with what `given` states; what that leaves empty stays as it was.

    Raises `bad_parameter` where the id or the requester is another one.
    """
    if given.request_id not in {"", record.request_id}:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"request_id is {shown(given.request_id)}, and revision_of is {shown(record.request_id)}: a revision keeps "
            "the id of its request; leave request_id empty",
        )
    requester = record.request.requester
    named = name_key(given.requester) and name_key(requester)
    if named and not same_person(policy.directory, given.requester, requester):
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"requester is {shown(given.requester)}, and request {record.request_id!r} was made by {shown(requester)}: "
            "only they revise it; leave requester empty",
        )
    fields = given.model_dump(exclude={"request_id", "requester"})
    stated = {name: getattr(given, name) for name, value in fields.items() if value not in ("", None, {})}
    return record.request.model_copy(update=stated)


def with_revision(
    record: ApprovalRecord, request: ApprovalRequest, at: datetime, idempotency_key: str = ""
) -> ApprovalRecord:
    """The record with a next content that is about to be analysed, one version on.

    Raises `invalid_transition` unless the request is with its requester, `version_conflict` while another content is
    being analysed, and `bad_parameter` when there were too many, or they are too long.
    """
    if record.state is not State.RETURNED:
        raise ApprovalError(
            ErrorCode.INVALID_TRANSITION,
            f"revision_of names request {record.request_id!r}, which is in state '{record.state}'; only one in state "
            "'returned' takes new content. Leave revision_of empty to make a request of its own",
        )
    if record.revision >= REVISIONS_LIMIT:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"revision_of names request {record.request_id!r}, which has had {record.revision} contents, the most that "
            "one request keeps; withdraw it and make a new one",
        )
    contents = [record.request.content, *(past.request.content for past in record.past_revisions)]
    kept = sum(len(content.encode()) for content in contents)
    size = len(request.content.encode())
    if kept + size > CONTENTS_LIMIT:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"content has {size:,} bytes, and those that request {record.request_id!r} has had "
            f"take {kept:,} of the {CONTENTS_LIMIT:,} that one request keeps: shorten it, or withdraw the request and "
            "make a new one",
        )
    before = record.next_revision
    if before is not None and before.analysis is None and at < before.at + BEING_ANALYSED:
        raise ApprovalError(
            ErrorCode.VERSION_CONFLICT,
            f"another revision of request {record.request_id!r} is being analysed since {rfc3339(before.at)}; wait for "
            f"its answer, or try again after {rfc3339(before.at + BEING_ANALYSED)}",
        )
    return _written(record, Revision(request=request, at=at, idempotency_key=idempotency_key), at)


def with_revision_analysis(record: ApprovalRecord, analysis: Analysis, at: datetime) -> ApprovalRecord:
    """The record with what the model said of its next content, one version on."""
    if record.next_revision is None:
        raise ValueError(f"request {record.request_id!r} has no next revision")
    return _written(record, record.next_revision.model_copy(update={"analysis": analysis}), at)


def taken_over(record: ApprovalRecord, at: datetime) -> ApprovalRecord:
    """The record with its next content as the one that is decided on, and the one before among the past ones."""
    following = record.next_revision
    if following is None:
        return record
    past = Revision(
        request=record.request,
        analysis=record.analysis,
        at=at,
        idempotency_key=record.revision_key,
    )
    return record.model_copy(
        update={
            "request": following.request,
            "analysis": following.analysis,
            "revision": record.revision + 1,
            "revision_key": following.idempotency_key,
            "next_revision": None,
            "past_revisions": (*record.past_revisions, past),
        }
    )


def upcoming(record: ApprovalRecord) -> ApprovalRecord:
    """The record as its next content would have it; never stored."""
    return taken_over(record, record.updated_at)


def _written(record: ApprovalRecord, revision: Revision, at: datetime) -> ApprovalRecord:
    return record.model_copy(
        update={"next_revision": revision, "version": record.version + 1, "updated_at": at}
    )
