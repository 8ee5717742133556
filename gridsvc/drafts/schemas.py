"""What the drafts room takes and sends over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridsvc.geo import Datum
from gridsvc.people.schemas import LatIn, LonIn
from gridsvc.plain_text import PlainText

#: Cells an operation may name, and places a drawn line may have.
MOST_CELLS, MOST_PLACES = 1000, 2000

Place = tuple[LonIn, LatIn]
Line = Annotated[list[Place], Field(min_length=2, max_length=MOST_PLACES)]
Number = Annotated[int, Field(ge=1, le=2_000_000_000, examples=[7])]
Numbers = Annotated[list[Number], Field(min_length=1, max_length=MOST_CELLS)]
Name = Annotated[PlainText, Field(min_length=1, max_length=200, examples=["春季调整"])]
Note = Annotated[PlainText, Field(max_length=1000)]
Version = Annotated[int, Field(ge=0, le=2_000_000_000, description="of the draft it was made on")]
Households = Annotated[int, Field(ge=1, le=1_000_000)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Split(_In):
    """Cut a cell in two along a drawn line, which goes round the buildings it meets."""

    kind: Literal["split"]
    cell: Number
    line: Line


class Divide(_In):
    """Have the planner divide cells into so many with about the same number of households."""

    kind: Literal["divide"]
    cells: Numbers
    count: Annotated[int, Field(ge=2, le=50)]


class Merge(_In):
    """Make one cell of neighbours; it keeps the number of the first."""

    kind: Literal["merge"]
    cells: Annotated[list[Number], Field(min_length=2, max_length=MOST_CELLS)]


class Corner(_In):
    """A corner of a border: where it was, and where it goes; without an end it is taken away."""

    start: Place
    end: Place | None = None


class Move(_In):
    """Move corners of borders, for all cells that share them."""

    kind: Literal["move"]
    corners: Annotated[list[Corner], Field(min_length=1, max_length=MOST_PLACES)]


class Redraw(_In):
    """Move the border of two neighbours to a drawn line."""

    kind: Literal["redraw"]
    cells: Annotated[list[Number], Field(min_length=2, max_length=2)]
    line: Line


class HandOver(_In):
    """Hand the building or the block at a place over to a neighbouring cell."""

    kind: Literal["hand_over"]
    what: Literal["building", "block"]
    at: Place
    to: Number


class Carve(_In):
    """Draw a new cell; the others give up its land."""

    kind: Literal["carve"]
    ring: Annotated[list[Place], Field(min_length=3, max_length=MOST_PLACES)]
    dedicated: bool = False


class Dedicate(_In):
    """Make cells dedicated ones (专属网格), or ordinary again."""

    kind: Literal["dedicate"]
    cells: Numbers
    dedicated: bool


class Lock(_In):
    """Lock cells against every edit, or unlock them."""

    kind: Literal["lock"]
    cells: Numbers
    locked: bool


class Undo(_In):
    """Take the last revision back."""

    kind: Literal["undo"]


class Redo(_In):
    """Do again what was taken back last."""

    kind: Literal["redo"]


Operation = Annotated[
    Split | Divide | Merge | Move | Redraw | HandOver | Carve | Dedicate | Lock | Undo | Redo,
    Field(discriminator="kind"),
]


class OperationIn(_In):
    """One operation on a draft, made on a version of it."""

    version: Version
    client_key: Annotated[
        PlainText, Field(min_length=1, max_length=64, description="sent again, it is done once")
    ]
    datum: Datum
    operation: Operation

    @property
    def told(self) -> dict[str, Any]:
        """The operation and its datum as a revision keeps them."""
        return self.operation.model_dump(mode="json") | {"datum": self.datum.value}


class DraftIn(_In):
    """A draft to begin: from the plan in force, an earlier plan, another draft, or one cell."""

    division: Annotated[PlainText, Field(examples=["990101001001"], max_length=12)]
    name: Name
    origin: Literal["in_force", "plan", "draft", "blank"] = "in_force"
    origin_id: Annotated[int, Field(ge=1, le=2**62)] | None = None
    target: Households | None = None
    grid_target: Households | None = None


class NameIn(_In):
    """A draft's new name."""

    name: Name


class CommentIn(_In):
    """A comment on a draft or on one of its cells."""

    note: Annotated[PlainText, Field(min_length=1, max_length=1000, examples=["河边这条界线要改"])]
    cell: Number | None = None


class SubmissionIn(_In):
    """A draft that is ready, and the day it is to take effect; none = once it is approved."""

    version: Version
    effective_on: date | None = None


class WithdrawnIn(_In):
    """A draft to take back."""

    version: Version


class DraftDecisionIn(_In):
    """What the second person says."""

    version: Version
    approve: bool
    note: Note = ""


class DraftTaskIn(_In):
    """Cells to be divided anew into cells of about the draft's target."""

    version: Version
    cells: Numbers
    target: Households | None = None


class CellOut(BaseModel):
    """A cell of a draft with its figures."""

    number: int
    kind: str
    locked: bool
    households: int
    deviation_percent: float | None = Field(description="from the target; none if dedicated")
    compactness: float = Field(description="Polsby-Popper, 1 = a disc")
    area_m2: float
    workers: list[str] = Field(description="masked names of who answers for most of it now")
    geometry: dict[str, Any] = Field(description="GeoJSON Polygon, WGS-84")


class DraftRow(BaseModel):
    """A draft in a list."""

    id: int
    division_code: str
    division_name: str
    name: str
    state: str
    target: int
    grid_target: int
    version: int
    actor: str
    changed_at: datetime
    asked_by: str | None
    decided_by: str | None
    decision_note: str
    effective_on: date | None
    plan_id: int | None
    outdated: bool = Field(description="another plan came into force since it was begun")


class DraftListed(DraftRow):
    """A draft in a list, with how many cells it has."""

    cells: int


class DraftOut(DraftRow):
    """A draft with all its cells."""

    can_undo: bool
    can_redo: bool
    cells: list[CellOut]


class Changed(BaseModel):
    """What an operation changed; everything else is as it was."""

    version: int
    can_undo: bool
    can_redo: bool
    changed: list[CellOut]
    gone: list[int] = Field(description="numbers of cells that are no more")


class GroundOut(BaseModel):
    """What a draft is drawn on; coordinates in degrees, WGS-84."""

    version: str
    boundary: dict[str, Any] = Field(description="GeoJSON MultiPolygon")
    buildings: list[dict[str, Any]] = Field(
        description="GeoJSON Polygon, households, units [[lon, lat, households]]"
    )
    barriers: list[dict[str, Any]] = Field(description="GeoJSON LineString, kind")
    sites: list[dict[str, Any]] = Field(description="GeoJSON Polygon, kind, name")


class DraftProblem(BaseModel):
    """Something wrong with a draft, and where."""

    check: str
    blocks: bool = Field(description="whether it must be mended before publication")
    cells: list[int]
    value: float | None = None
    bbox: list[float] = Field(description="west, south, east, north; degrees, WGS-84")


class ProblemsOut(BaseModel):
    """Everything wrong with a version of a draft."""

    version: int
    problems: list[DraftProblem]


class RevisionOut(BaseModel):
    """One change of a draft."""

    version: int
    parent: int
    action: str
    actor: str
    at: datetime
    cells: list[int]


class CommentOut(BaseModel):
    """A comment on a draft."""

    id: int
    note: str
    cell: int | None
    actor: str
    at: datetime


class PlanRow(BaseModel):
    """A plan of a community that is, was or could be in force."""

    id: int
    state: str
    target: int
    grid_target: int
    grids: int
    micro_grids: int
    published_at: datetime | None
    superseded_at: datetime | None
    draft_name: str | None
    asked_by: str | None
    decided_by: str | None


class ComparisonOut(BaseModel):
    """How a draft differs from another draft, or from a plan."""

    households: int
    households_moved: int
    moved_percent: float
    unchanged_cells: int
    ended: list[str]
    new: list[str]
    cells: list[dict[str, Any]]
    others: list[dict[str, Any]] = Field(description="the other's cells, GeoJSON with name")


class TaskOut(BaseModel):
    """A long task on a draft."""

    id: int
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    step: str
    progress: float
    failure: str
