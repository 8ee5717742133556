"""Stars of grids (星级): rules are laid down as data, grids rated over days."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.appraisal import star_queries
from gridsvc.appraisal.service import holding
from gridsvc.appraisal.star_schemas import StarRatingIn, StarRuleIn, StarRuleOut, StarsOut
from gridsvc.appraisal.stars import MEASURES, Criterion, Rule, rate
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import code_range
from gridsvc.errors import Conflict, NotFound
from gridsvc.grids.own_areas import check_own_area

_MOST_GRIDS = 10_000


async def lay_down(session: AsyncSession, new: StarRuleIn, caller: Identity) -> StarRuleOut:
    """Lay down a rule for a division and all in it; errors as `write_down`."""
    await check_own_area(session, new.division, caller, or_whole=True)
    return await write_down(session, new)


async def write_down(session: AsyncSession, new: StarRuleIn) -> StarRuleOut:
    """As `lay_down`, for whoever answers for everything; the same again changes nothing.

    Raises
    ------
    Conflict
        If the division has another rule of this code.
    """
    known = await star_queries.rules(session, [new.division], new.code)
    if known:
        if StarRuleIn(**_rule(known[0])) == new:
            return StarRuleOut(**known[0])
        raise Conflict(
            f"{new.division} has a rule {new.code} already, by which grids were rated; give the "
            "new one another code"
        )
    await star_queries.add_rule(session, new.model_dump())
    await audit.record(session, Action.STARS_CHANGED, "rule", new.code, division_code=new.division)
    (row,) = await star_queries.rules(session, [new.division], new.code)
    return StarRuleOut(**row)


def _rule(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in StarRuleIn.model_fields}


async def rules(session: AsyncSession, division: str | None) -> list[StarRuleOut]:
    """Rules that hold for a division."""
    return [StarRuleOut(**row) for row in await star_queries.rules(session, holding(division))]


async def rate_grids(
    session: AsyncSession, wish: StarRatingIn, caller: Identity, zone: str
) -> list[StarsOut]:
    """Rate every grid in force of a division; over the same days again, anew.

    Raises
    ------
    NotFound
        If no such rule holds there.
    """
    await check_own_area(session, wish.division, caller, or_whole=True)
    found = await star_queries.rules(session, holding(wish.division), wish.rule)
    if not found:
        raise NotFound(f"no rule {wish.rule!r} holds for {wish.division}; lay it down first")
    row = found[0]
    rule = Rule(
        [Criterion(**one) for one in row["criteria"]],
        row["thresholds"],
        row["least_cases"],
        row["most_with_sham"],
    )
    low, high = code_range(wish.division)
    days = {"since": wish.since, "until": wish.until}
    measured = await star_queries.measured(session, low=low, high=high, zone=zone, **days)
    rated = [_rated(one, rule) | days | {"rule": row["id"]} for one in measured]
    if rated:
        await star_queries.put(session, rated)
    await audit.record(
        session, Action.STARS_CHANGED, "rating", wish.rule, division_code=wish.division
    )
    rows = await star_queries.ratings(session, low, high, since=wish.since, limit=_MOST_GRIDS)
    told = [StarsOut(**one) for one in rows]
    return [one for one in told if (one.rule, one.until) == (wish.rule, wish.until)]


def _rated(row: RowMapping, rule: Rule) -> dict[str, Any]:
    measures = {name: row[name] for name in (*MEASURES, "cases", "sham", "ratings")}
    earned = rate(
        rule, {name: row[name] for name in MEASURES}, cases=row["cases"], sham=row["sham"]
    )
    return {
        "grid_id": row["grid_id"],
        "division": row["division_code"],
        "measures": measures,
        "stars": earned.stars,
        "points": earned.points,
    }
