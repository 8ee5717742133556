"""What the office does in rounds: units score each other, whistles count, the round is closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.appraisal import round_queries
from gridsvc.appraisal.ranking import Measured, points_of, ranked
from gridsvc.appraisal.round_schemas import (
    AppraisalSchemeIn,
    AppraisalSchemeOut,
    CountedShare,
    RankedUnit,
    RoundIn,
    RoundOut,
    RoundResults,
    ScoresIn,
    SideOut,
    SideResult,
    Units,
)
from gridsvc.appraisal.service import holding
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import ancestors, code_range, range_within
from gridsvc.db import EVERYWHERE, widened
from gridsvc.dispatch import whistle_figures, whistle_queries
from gridsvc.dispatch.whistling import check_own
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.grids.own_areas import check_own_area

_MOST_ROUNDS = 200
#: Marks that callers give units of a whistle call, from worst to best.
_MARKS = (1, 5)


async def set_scheme(
    session: AsyncSession, told: AppraisalSchemeIn, caller: Identity | None = None
) -> AppraisalSchemeOut:
    """Lay down who scores whom in a division, or lay it down anew for rounds to come.

    Raises
    ------
    Forbidden, BadInput
        If the division is none, or not among the caller's areas.
    """
    await check_own_area(session, told.division, caller)
    await round_queries.set_scheme(session, told.model_dump())
    await audit.record(
        session, Action.ROUND_MOVED, "scheme", told.code, division_code=told.division
    )
    (row,) = await round_queries.schemes(session, [told.division], told.code)
    return AppraisalSchemeOut(**row)


async def schemes(session: AsyncSession, division: str | None) -> list[AppraisalSchemeOut]:
    """Schemes that hold for a division."""
    rows = await round_queries.schemes(session, holding(division))
    return [AppraisalSchemeOut(**row) for row in rows]


async def open_round(session: AsyncSession, told: RoundIn, caller: Identity) -> RoundOut:
    """Apply a scheme to some days: its sides and units stay as they are now.

    Raises
    ------
    NotFound
        If no such scheme holds there.
    BadInput
        If a unit is not on the list today, or a side has nobody to score or to be scored.
    Conflict
        If the scheme has a round that begins on that day.
    """
    await check_own_area(session, told.division, caller)
    found = await round_queries.schemes(session, holding(told.division), told.scheme)
    if not found:
        raise NotFound(f"no scheme {told.scheme!r} holds for {told.division}; lay it down first")
    sides = [await _with_units(session, side, told.division) for side in found[0]["sides"]]
    added = await round_queries.add(session, told.model_dump() | {"sides": sides})
    if added is None:
        raise Conflict(f"{told.scheme} has a round from {told.since} on; choose another day")
    await _note(session, added, told.division, "open")
    return await show(session, added)


async def _with_units(session: AsyncSession, side: dict[str, Any], division: str) -> dict[str, Any]:
    units = {}
    for part in ("raters", "ratees"):
        wanted = Units(**side[part])
        low, high = code_range(division)
        found = await round_queries.units(
            session,
            day=datetime.now(UTC).date(),
            **{"codes": wanted.codes, "kind": wanted.kind, "level": wanted.level},
            **{"low": low, "high": high},
        )
        missing = set(wanted.codes or ()) - {one["code"] for one in found}
        if missing or not found:
            raise BadInput(
                f"{part} of {side['name']}: unit {min(missing)} is not on the list today"
                if missing
                else f"{part} of {side['name']}: there is no such unit in {division} today"
            )
        units[part] = found
    return side | units


async def show(session: AsyncSession, round_id: int) -> RoundOut:
    """A round and how far it got.

    Raises
    ------
    NotFound
        If there is none that the transaction sees.
    """
    row = await _round(session, round_id)
    return _shown(row, await round_queries.given(session, [round_id]))


def _shown(row: RowMapping, given: Mapping[tuple[int, str], int]) -> RoundOut:
    sides = [
        SideOut(**side, given=given.get((row["id"], side["code"]), 0), expected=_expected(side))
        for side in row["sides"]
    ]
    return RoundOut(**{name: row[name] for name in row if name != "results"} | {"sides": sides})


def _expected(side: Mapping[str, Any]) -> int:
    raters, ratees = ({one["code"] for one in side[part]} for part in ("raters", "ratees"))
    aspects = [one for one in side["aspects"] if one["source"] == "raters"]
    return len(aspects) * (len(raters) * len(ratees) - len(raters & ratees))


async def _round(session: AsyncSession, round_id: int) -> RowMapping:
    row = await round_queries.round_of(session, round_id)
    if row is None:
        raise NotFound(f"there is no round {round_id} in your areas")
    return row


async def rounds(session: AsyncSession, division: str | None) -> list[RoundOut]:
    """Rounds of a division and of those above it, the newest first."""
    low, high = range_within(division)
    above = ancestors(division) if division else []
    rows = await round_queries.rounds(session, low, high, above, limit=_MOST_ROUNDS)
    given = await round_queries.given(session, [row["id"] for row in rows])
    return [_shown(row, given) for row in rows]


async def score(session: AsyncSession, round_id: int, told: ScoresIn, caller: Identity) -> RoundOut:
    """Score other units for one's own; given again, they replace what was given before.

    Raises
    ------
    NotFound
        If there is no such round.
    Forbidden
        If the rater is another's unit.
    BadInput
        If the side is none of the round's, or does not ask for such a score.
    Conflict
        If the round is closed.
    """
    row = await round_queries.lock(session, round_id, alone=False)
    if row is None:
        raise NotFound(f"there is no round {round_id} in your areas")
    units = await whistle_queries.units_now(session, [told.rater], at=datetime.now(UTC))
    check_own(caller, told.rater, units[0]["division_code"] if units else None)
    _check_open(row)
    side = next((one for one in row["sides"] if one["code"] == told.side), None)
    if side is None:
        raise BadInput(f"{told.side!r} is no side of this round; choose one of its sides")
    _check_asked(side, told)
    rows = [
        one.model_dump()
        | {"round": round_id, "side": told.side, "rater": told.rater}
        | {"division": units[0]["division_code"]}
        for one in told.scores
    ]
    await round_queries.score(session, rows)
    await _note(
        session,
        round_id,
        units[0]["division_code"],
        "score",
        unit=told.rater,
        scores=[one.model_dump() for one in told.scores],
    )
    return await show(session, round_id)


def _check_open(row: RowMapping) -> None:
    if row["state"] == "CLOSED":
        raise Conflict(f"round {row['id']} ({row['name']}) is closed; nothing of it changes")


def _check_asked(side: Mapping[str, Any], told: ScoresIn) -> None:
    raters, ratees = ({one["code"] for one in side[part]} for part in ("raters", "ratees"))
    aspects = {one["code"] for one in side["aspects"] if one["source"] == "raters"}
    if told.rater not in raters:
        raise BadInput(f"{told.rater} does not score in {side['name']}; see the round's raters")
    for one in told.scores:
        if one.ratee not in ratees or one.ratee == told.rater:
            raise BadInput(f"{told.rater} does not score {one.ratee} in {side['name']}")
        if one.aspect not in aspects:
            raise BadInput(
                f"{one.aspect} is no aspect that is scored in {side['name']}; choose one of "
                f"{', '.join(sorted(aspects)) or 'none'}"
            )


async def close(
    session: AsyncSession, round_id: int, caller: Identity, *, zone: str
) -> RoundResults:
    """Close a round: its results are final, and nothing of it changes any more.

    Raises
    ------
    NotFound
        If there is no such round.
    Forbidden
        If its division lies outside the caller's areas.
    Conflict
        If it is closed.
    """
    row = await round_queries.lock(session, round_id, alone=True)
    if row is None:
        raise NotFound(f"there is no round {round_id} in your areas")
    await check_own_area(session, row["division"], caller)
    _check_open(row)
    sides = await _results(session, row, zone)
    await round_queries.close(session, round_id, [one.model_dump() for one in sides])
    await _note(session, round_id, row["division"], "close")
    return RoundResults(round=round_id, final=True, sides=sides)


def may_see_results(caller: Identity, state: str, division: str) -> bool:
    """Whether a round is over, or the caller appraises its division."""
    return state == "CLOSED" or (caller.may(Permission.APPRAISE) and caller.answers_for(division))


async def results(
    session: AsyncSession, round_id: int, caller: Identity, *, zone: str
) -> RoundResults:
    """Results of a round; before it is closed for whoever appraises its division alone.

    Raises
    ------
    NotFound
        If there is no such round.
    Forbidden
        If it is open, and the caller does not appraise there.
    """
    row = await _round(session, round_id)
    if row["state"] == "CLOSED":
        sides = [SideResult(**one) for one in row["results"]]
        return RoundResults(round=round_id, final=True, sides=sides)
    if not may_see_results(caller, row["state"], row["division"]):
        raise Forbidden("the round is open; its results are told once it is closed")
    return RoundResults(round=round_id, final=False, sides=await _results(session, row, zone))


async def _results(session: AsyncSession, row: RowMapping, zone: str) -> list[SideResult]:
    scores: dict[tuple[str, str], dict[str, dict[str, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    async with widened(session, EVERYWHERE):  # whoever judges may come from elsewhere
        for one in await round_queries.scores(session, row["id"]):
            scores[one["side"], one["ratee"]][one["rater"]][one["aspect"]] = one["score"]
        counted = await _counted(session, row, zone)
    return [_result(side, scores, counted) for side in row["sides"]]


async def _counted(
    session: AsyncSession, row: RowMapping, zone: str
) -> dict[str, dict[str, Measured]]:
    """What was counted of whistle calls within a round, by source and unit."""
    sources = {one["source"] for side in row["sides"] for one in side["aspects"]} - {"raters"}
    if not sources:
        return {}
    since, until = (
        datetime.combine(row[name], time(), ZoneInfo(zone)) for name in ("since", "until")
    )
    told = await whistle_figures.figures(
        session, division=row["division"], since=since, until=until
    )
    worst, best = _MARKS
    return {
        "whistles_in_time": {one.unit: Measured(one.in_time, one.due) for one in told.units},
        "whistles_score": {
            one.unit: Measured((one.score_sum - worst * one.scored) / (best - worst), one.scored)
            for one in told.units
        },
    }


def _result(
    side: Mapping[str, Any],
    scores: Mapping[tuple[str, str], Mapping[str, Mapping[str, float]]],
    counted: Mapping[str, Mapping[str, Measured]],
) -> SideResult:
    weights = {one["code"]: one["weight"] for one in side["aspects"]}
    measured = {
        unit["code"]: {
            one["code"]: counted[one["source"]][unit["code"]]
            for one in side["aspects"]
            if unit["code"] in counted.get(one["source"], {})
        }
        for unit in side["ratees"]
    }
    points = [
        points_of(weights, scores.get((side["code"], unit["code"]), {}), measured[unit["code"]])
        for unit in side["ratees"]
    ]
    ranking = [
        RankedUnit(
            unit=unit["code"],
            name=unit["name"],
            counted=[
                CountedShare(aspect=name, **vars(one))
                for name, one in measured[unit["code"]].items()
            ],
            place=rank.place,
            tied=rank.tied,
            best_place=rank.open_to and rank.open_to.best,
            worst_place=rank.open_to and rank.open_to.worst,
            **vars(one),
        )
        for unit, one, rank in zip(side["ratees"], points, ranked(points), strict=True)
    ]
    ranking.sort(key=lambda one: (one.place is None, one.place, one.unit))
    return SideResult(code=side["code"], name=side["name"], ranking=ranking)


async def _note(
    session: AsyncSession,
    round_id: int,
    division: str,
    deed: str,
    *,
    unit: str | None = None,
    scores: list[dict[str, Any]] | None = None,
) -> None:
    """Write a line of history and its entry in the audit trail."""
    line = {"round": round_id, "division": division, "deed": deed, "unit": unit, "scores": scores}
    await round_queries.note(session, line | {"actor": actor_of(session).shown})
    after = {"deed": deed, "unit": unit}
    await audit.record(
        session, Action.ROUND_MOVED, "round", round_id, division_code=division, after=after
    )
