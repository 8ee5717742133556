"""The pages of signing in and out: password, second factor, a new password."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import RowMapping

from gridsvc.accounts import second_factor, sign_in, sign_in_queries
from gridsvc.accounts.access import (
    COOKIE,
    Cookie,
    RawSession,
    address_of,
    check_csrf,
    public,
    session_of,
    stranger,
)
from gridsvc.accounts.digests import digest_of
from gridsvc.accounts.openid import provider_of
from gridsvc.accounts.sign_in import SignedIn
from gridsvc.accounts.steps import Step, next_step
from gridsvc.audit.actions import Action
from gridsvc.errors import Forbidden, GridsvcError, Unauthenticated
from gridsvc.web.drawing import own_path, page
from gridsvc.web.languages import marked

#: What a refusal says, by the step that was refused; before the first there is none.
_REFUSED: dict[Step | None, str] = {
    None: marked("账号或密码不正确，或该账号因多次输错已暂时锁定。请重试，或联系管理员。"),
    Step.CODE: marked(
        "验证码不正确、已使用过，或该账号已暂时锁定。请输入身份验证器上最新的六位数字。"
    ),
    Step.PASSWORD: marked(
        "当前密码不正确，或新密码不符合要求：至少 12 个字符，含四类字符中的三类，"
        "不含账号，且与当前密码不同。"
    ),
    Step.ENROL: marked("验证码不正确。请重新扫描二维码，再输入它显示的六位数字。"),
}

router = APIRouter(
    include_in_schema=False, dependencies=[public("whoever signs in is not signed in yet")]
)

Field = Annotated[str, Form(max_length=200)]
Next = Annotated[str, Form(max_length=500)]


@router.get("/sign-in", response_class=HTMLResponse)
async def ask(
    request: Request,
    session: RawSession,
    cookie: Cookie,
    goal: Annotated[str, Query(alias="next", max_length=500)] = "/",
) -> Response:
    """Ask for what is missing: the password first, then what must follow it."""
    row = await session_of(request, session, cookie) if cookie else None
    if row is not None and row["step"] == Step.DONE:
        return RedirectResponse(own_path(goal), status_code=303)
    return _form(request, row, goal=own_path(goal))


@router.post("/sign-in", response_class=HTMLResponse)
async def prove(
    request: Request, session: RawSession, login: Field, password: Field, goal: Next = "/"
) -> Response:
    """Take a password."""
    _check_same_site(request)
    state = request.app.state
    session.info["actor"] = stranger(request, login)
    await state.rates.count_sign_in(address_of(request))
    proved = await sign_in.prove(
        session, state.settings, state.keyring, login=login, password=password
    )
    if isinstance(proved, Unauthenticated):
        return _form(request, None, goal=own_path(goal), refused=proved)
    return await _go_on(request, session, proved, goal)


@router.post("/sign-in/code", response_class=HTMLResponse)
async def code(
    request: Request, session: RawSession, cookie: Cookie, code: Field, goal: Next = "/"
) -> Response:
    """Take a code of the second factor."""
    row = await _half_way(request, session, cookie, Step.CODE)
    await request.app.state.rates.count_sign_in(address_of(request))
    refused = await sign_in.check_code(
        session, request.app.state.settings, request.app.state.keyring, row["login"], code
    )
    if refused is not None:
        return _form(request, row, goal=own_path(goal), refused=refused)
    return await _next(request, session, row, cookie, goal)


@router.post("/sign-in/password", response_class=HTMLResponse)
async def password(
    request: Request,
    session: RawSession,
    cookie: Cookie,
    old: Field,
    new: Field,
    goal: Next = "/",
) -> Response:
    """Take a new password in place of the one-time one."""
    row = await _half_way(request, session, cookie, Step.PASSWORD)
    refused = await sign_in.change_password(session, row["login"], old=old, new=new)
    if refused is not None:
        return _form(request, row, goal=own_path(goal), refused=refused)
    return await _next(request, session, row, cookie, goal)


@router.post("/sign-in/enrol", response_class=HTMLResponse)
async def enrol(
    request: Request,
    session: RawSession,
    cookie: Cookie,
    secret: Field,
    code: Field,
    goal: Next = "/",
) -> Response:
    """Keep the second factor whose code shows that the phone has it."""
    row = await _half_way(request, session, cookie, Step.ENROL)
    keyring = request.app.state.keyring
    refused = await sign_in.enrol(session, keyring, row["login"], secret=secret, code=code)
    if refused is not None:
        return _form(request, row, goal=own_path(goal), refused=refused)
    return await _next(request, session, row, cookie, goal)


@router.get("/sign-in/openid")
async def ask_provider(
    request: Request,
    goal: Annotated[str, Query(alias="next", max_length=500)] = "/",
) -> Response:
    """Send the browser to the OpenID provider."""
    provider = provider_of(request)
    await request.app.state.rates.count_sign_in(address_of(request))
    request.session["goal"] = own_path(goal)
    own = request.app.state.settings.public_url or str(request.base_url).rstrip("/")
    return await provider.send_to(request, f"{own}/sign-in/openid/back")


@router.get("/sign-in/openid/back")
async def back_from_provider(request: Request, session: RawSession) -> Response:
    """Let somebody in whom the OpenID provider sends back."""
    provider = provider_of(request)
    proved = await provider.finish(request, session)
    session.info["actor"] = stranger(request, proved.login)
    return await _go_on(request, session, proved, request.session.pop("goal", "/"))


@router.post("/sign-out")
async def sign_out(request: Request, session: RawSession, cookie: Cookie) -> Response:
    """Forget this browser."""
    row = await session_of(request, session, cookie) if cookie else None
    if row is not None and cookie is not None:
        await check_csrf(request, row["csrf"])
        await sign_in_queries.end_session(session, digest_of(cookie))
        session.info["actor"] = stranger(request, row["login"])
        await sign_in.note(session, Action.SIGNED_OUT, row["login"])
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer


async def _half_way(request: Request, session: Any, cookie: str | None, step: Step) -> RowMapping:
    row = await session_of(request, session, cookie) if cookie else None
    if row is None or row["step"] != step:
        raise Unauthenticated("signing in took too long or was finished elsewhere; begin again")
    await check_csrf(request, row["csrf"])
    session.info["actor"] = stranger(request, row["login"])
    return row


async def _next(
    request: Request, session: Any, row: RowMapping, cookie: str | None, goal: str
) -> Response:
    """End the browser's old secret and go on with a new one."""
    await sign_in_queries.end_session(session, digest_of(cookie or ""))
    now = await sign_in_queries.by_id(session, row["id"])
    if now is None:
        raise Unauthenticated("the account was closed meanwhile; ask an administrator")
    step = next_step(now, request.app.state.settings.second_factor)
    return await _go_on(request, session, SignedIn(row["id"], row["login"], step), goal)


async def _go_on(request: Request, session: Any, proved: SignedIn, goal: str) -> Response:
    settings = request.app.state.settings
    secret = await sign_in.open_browser(session, proved)
    done = proved.step is Step.DONE
    where = own_path(goal) if done else f"/sign-in?next={quote(own_path(goal))}"
    answer = RedirectResponse(where, status_code=303)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=settings.session_most_s,
        httponly=True,
        secure=settings.encrypted,
        samesite="lax",
    )
    return answer


def _form(
    request: Request, row: RowMapping | None, *, goal: str, refused: GridsvcError | None = None
) -> Response:
    step = Step(row["step"]) if row is not None else None
    context: dict[str, Any] = {
        "step": step,
        "goal": goal,
        "openid": request.app.state.openid is not None,
        "csrf": row["csrf"] if row is not None else "",
        "refused": _REFUSED[step] if refused else None,
    }
    if step is Step.ENROL and row is not None:
        secret = second_factor.new_secret()
        context |= {"secret": secret, "picture": second_factor.picture(secret, row["login"])}
    return page(request, "sign_in.html", status_code=refused.status if refused else 200, **context)


def _check_same_site(request: Request) -> None:
    """Refuse a sign-in that another site's page sends."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("this form was sent from another site; sign in on our own page")
