"""What is sent over HTTP of proofs, windows and forms."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field


class ProofOut(BaseModel):
    """A proof that may be issued, or may not."""

    code: str = Field(examples=["ZM01"])
    name: str = Field(examples=["居住证明"])
    allowed: bool = Field(description="whether a village or community may issue it")
    basis: str = Field(description="legal basis, or by what it was abolished")
    instead: str = Field(description="what serves in its place, where it is not allowed")


class ProofsOut(BaseModel):
    """The list of proofs of a division on a day."""

    day: date
    allowed: int
    abolished: int
    proofs: list[ProofOut]


class ServiceWindowOut(BaseModel):
    """A window that serves people, and how far it is."""

    code: str = Field(examples=["CK0101"])
    name: str = Field(examples=["社会保障窗口"])
    kind: str = Field(description="approval, public or agent (代办)")
    opens: str = Field(description="working_days or daily")
    hours: str = Field(examples=["08:30-12:00;14:00-17:30"])
    open_now: bool | None = Field(description="none where no working calendar says")
    point_code: str
    point_name: str
    division_code: str
    items: int = Field(description="items done at it")
    lon: float = Field(description="degrees, WGS-84")
    lat: float = Field(description="degrees, WGS-84")
    distance_m: float = Field(description="in a straight line")


class CommunityServed(BaseModel):
    """Households of a community, and those so near a window."""

    code: str
    name: str
    households: int
    within: int


class ServedOut(BaseModel):
    """Who lives within so many metres of a window, with what it is a share of."""

    day: date
    item: str | None
    radius_m: float
    points: int = Field(description="service points that count")
    within: int
    households: int
    full: bool = Field(description="whether nobody lives farther away")
    communities: list[CommunityServed]


class FormAsked(BaseModel):
    """A form that asks for something."""

    form_code: str
    form_name: str
    unit_name: str
    role: str
    every: str


class RepeatedField(BaseModel):
    """Something that more than one form asks the same people for."""

    field: str
    role: str
    forms: list[FormAsked]


class BurdenOut(BaseModel):
    """What workers are asked to fill in, and what of it twice."""

    day: date
    forms: int
    fields: int = Field(description="entries asked for, over all forms")
    needless: int = Field(description="entries that another form asks for as well")
    repeated: list[RepeatedField]
