"""What the office tells of trends: reports of two periods, by matter or area."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.appraisal import queries, trend_queries
from gridsvc.appraisal.service import digits_below
from gridsvc.appraisal.trend_queries import By
from gridsvc.appraisal.trend_schemas import CountedDays, TrendOut, TrendsOut
from gridsvc.appraisal.trends import Period, Trend, compare
from gridsvc.codes import WHOLE, range_within
from gridsvc.errors import BadInput, NotFound
from gridsvc.mandates.queries import matter_codes


@dataclass(frozen=True)
class Days:
    """Days from `since` on, `until` not included."""

    since: date
    until: date


async def trends(
    session: AsyncSession,
    before: Days,
    after: Days,
    *,
    division: str | None,
    matter: str | None,
    by: By,
    zone: str,
) -> TrendsOut:
    """Compare the reports of two periods in a division, in all and by matter or area.

    Parameters
    ----------
    matter
        Only reports of this matter and all that is in it; none = all.
    zone
        Name of the time zone whose days are meant.

    Raises
    ------
    BadInput
        If a period ends before it begins, or the later one begins before the other has ended.
    NotFound
        If there is no such matter.
    """
    for one in (before, after):
        if one.until <= one.since:
            raise BadInput("a period ends before it begins; give its first day before its last")
    if after.since < before.until:
        raise BadInput("the periods overlap; give an earlier one that ends before the other begins")
    if matter is not None and matter not in await matter_codes(session):
        raise NotFound(f"there is no matter {matter!r}; use a code of the loaded list")
    low, high = range_within(division)
    asked = {"low": low, "high": high, "matter": matter, "zone": zone}
    digits = digits_below(division or WHOLE)
    was, now = [
        await trend_queries.counts(
            session, by, since=one.since, until=one.until, digits=digits, **asked
        )
        for one in (before, after)
    ]

    def periods(key: str | None) -> tuple[Period, Period]:
        earlier, later = (
            Period(
                sum(counts.values()) if key is None else counts.get(key, 0),
                sum(counts.values()),
                (one.until - one.since).days,
            )
            for one, counts in ((before, was), (after, now))
        )
        return earlier, later

    parts = compare({key: periods(key) for key in was.keys() | now.keys()})
    names = await queries.names_of(session, by, parts)
    most_first = sorted(parts, key=lambda key: (-(was.get(key, 0) + now.get(key, 0)), key))
    return TrendsOut(
        division=division,
        matter=matter,
        by=by,
        before_since=before.since,
        before_until=before.until,
        since=after.since,
        until=after.until,
        whole=_shown("", "", compare({"": periods(None)})[""]),
        trends=[_shown(key, names.get(key, key), parts[key]) for key in most_first],
    )


def _shown(key: str, name: str, trend: Trend) -> TrendOut:
    told = vars(trend) | {
        side: CountedDays(**vars(getattr(trend, side))) for side in ("before", "after")
    }
    return TrendOut(key=key, name=name, **told)
