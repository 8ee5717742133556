"""What the briefing room takes and tells over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridsvc.briefing.atlas import Leaf
from gridsvc.briefing.papers import Paper
from gridsvc.briefing.service import LONGEST_APPROVAL
from gridsvc.briefing.writing import Format
from gridsvc.maps.themes import NAMES
from gridsvc.plain_text import PlainText
from gridsvc.roads.modes import Mode


def file_answers(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """What the API's document says of an answer that is a file of one of some media types."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"content": dict.fromkeys(media_types, binary), "description": "The file"}}


State = Literal["waiting", "drawing", "done", "failed", "cancelled"]


class BriefingIn(BaseModel):
    """A page, or an atlas, that somebody wants drawn."""

    model_config = ConfigDict(extra="forbid")

    division: Annotated[str, Field(pattern=r"^[0-9]{12}$", examples=["320106000000"])]
    kind: Annotated[
        str, Field(max_length=40, description=f"one of {', '.join(NAMES)}", examples=["reach"])
    ] = "households"
    format: Format = Format.PDF
    page: Paper = Paper.A4
    atlas: Leaf | None = Field(None, description="a page for each of these; none = one page")
    approval: Annotated[PlainText, Field(min_length=1, max_length=LONGEST_APPROVAL)] | None = Field(
        None, description="map approval number (审图号); none = the installation's"
    )
    mode: Mode = Field(Mode.EBIKE, description="how people travel, for reach")
    days: int = Field(90, ge=1, le=3660, description="window of pace and hotspots")


class BriefingOut(BaseModel):
    """An order and what became of it."""

    id: int
    division: str
    asked: BriefingIn
    state: State
    percent: int = Field(ge=0, le=100, description="how much is drawn")
    reason: str = Field(description="why it failed; else empty")
    pages: int | None
    bytes: int | None = Field(description="size of the file, once it is there")
    ordered_at: datetime
    expires_at: datetime = Field(description="when the order and its file are forgotten")
    file: str | None = Field(description="where the file is, once it is there")


class BriefingPage(BaseModel):
    """The newest orders of the caller."""

    briefings: list[BriefingOut]
