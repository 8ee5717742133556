"""What the notices room takes and sends over HTTP."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridsvc.notices.addresses import LONGEST
from gridsvc.notices.kinds import Kind
from gridsvc.plain_text import PlainText

DivisionCode = Annotated[str, Field(pattern=r"^[0-9]{12}$", examples=["320106000000"])]
UnitCode = Annotated[PlainText, Field(min_length=1, max_length=64)]


class NoticeOut(BaseModel):
    """Something the caller was told."""

    id: int
    kind: Kind
    subject_type: str = Field(examples=["event"])
    subject_id: str
    title: str = Field(examples=["派给您：暴露垃圾"])
    text: str
    created_at: datetime
    read_at: datetime | None


class NoticePage(BaseModel):
    """Some notices, and how many were not read in all."""

    notices: list[NoticeOut]
    unread: int


class ChannelIn(BaseModel):
    """A channel, as an Apprise URL of WeCom, DingTalk, Feishu, mail or a webhook."""

    model_config = ConfigDict(extra="forbid")

    url: PlainText = Field(
        min_length=8,
        max_length=LONGEST,
        description="wecombot://, dingtalk://, feishu://, mailtos:// or jsons://; stored sealed, "
        "never shown",
        examples=["wecombot://00000000-0000-0000-0000-000000000000"],
    )
    kinds: list[Kind] | None = Field(None, max_length=20, description="none = every one")
    language: Literal["zh", "en"] = "zh"
    quiet_from: time | None = Field(None, description="local; reminders wait until quiet_to")
    quiet_to: time | None = None
    unit: UnitCode | None = Field(None, description="unit it belongs to; none = to the caller")
    division: DivisionCode | None = Field(None, description="of the unit")

    def settings(self) -> dict[str, Any]:
        """What is stored as it is given."""
        kinds = None if self.kinds is None else sorted({kind.value for kind in self.kinds})
        return {
            "kinds": kinds,
            "language": self.language,
            "quiet_from": self.quiet_from and self.quiet_from.replace(tzinfo=None),
            "quiet_to": self.quiet_to and self.quiet_to.replace(tzinfo=None),
        }


class ChannelOut(BaseModel):
    """A channel without its address."""

    id: int
    service: str = Field(examples=["wecom"])
    unit_code: str | None
    kinds: list[Kind] | None
    language: str
    quiet_from: time | None
    quiet_to: time | None
    created_at: datetime


class SubscriptionItem(BaseModel):
    """A kind of notice, wanted from a division and below it."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    division: DivisionCode


class SubscriptionsIn(BaseModel):
    """Everything somebody wants to be told of."""

    model_config = ConfigDict(extra="forbid")

    subscriptions: list[SubscriptionItem] = Field(max_length=100)


class UndeliveredOut(BaseModel):
    """A notice that a channel did not take: given up, or not known whether it was sent."""

    id: int
    state: Literal["dead", "unsure"]
    kind: Kind
    service: str
    login: str | None
    unit_code: str | None
    attempts: int
    failure: str | None
    created_at: datetime


class HouseholdContactIn(BaseModel):
    """A phone on which a household agrees to be told what is broadcast to its cell."""

    model_config = ConfigDict(extra="forbid")

    division: DivisionCode = Field(description="community the household lives in")
    address: PlainText = Field(min_length=1, max_length=100, description="its address code")
    phone: PlainText = Field(pattern=r"^[0-9+ -]{5,20}$", description="stored sealed, shown masked")
    consent: PlainText = Field(
        min_length=2,
        max_length=200,
        description="how somebody of the household agreed",
        examples=["入户签署告知同意书"],
    )

    @property
    def number(self) -> str:
        """The phone without what separates its digits."""
        return self.phone.replace(" ", "").replace("-", "")


class HouseholdContactOut(BaseModel):
    """A phone of a household, as it is shown."""

    id: int
    division_code: str
    address: str
    phone: str = Field(description="masked", examples=["138******78"])
    consent: str
    agreed_at: datetime


class HouseholdContactPage(BaseModel):
    """Some phones of households, and how many there are."""

    contacts: list[HouseholdContactOut]
    total: int


class HouseholdPhone(BaseModel):
    """A phone in full."""

    phone: str
