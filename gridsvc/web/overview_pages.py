"""The leader's page: an area's figures beside its children's, each one down to its cases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import WHOLE
from gridsvc.maps.queries import widest_division
from gridsvc.maps.themes import NAMES
from gridsvc.web import phone_queries
from gridsvc.web.drawing import page
from gridsvc.web.languages import LANGUAGES, language_of

router = APIRouter(include_in_schema=False, dependencies=[may(Permission.VIEW_FIGURES)])


@router.get("/overview", response_class=HTMLResponse)
async def overview(
    request: Request,
    session: Session,
    caller: Caller,
    division: Annotated[str | None, Query(pattern=r"^[0-9]{12}$")] = None,
) -> HTMLResponse:
    """Figures, trend, map and comparison of an area; the figures come over the API."""
    own = next((area for area in caller.areas if area != WHOLE), None)
    return page(
        request,
        "overview.html",
        visitor=caller,
        division=division or own or await widest_division(session),
        groups=await phone_queries.matter_groups(session),
        kinds=_kinds(request) if Permission.VIEW_MAP in caller.permissions else (),
    )


def _kinds(request: Request) -> list[tuple[str, str]]:
    """What a briefing can show, by name, in the reader's language."""
    spoken = list(LANGUAGES).index(language_of(request))
    return [(name, titles[spoken]) for name, titles in NAMES.items()]
