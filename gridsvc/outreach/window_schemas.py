"""What goes over HTTP of village windows and work orders."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from gridsvc.events.life_schemas import Rate
from gridsvc.events.life_schemas import Window as Span
from gridsvc.events.schemas import EventIn, EventWithHistory, Note
from gridsvc.events.states import State
from gridsvc.outreach.orders import OrderState
from gridsvc.outreach.schemas import Code, Division, Name
from gridsvc.plain_text import PlainText


class WindowClass(BaseModel):
    """A class of what people come with."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(examples=["jiu-xin"])
    name: Name = Field(examples=["揪心事"])


class WindowIn(BaseModel):
    """Where people's matters are registered in the villages of an area, and in which classes."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    code: Code = Field(description="the same again changes the window")
    name: Name = Field(examples=["五事窗口"])
    classes: list[WindowClass] = Field(min_length=1, max_length=50)
    serves: list[Division] = Field(
        default=[], max_length=50, description="divisions beyond its own that it serves, too"
    )
    plan_within_h: int | None = Field(
        None,
        ge=1,
        le=8784,
        description="hours within which a unit plans what is passed up; none = no limit",
    )
    door_lead_h: int = Field(
        2,
        ge=0,
        le=720,
        description="hours before the time booked at a door from which somebody is given it",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        codes = [one.code for one in self.classes]
        if len(set(codes)) < len(codes):
            raise ValueError("two classes have the same code; give each its own")
        return self


class WindowOut(BaseModel):
    """A window as it is."""

    id: int
    division_code: str
    code: str
    name: str
    classes: list[WindowClass]
    serves: list[str]
    plan_within_h: int | None
    door_lead_h: int


class RegistrationIn(BaseModel):
    """What somebody came to a window with; the event's client key is the registration's, too."""

    model_config = ConfigDict(extra="forbid")

    class_code: Code = Field(description="code of one of the window's classes")
    item: Code | None = Field(None, description="code of the service item that is asked for")
    at_door: AwareDatetime | None = Field(
        None, description="when it is done at their door (上门); none = at the window"
    )
    event: EventIn

    @model_validator(mode="after")
    def _for_something(self) -> Self:
        if self.at_door is not None and self.item is None:
            raise ValueError("say with item what is to be done at the door")
        return self


class RegistrationOut(BaseModel):
    """What was registered, as the event it is."""

    window: int
    class_code: str
    item: str | None
    at_door: datetime | None
    registered_at: datetime
    event: EventWithHistory


class Registered(BaseModel):
    """What was registered, in short."""

    event: int
    class_code: str
    item: str | None
    at_door: datetime | None
    registered_at: datetime
    division_code: str
    matter: str
    state: State
    cancel_number: str | None = Field(description="销号")
    order: OrderState | None = Field(description="state of its latest work order")


class RegisteredPage(BaseModel):
    """Some registrations, newest first, and how many there are."""

    registrations: list[Registered]
    total: int


class ClassFigures(BaseModel):
    """Registered and solved of one class."""

    class_code: str
    name: str
    rate: Rate


class WindowFigures(BaseModel):
    """What was registered within a span of time, and how much of it was closed at its end."""

    window: int
    span: Span
    rate: Rate
    classes: list[ClassFigures]


class OrderIn(BaseModel):
    """Passing an event up to a unit (交办)."""

    model_config = ConfigDict(extra="forbid")

    event: int = Field(ge=1, le=2**63 - 1)
    unit: Code = Field(examples=["320104-ZJ"])
    level: Literal["street", "county", "city"]
    note: Note


class OrderPlanIn(BaseModel):
    """How the unit will do it (施工图): measures, deadline, who answers for it."""

    model_config = ConfigDict(extra="forbid")

    measures: PlainText = Field(min_length=1, max_length=4000)
    due_at: AwareDatetime
    responsible: PlainText = Field(
        min_length=1, max_length=50, description="name; stored sealed, shown masked"
    )


class CompletionIn(BaseModel):
    """What the unit did."""

    model_config = ConfigDict(extra="forbid")

    note: Note


class OrderVerificationIn(BaseModel):
    """Whether it is done, seen by somebody else (逐一核验)."""

    model_config = ConfigDict(extra="forbid")

    passed: bool
    note: Note


class OrderDeed(BaseModel):
    """Something that was done about a work order."""

    from_state: OrderState | None
    to_state: OrderState
    actor: str
    note: str
    at: datetime


class OrderOut(BaseModel):
    """A work order as it is."""

    id: int
    event: int
    division_code: str
    level: str
    unit: str
    unit_name: str
    state: OrderState
    plan_by: datetime | None = Field(description="when it is to be planned; none = no limit")
    measures: str | None
    due_at: datetime | None
    responsible: str | None = Field(description="masked")
    issued_at: datetime
    done_at: datetime | None
    verified_at: datetime | None
    overdue: bool = Field(description="not done by due_at, or not planned by plan_by")


class OrderEscalationOut(BaseModel):
    """That a work order came near its deadline or passed it."""

    rung: str = Field(description="reminder, overdue, street, county or supervisor")
    told_code: str = Field(description="division it concerns")
    due_at: datetime
    at: datetime


class OrderWithHistory(OrderOut):
    """A work order with all that was done."""

    history: list[OrderDeed]
    escalations: list[OrderEscalationOut]


class OrderPage(BaseModel):
    """Some work orders, newest first, and how many there are."""

    orders: list[OrderOut]
    total: int
