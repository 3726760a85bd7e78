# SPDX-License-Identifier: Apache-2.0
"""`workflows/approval_v2.yml`: `approval.yml` for Dify 1.20 and later, where the policy says whom to write to."""

from typing import Any

from devkit.bundle.approval import asked_by_form
from devkit.bundle.asking_v2 import FALLBACK, ByAddress
from devkit.bundle.canvas import DSL_VERSION_1_16, App, Canvas
from devkit.declarations import Declarations

APP = App(
    name="Approval by address",
    description="Someone asks, a model reads it, your policy decides who must sign and where to reach them, people "
    "decide, and every step is on record. For Dify 1.20 and later.",
    icon="📬",
    icon_background="#E4F2E7",
    dsl_version=DSL_VERSION_1_16,
)
_EDITS = (
    "Three things to edit after import",
    "1. Tool credential: open “Read the request” and choose the Approvals credential; the other tool nodes use it too.",
    (
        "2. Policy: paste yours into the environment variable POLICY (JSON fits in one line), with an address for each "
        'level: {"approvers": {"manager": "ann@example.com"}}. Empty means the default, which names nobody.'
    ),
    (
        f"3. {FALLBACK}: who is asked where the policy names no address. A level without either is passed over: the "
        "next one decides, and at the top the run ends with the request still open. A form that reached nobody would "
        "fail the whole run."
    ),
)


def approval_v2(declarations: Declarations) -> dict[str, Any]:
    """The whole file, for the tools as they are declared."""
    canvas = Canvas(APP)
    canvas.setting(FALLBACK, "The address that is asked where the policy's approvers name none.")
    return asked_by_form(canvas, declarations, ByAddress(), _EDITS)
