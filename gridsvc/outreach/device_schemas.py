"""What goes over HTTP of devices at places, their alarms, video links, and broadcasts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gridsvc.events.schemas import Note
from gridsvc.events.states import State
from gridsvc.geo import Datum
from gridsvc.outreach.schemas import Code
from gridsvc.people.schemas import LatIn, LonIn, PastTime
from gridsvc.plain_text import PlainText

DeviceKind = Literal["alarm", "camera", "loudspeaker", "conference"]
ClientKey = Annotated[PlainText, Field(min_length=1, max_length=64)]


def _opens_safely(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as failure:
        raise ValueError("the link is none; check its spelling") from failure
    if parts.scheme != "https" or not host or parts.username is not None:
        raise ValueError("a video link begins with https:// and a host, and holds no password")
    if not url.isprintable() or any(sign in url for sign in " \"'<>\\`"):
        raise ValueError("a video link is one word without quotes or angle brackets")
    return url


VideoUrl = Annotated[PlainText, Field(min_length=9, max_length=500), AfterValidator(_opens_safely)]


class PlaceDeviceIn(BaseModel):
    """Something that stands at a place; the same code again changes it."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(examples=["PA-01"])
    name: PlainText = Field(min_length=1, max_length=100, examples=["平安乡村机顶盒"])
    kind: DeviceKind
    lon: LonIn
    lat: LatIn
    datum: Datum
    matter: Code | None = Field(None, description="of its alarms; whatever has one gets a key")
    video_url: VideoUrl | None = Field(None, description="https only")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind == "alarm") != (self.matter is not None):
            raise ValueError("an alarm has the matter it is reported under, and nothing else has")
        if self.kind in {"camera", "conference"} and self.video_url is None:
            raise ValueError("a camera or conference has a video_url")
        return self


class PlaceDeviceOut(BaseModel):
    """A device as it is, without its key."""

    id: int
    code: str
    name: str
    kind: DeviceKind
    division_code: str
    lon: float = Field(description="degrees, WGS-84")
    lat: float = Field(description="degrees, WGS-84")
    matter: str | None
    video_url: str | None
    revoked_at: datetime | None
    used_at: datetime | None


class PlaceDeviceSet(BaseModel):
    """A device, with its key where it was given one now."""

    device: PlaceDeviceOut
    key: str | None = Field(description="shown this once; send it as X-Device-Key")


class AlarmIn(BaseModel):
    """An alarm, as a device raises it."""

    model_config = ConfigDict(extra="forbid")

    client_key: ClientKey = Field(description="the same key and body are the same alarm")
    captured_at: PastTime | None = None
    note: Note = Field("报警", examples=["越界报警"])


class AlarmOut(BaseModel):
    """What became of an alarm."""

    event: int
    joined: bool = Field(description="whether it belongs to an event that was open already")


class AlarmLine(BaseModel):
    """An alarm that was raised, and the event it became or joined."""

    id: int
    code: str = Field(description="of the device")
    name: str
    event: int
    state: State
    received_at: datetime
    joined: bool = Field(description="whether the event was open already")


class VideoLink(BaseModel):
    """Something to look through near a place."""

    code: str
    name: str
    kind: DeviceKind
    video_url: str
    same_cell: bool
    distance_m: float


class BroadcastIn(BaseModel):
    """Something to say to the people of cells: who works there, loudspeakers, households."""

    model_config = ConfigDict(extra="forbid")

    cells: list[Code] = Field(
        min_length=1, max_length=500, description="codes of grids or micro-grids in force"
    )
    message: PlainText = Field(min_length=1, max_length=200, description="nothing personal")
    client_key: ClientKey


class BroadcastOut(BaseModel):
    """What was said to how many."""

    id: int
    division_code: str
    message: str
    cells: list[str]
    people: int = Field(description="who answer for the cells or lie within")
    loudspeakers: int
    households: int = Field(description="that live in the cells")
    phones: int = Field(description="of these, that are told on phones which they agreed to")
    told: int = Field(description="accounts, loudspeakers and households that it went out to")
    delivered: int = Field(description="over channels outside of the service, so far")
    failed: int
    actor: str
    sent_at: datetime
