"""What the audit trail shows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from gridsvc.audit.actions import Action
from gridsvc.codes import WHOLE

#: Members of `AuditQuestion` that entries are compared with.
FILTERS = {"since", "until", "login", "action", "kind", "object_id", "purpose"}


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("text must not hold NUL characters")
    return value


_Words = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_no_nul)]


class AuditQuestion(BaseModel):
    """Which entries are wanted."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    login: _Words | None = None
    action: Action | None = None
    kind: _Words | None = None
    object_id: _Words | None = None
    purpose: _Words | None = Field(None, description="a part of it")
    division: Annotated[str, Field(pattern=r"^[0-9]{12}$")] = WHOLE
    cursor: _Words | None = Field(None, description="`next` of the page before")
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class AuditEntryOut(BaseModel):
    """One deed."""

    lane: int
    sequence: int
    at: datetime
    login: str
    roles: list[str]
    person_code: str | None
    via: str = Field(examples=["session"])
    address: str | None
    request_id: str | None
    action: str = Field(examples=["event_moved"])
    kind: str = Field(examples=["event"])
    object_id: str
    division_code: str
    purpose: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditPage(BaseModel):
    """Some entries, newest first; `next` asks for the older ones, none when there are none."""

    entries: list[AuditEntryOut]
    next: str | None


class BreakOut(BaseModel):
    """Where a chain does not hold.

    `fault` is missing (entries before this one were removed), changed, unlinked (moved here from
    elsewhere) or cut (the newest were removed).
    """

    lane: int
    sequence: int
    fault: str
