"""What is sent over HTTP of trends of reports."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from gridsvc.appraisal.trend_queries import By


class CountedDays(BaseModel):
    """How many reports of one thing came, of how many in all, over so many days."""

    number: int
    of: int
    days: int


class TrendOut(BaseModel):
    """How reports of a matter, or in an area, changed."""

    key: str = Field(description="code of the matter or area; empty for all together")
    name: str
    before: CountedDays
    after: CountedDays
    change: float | None = Field(
        description="of the number a day, -0.2 for a fifth fewer; none of nothing before"
    )
    low: float | None = Field(description="bounds of the change with 95 % confidence; none = open")
    high: float | None
    p: float | None = Field(
        description="how probable so much is by chance, over all that is compared; none of nothing"
    )
    significant: bool | None = Field(description="whether it is more than chance")


class TrendsOut(BaseModel):
    """Two periods compared, in all and by matter or area, the most reports first."""

    division: str | None
    matter: str | None
    by: By
    before_since: date
    before_until: date = Field(description="not included")
    since: date
    until: date = Field(description="not included")
    whole: TrendOut
    trends: list[TrendOut]
