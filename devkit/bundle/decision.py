# SPDX-License-Identifier: Apache-2.0
"""From a request to its outcome: an analysis, the policy, and people level by level until it is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devkit.bundle.asking import Asking, ByDelivery
from devkit.bundle.canvas import Canvas
from devkit.bundle.edition import Edition
from devkit.bundle.layout import BOTTOM, LOWER
from devkit.bundle.levels import FIRST_GATE, LEVELS, SUBMIT, Levels, no_address
from devkit.bundle.nodes import AnyOf, Condition, Data, Selector, Tools, aggregator, grouped, if_else
from devkit.bundle.router import RUN_ID, Router

RESULTS: Mapping[str, tuple[Selector, str]] = {
    **{
        key: (("outcome", key, "output"), "string")
        for key in ("state", "next_step", "approver_level", "reason")
    },
    "risk_level": (("analyze", "risk_level"), "string"),
    "summary": (("analyze", "summary"), "string"),
    "cost_usd": (("analyze", "cost_usd"), "number"),
    "tokens": (("analyze", "tokens_used"), "number"),
    "entry_hash": (("outcome", "entry_hash", "output"), "string"),
    "error": (("outcome", "error", "output"), "string"),
}
"""What a run answers, as an Output node lists it."""

_NOT_SUBMITTED = "NOT_SUBMITTED"
_NO_ADDRESS = (
    "Nobody was asked: the policy names no address for the level {level}. The request stays open. Name one in POLICY "
    "for the next requests, and decide this one with approval_resume.yml."
)


@dataclass(frozen=True, slots=True)
class Decision:
    """Puts the nodes onto a canvas, from the analysis in column `first` to the node `outcome`.

    `fields` says where the request's fields come from, as selectors or as texts with variables; `request_id` is such a
    text.
    """

    canvas: Canvas
    tools: Tools
    edition: Edition
    fields: Mapping[str, Selector | str]
    request_id: str = RUN_ID
    asking: Asking = field(default_factory=ByDelivery)
    first: int = 1

    @property
    def router(self) -> Router:
        """Makes the nodes that change the request."""
        return Router(self.tools, self.request_id)

    @property
    def levels(self) -> Levels:
        """The levels, after analysis and submission."""
        return Levels(self.canvas, self.router, self.asking, self.first + 3)

    @property
    def last(self) -> int:
        """The column of the outcome."""
        return self.levels.last

    def add(self) -> None:
        """The settings and the nodes."""
        add_settings(self.canvas, self.edition)
        add, first = self.canvas.node, self.first
        add("analyze", analysis(self.tools, self.fields, self.request_id), column=first, y=LOWER)
        stored = AnyOf([Condition(("analyze", "status"), "is", word) for word in ("ok", "manual_review")])
        desc = "Not when it was refused: its ID may stand for another request."
        add(
            "stored",
            if_else("stored", "Is it on record?", desc, {"stored": stored}),
            column=first + 1,
            y=LOWER,
        )
        # Above the edge that leads from a request which is not on record to the outcome.
        add("submit", submission(self.router), column=first + 2, y=LOWER - 180)
        self.levels.add()
        add_ends(self.canvas, self.levels, first + 4, read="analyze")

    def connect(self) -> None:
        """The edges from the analysis to the outcome."""
        edge = self.canvas.edge
        edge("analyze", "stored")
        edge("stored", "submit", "stored")
        edge("stored", "not_asked", "false")
        edge(SUBMIT, FIRST_GATE)
        self.levels.connect()
        connect_ends(self.canvas, self.levels)


def add_settings(canvas: Canvas, edition: Edition) -> None:
    """The environment variables of a workflow that has requests analysed."""
    said = "Your policy as YAML or JSON. Empty: the policy that comes with the plugin."
    canvas.setting("POLICY", said, edition.policy)
    canvas.setting("MODEL", "The model that reads requests. Empty: the one in the plugin's credentials.")


def analysis(tools: Tools, fields: Mapping[str, Selector | str], request_id: str) -> Data:
    """The node `analyze`."""
    given: Mapping[str, Any] = {
        name: value if isinstance(value, str) else [*value] for name, value in fields.items()
    }
    return tools.node(
        "analyze_approval",
        "Read the request",
        "Stores the request, then asks the model about it. What it says can only add friction.",
        {"request_id": ""},
        **given,
        request_id=request_id,
        policy=["env", "POLICY"],
        model=["env", "MODEL"],
        idempotency_key=request_id,
    )


def submission(router: Router) -> Data:
    """The node `submit`. Only the content that this run had analysed can be submitted."""
    return router.node(
        "Apply the policy",
        "Also when the model could not be asked: then a person decides.",
        "submit",
        "submit",
        state="not_submitted",
        content_digest=["analyze", "content_digest"],
    )


def add_ends(
    canvas: Canvas, levels: Levels, column: int, *, read: str = "", earlier: Sequence[str] = ()
) -> None:
    """The nodes for a request that nobody is asked about, and the outcome.

    `read` is the node with an analysis whose error is told, `earlier` are nodes ahead of the submission that carry out
    an event; they count where nothing later answered.
    """
    canvas.setting(_NOT_SUBMITTED, "What `state` says of a request that was not submitted.", "not_submitted")
    not_asked = aggregator(
        "Nobody is asked",
        "Where the request stands; the outcome says why.",
        "string",
        [(SUBMIT, "state"), *((node, "state") for node in earlier), ("env", _NOT_SUBMITTED)],
    )
    canvas.node("not_asked", not_asked, column=column, y=BOTTOM)
    if levels.asking.by_address:
        for level in LEVELS:
            said = f"What `error` says when the level {level} has no address."
            canvas.setting(no_address(level), said, _NO_ADDRESS.format(level=level))
    canvas.node("outcome", _outcome(levels, read, earlier), column=levels.last, y=BOTTOM)


def connect_ends(canvas: Canvas, levels: Levels) -> None:
    """The edges that lead past all forms."""
    canvas.edge(FIRST_GATE, "not_asked", "false")
    canvas.edge("not_asked", levels.end)


def _outcome(levels: Levels, read: str, earlier: Sequence[str]) -> Data:
    routed = [*levels.routing(), *earlier]
    texts: dict[str, Sequence[Selector]] = {
        key: [(node, key) for node in routed]
        for key in ("next_step", "approver_level", "reason", "entry_hash")
    }
    unread: list[Selector] = [(read, "error_message")] if read else []  # it was not submitted
    texts["reason"] = [*texts["reason"], *unread]
    errors: list[Selector] = [(f"nobody_{level}", "output") for level in LEVELS if levels.asking.by_address]
    # Of a call that failed as a whole only Dify's own error_message exists.
    errors += [(node, name) for node in routed for name in ("open_reason", "error_message")]
    errors += unread
    groups = {
        "state": [*((node, "state") for node in routed), ("not_asked", "output"), ("env", _NOT_SUBMITTED)],
        **texts,
        "error": errors,
    }
    desc = "The latest answer. An error is why the request is not decided."
    return grouped("outcome", "Outcome", desc, groups)
