"""What rewards take and send over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from gridsvc.appraisal.schemas import Code, Division, Label
from gridsvc.plain_text import PlainText

Unit = Literal["fen", "point"]


class RewardRuleIn(BaseModel):
    """What a report earns, and what sets bounds to it."""

    division: Division
    code: Code
    name: Label
    at_state: Literal["FILED", "VERIFIED", "CLOSED"] = "CLOSED"
    unit: Unit
    amount: int = Field(ge=1, le=10**6, description="fen or points for each report")
    daily_cap: int = Field(ge=1, le=1000, description="rewards of one person on a day")
    most_untrue: int = Field(default=2, ge=0, le=1000, description="untrue reports in 30 days")
    matter: Annotated[PlainText, Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="with all below it; none = every matter"
    )


class RewardRuleOut(RewardRuleIn):
    """A rule that was laid down."""

    id: int
    since: datetime
    until: datetime | None


class GrantedOut(BaseModel):
    """How many rewards were given and refused now."""

    granted: int
    refused: int


class RewardOut(BaseModel):
    """What a rule gave for an event, or why nothing."""

    id: int
    rule: str
    event_id: int
    unit: Unit
    amount: int
    state: Literal["GRANTED", "PAID", "REFUSED"]
    refused_because: Literal["duplicate", "untrue", "cap"] | None
    reference: str | None = Field(description="of the payment, as its service names it")
    decided_at: datetime
    paid_at: datetime | None


class PaymentIn(BaseModel):
    """That a red packet was paid by a payment service, under this number of its own."""

    reference: Annotated[PlainText, Field(min_length=1, max_length=100)]
