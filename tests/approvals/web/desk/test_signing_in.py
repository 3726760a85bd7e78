# SPDX-License-Identifier: Apache-2.0
"""Who comes in, and who does not."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from approvals.web.desk.sessions import LASTS
from approvals.web.settings import EndpointSettings
from tests.approvals.web.desk.worlds import SECRET, TOKEN, DeskWorld, cookie_of, fields_of, text_of


@pytest.fixture
def world() -> DeskWorld:
    return DeskWorld()


def test_whoever_has_the_token_and_gives_a_name_comes_in(world: DeskWorld) -> None:
    answer = world.post("/desk", {"person": "  Ann   Lee ", "token": TOKEN})

    assert (answer.status, answer.headers["Location"]) == (303, "desk")
    inbox = world.get("/desk", cookie_of(answer))
    assert inbox.status == 200
    assert "Signed in as Ann Lee" in text_of(inbox)


def test_the_cookie_is_for_this_endpoint_alone_and_never_for_scripts(world: DeskWorld) -> None:
    plain = world.post("/desk", {"person": "Ann", "token": TOKEN}).headers["Set-Cookie"]
    behind_tls = world.post("/desk", {"person": "Ann", "token": TOKEN}, x_forwarded_proto="https")

    assert plain.partition("; ")[2] == "Path=/e/hook1234hook1234/; HttpOnly; SameSite=Lax"
    assert behind_tls.headers["Set-Cookie"].endswith("; Secure")


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"person": "Ann", "token": "wrong"}, 403, "access token is not right"),
        ({"person": "Ann"}, 403, "access token is not right"),
        ({"person": "Ann", "token": TOKEN + "x"}, 403, "access token is not right"),
        ({"token": TOKEN}, 400, "Give your name"),
        ({"person": " . ", "token": TOKEN}, 400, "Give your name"),
        ({"person": "\u202eAnn", "token": TOKEN}, 400, "Give your name"),
        ({"person": "A" * 401, "token": TOKEN}, 400, "Give your name"),
        ({"person": "System", "token": TOKEN}, 400, "kept for what no person does"),
    ],
)
def test_others_are_told_what_is_missing(
    world: DeskWorld, form: dict[str, str], status: int, said: str
) -> None:
    answer = world.post("/desk", form)

    assert answer.status == status
    assert said in text_of(answer)
    assert "Set-Cookie" not in answer.headers
    assert TOKEN not in answer.body.decode()


@pytest.mark.parametrize("path", ["/desk", "/desk/r-1", "/desk/insights"])
def test_without_a_session_every_page_asks_to_sign_in(world: DeskWorld, path: str) -> None:
    world.submitted("r-1", requester="Mia", content="A secret chair")

    answer = world.get(path)

    assert answer.status == 401
    assert "secret chair" not in text_of(answer)


def test_a_forged_or_changed_cookie_is_no_session(world: DeskWorld) -> None:
    cookie = world.signed_in("Ann")
    stranger = DeskWorld(EndpointSettings(SecretStr(TOKEN), (), SecretStr("x" * 32))).signed_in("Ann")

    for forged in (stranger, cookie[:-3] + "abc", "x" + cookie, "", "a.b.c", "ü"):
        assert world.get("/desk", forged).status == 401


def test_a_session_ends(world: DeskWorld) -> None:
    cookie = world.signed_in("Ann")

    world.clock.sleep((LASTS - timedelta(seconds=1)).total_seconds())
    assert world.get("/desk", cookie).status == 200
    world.clock.sleep(2)
    assert world.get("/desk", cookie).status == 401


def test_signing_out_ends_the_session_and_needs_its_own_form(world: DeskWorld) -> None:
    cookie = world.signed_in("Ann")
    form = fields_of(world.get("/desk", cookie))

    foreign = world.post("/desk", {"sign_out": "1", "form_token": "x"}, cookie)
    out = world.post("/desk", {"sign_out": "1", **form}, cookie)

    assert foreign.status == 403
    assert (out.status, out.headers["Location"]) == (303, "desk?out=1")
    assert "approvals_session=; " in out.headers["Set-Cookie"]
    assert "Max-Age=0" in out.headers["Set-Cookie"]
    assert "You are signed out" in text_of(world.get("/desk?out=1"))


@pytest.mark.parametrize(("token", "secret"), [("", SECRET), (TOKEN, ""), (TOKEN, "short"), (SECRET, SECRET)])
def test_without_its_settings_the_desk_is_shut_and_says_what_to_set(token: str, secret: str) -> None:
    world = DeskWorld(EndpointSettings(SecretStr(token), (), SecretStr(secret)))

    for answer in (world.get("/desk"), world.post("/desk", {"person": "Ann", "token": token})):
        assert answer.status == 503
        assert "desk_secret of at least 32 characters" in text_of(answer)


def test_the_language_is_the_browsers_until_another_is_chosen(world: DeskWorld) -> None:
    assert "サインイン" in text_of(world.get("/desk", accept_language="fr, ja-JP;q=0.8, en"))
    cookie = world.signed_in("Ann")

    chosen = world.get("/desk?lang=pt", cookie)

    assert "Caixa de entrada" in text_of(chosen)
    assert "Caixa de entrada" in text_of(world.get("/desk", cookie_of(chosen)))
    assert "Inbox" in text_of(world.get("/desk?lang=xx", cookie))
