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


class AdmissionOut(BaseModel):
    """What a department may bring into our grids: a kind of grids of its own, and for what."""

    code: str = Field(examples=["police"], description="kind of the department's grids")
    name: str = Field(examples=["警务网格"])
    unit_code: str
    unit_name: str
    admitted_for: str = Field(examples=["治安巡查、矛盾纠纷排查"])


class AdmissionsOut(BaseModel):
    """The access list (准入清单) of a division on a day."""

    day: date
    admissions: list[AdmissionOut]


class OverlaidPiece(BaseModel):
    """What of one of our grids lies in a department's grid."""

    grid: str
    department_grid: str
    name: str
    area_share: float = Field(description="of our grid's area")
    households: int
    of_households: int = Field(description="of our grid")
    households_share: float | None = Field(description="none where nobody lives in our grid")


class AdmittedKind(AdmissionOut):
    """A kind of department grids that is admitted, and how it lies over ours."""

    grids: int
    covered: int = Field(description="households that lie in any of its grids")
    households: int = Field(description="of the division")
    pieces: list[OverlaidPiece]


class OverlayOut(BaseModel):
    """Grids of departments over ours, of the kinds on the list of a day alone."""

    day: date
    division: str
    kinds: list[AdmittedKind]
    refused: list[str] = Field(description="kinds whose grids were loaded but are not on the list")
