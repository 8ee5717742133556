"""What the audit trail shows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gridsvc.audit.actions import Action
from gridsvc.audit.models import LANES
from gridsvc.codes import WHOLE
from gridsvc.plain_text import PlainText

#: Most entries of one page.
MOST_ENTRIES = 1000
#: Members of `AuditQuestion` that entries are compared with.
FILTERS = {"since", "until", "login", "action", "kind", "object_id", "purpose"}


_Words = Annotated[PlainText, Field(min_length=1, max_length=200)]


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
    limit: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = 100


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


class Fault(StrEnum):
    """What can be wrong with a chain; an entry that is told, or the first of several."""

    MISSING = "missing"  # entries were removed from between others, this one first
    CUT = "cut"  # the newest entries were removed, this one first
    CHANGED = "changed"  # the entry is not what was written in this place
    UNLINKED = "unlinked"  # the entry does not go with the one before it
    ADDED = "added"  # the entry was put here by another way than the service's
    HEAD_CHANGED = "head_changed"  # the head does not go with the newest entry
    HEAD_MISSING = "head_missing"  # nothing tells any more where the chain ends
    SHORTENED = "shortened"  # earlier heads knew more entries than there are
    REWRITTEN = "rewritten"  # earlier heads knew another entry in this place
    PRUNED_EARLY = "pruned_early"  # what earlier heads knew was pruned before its time


class BreakOut(BaseModel):
    """Where a chain does not hold: the entry, and what is wrong with it."""

    lane: int
    sequence: int
    fault: Fault


class HeadOut(BaseModel):
    """End of one chain at a time, to be kept elsewhere."""

    model_config = ConfigDict(extra="forbid")

    lane: int = Field(ge=0, lt=LANES)
    sequence: int = Field(ge=0, lt=2**63)
    digest: str = Field(pattern="^([0-9a-f]{64})?$", description="of its newest entry")
    at: AwareDatetime | None = Field(description="when that was written; none without entries")
