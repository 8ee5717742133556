"""The handbook as help inside the desks."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from gridsvc.accounts.access import Visitor, public
from gridsvc.web.chapters import CHAPTERS, FIRST, Name, chapter
from gridsvc.web.drawing import page

router = APIRouter(
    include_in_schema=False, dependencies=[public("says how the pages are used, and nothing else")]
)


@router.get("/help", response_class=HTMLResponse)
async def contents(request: Request, visitor: Visitor) -> HTMLResponse:
    """Who finds what where, and the words."""
    return _drawn(request, visitor, FIRST)


@router.get("/help/{topic}", response_class=HTMLResponse)
async def help_page(request: Request, visitor: Visitor, topic: Name) -> HTMLResponse:
    """One chapter, with its tasks beside it."""
    return _drawn(request, visitor, topic)


def _drawn(request: Request, visitor: Visitor, name: str) -> HTMLResponse:
    chapters = [chapter(one) for one in CHAPTERS]
    return page(request, "help.html", visitor=visitor, told=chapter(name), chapters=chapters)
