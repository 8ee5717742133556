"""What is sent over HTTP of an event's life: stages and deeds, and the figures over many."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from gridsvc.events.stages import Stage


class StageOut(BaseModel):
    """Something that has, or had, to be done about an event within a time."""

    stage: Stage
    name: str = Field(description="of the step, where a stage has several limits")
    started_at: datetime
    due_at: datetime | None = Field(description="none where there is no limit")
    undated_because: str | None = Field(description="why a due time could not be computed")
    done_at: datetime | None
    outcome: str | None = Field(description="done, or void: broken off")
    paused: bool = Field(description="suspended; that time does not count")
    overdue: bool


class EscalationOut(BaseModel):
    """That a stage came near its limit or passed it."""

    stage: Stage
    rung: str = Field(description="reminder, overdue, street, county or supervisor")
    told_code: str = Field(description="division it concerns")
    due_at: datetime
    at: datetime


class SuspensionOut(BaseModel):
    """Asking to put an event off, and what was decided."""

    until: datetime
    reason: str
    note: str
    asked_by: str
    asked_at: datetime
    approved: bool | None = Field(description="none = not decided yet")
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str
    ended_at: datetime | None


class PublicationOut(BaseModel):
    """That an event was shown to everybody, and until when and why."""

    published_at: datetime
    published_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    reason: str | None
    note: str


class LinkOut(BaseModel):
    """That an event was said to repeat another one."""

    event_id: int
    duplicate_of: int
    linked_by: str
    linked_at: datetime
    unlinked_by: str | None
    unlinked_at: datetime | None
    note: str


class Life(BaseModel):
    """Everything that accompanied an event, beside its moves; each list first to last."""

    stages: list[StageOut]
    escalations: list[EscalationOut]
    suspensions: list[SuspensionOut]
    publications: list[PublicationOut]
    links: list[LinkOut]


class Window(BaseModel):
    """From when to when was counted, by the database's clock."""

    since: datetime
    until: datetime = Field(description="not included; never later than now")


class Rate(BaseModel):
    """A share with what it is a share of; none where there is nothing to be a share of."""

    name: str = Field(examples=["on_time_handle"])
    label: str = Field(examples=["按期处置率"])
    numerator: int
    denominator: int
    value: float | None = Field(ge=0, le=1)


class StageFigures(BaseModel):
    """What became of the limits of a stage that ran out within the window.

    `due` = `on_time` + `late` + `unfinished`; nothing that has no limit is among them.
    """

    stage: Stage
    begun: int
    finished: int
    due: int
    on_time: int
    late: int = Field(description="done within the window, after the due time")
    unfinished: int = Field(description="not done in the window, or broken off late")
    pending: int = Field(description="going on at its end")
    pending_overdue: int
    overdue_hours: float = Field(description="of what is late or unfinished, all together")
    overdue_multiple: float = Field(
        description="超时倍数: the same in units of the time allowed, all together"
    )


class Figures(BaseModel):
    """Counters of events by stage: numerators, denominators and the window they count in."""

    division: str | None
    matter: str | None
    window: Window
    moves: dict[str, int] = Field(description="how often, within the window")
    events: dict[str, int] = Field(description="how many events, within the window")
    stages: list[StageFigures]
    rates: list[Rate]
