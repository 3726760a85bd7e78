# SPDX-License-Identifier: Apache-2.0
"""A second question: with more room after a cut, the same after nothing, with the fault after a bad answer."""

import pytest

from approvals.analysis.asking import MAX_OUTPUT_TOKENS, AnalysisFailedError, Asking, Question
from approvals.errors import ErrorCode
from approvals.llm import Deadline, FailureKind, Remedy
from tests.approvals.analysis.worlds import (
    SPEND,
    Answer,
    ScriptedModel,
    StillClock,
    cut,
    reply,
    without_text,
)

ROOM = MAX_OUTPUT_TOKENS
LARGE = 8 * ROOM


def asking(*answers: Answer) -> tuple[Asking, ScriptedModel]:
    model = ScriptedModel(*answers)
    return Asking(model), model


def question(*ids: str) -> Question:
    return Question("m", ids or ("r-1",), "{}", Deadline.after(StillClock(), 60))


def rooms(model: ScriptedModel) -> list[int]:
    return [asked.max_output_tokens for asked in model.asked]


@pytest.mark.parametrize(
    "first",
    [
        cut(),
        cut("<think>Let me see, it is"),
        without_text(Remedy.MORE_ROOM),
        without_text(Remedy.MORE_ROOM, FailureKind.REQUEST_REFUSED),
    ],
)
def test_an_answer_that_was_cut_is_asked_for_again_with_more_room(first: Answer) -> None:
    asker, model = asking(first, reply("r-1"))

    answer = asker.ask(question())

    assert rooms(model) == [ROOM, LARGE]
    assert model.asked[0].messages == model.asked[1].messages
    assert answer.spend == SPEND + SPEND


def test_a_model_that_needed_more_room_has_it_from_then_on() -> None:
    asker, model = asking(cut(), reply("r-1"), reply("r-1"), reply("r-1"))

    asker.ask(question())
    asker.ask(question())
    asker.through(model).ask(question())

    assert rooms(model) == [ROOM, LARGE, LARGE, LARGE]


def test_a_cut_that_came_after_the_answer_is_no_fault() -> None:
    asker, model = asking(cut(f"{reply('r-1')}".replace("'", '"').replace("True", "true") + " And"))

    assert asker.ask(question()).replies
    assert rooms(model) == [ROOM]


def test_several_requests_get_as_much_room_as_models_have() -> None:
    asker, model = asking(cut(), reply("r-1", "r-2", "r-3"))

    asker.ask(question("r-1", "r-2", "r-3"))

    assert rooms(model) == [3 * ROOM, 8_000]


def test_an_answer_without_any_text_is_asked_for_once_more() -> None:
    asker, model = asking(without_text(Remedy.ASK_AGAIN), reply("r-1"))

    assert asker.ask(question()).spend == SPEND + SPEND
    assert rooms(model) == [ROOM, ROOM]


@pytest.mark.parametrize(
    ("first", "ids"),
    [(without_text(None), ("r-1",)), (without_text(Remedy.ASK_AGAIN), ("r-1", "r-2"))],
)
def test_what_a_filter_refused_or_what_was_asked_for_several_is_not_asked_again(
    first: Answer, ids: tuple[str, ...]
) -> None:
    asker, model = asking(first)

    with pytest.raises(AnalysisFailedError) as caught:
        asker.ask(question(*ids))

    assert caught.value.code is ErrorCode.MODEL_REPLY_INVALID
    assert caught.value.smaller_may_work
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (cut(), ErrorCode.MODEL_REPLY_INVALID),
        (without_text(Remedy.MORE_ROOM), ErrorCode.MODEL_REPLY_INVALID),
        (FailureKind.SERVER_ERROR, ErrorCode.MODEL_UNAVAILABLE),
    ],
)
def test_the_second_answer_is_the_last(second: Answer, code: ErrorCode) -> None:
    asker, model = asking(cut(), second)

    with pytest.raises(AnalysisFailedError) as caught:
        asker.ask(question())

    assert caught.value.code is code
    assert len(model.asked) == 2
