"""What the office does with surveys: lay down, begin a wave, take answers, tell what they say."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.digests import digest_of, new_secret
from gridsvc.accounts.identity import Identity
from gridsvc.appraisal import survey_queries
from gridsvc.appraisal.sampling import Estimate, Stratum, adjusted, allocate, compare, estimate
from gridsvc.appraisal.service import holding
from gridsvc.appraisal.survey_schemas import (
    AnswerIn,
    Dimension,
    EstimateOut,
    PhoneAnswerIn,
    QuestionsOut,
    ResultsOut,
    SchemeIn,
    SchemeOut,
    StratumOut,
    WaveIn,
    WaveOut,
)
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.grids.own_areas import check_area, check_own_area
from gridsvc.keyring import Keyring

_SIGNIFICANT = 0.05


async def lay_down(session: AsyncSession, new: SchemeIn, caller: Identity) -> SchemeOut:
    """Lay down a survey for a division and all in it.

    Raises
    ------
    Conflict
        If the division has one of this code: answers belong to the questions that were asked.
    """
    await check_own_area(session, new.division, caller, or_whole=True)
    return await write_down(session, new)


async def write_down(session: AsyncSession, new: SchemeIn) -> SchemeOut:
    """As `lay_down`, for whoever answers for everything; the same again changes nothing.

    Raises
    ------
    Conflict
        If the division has another one of this code.
    """
    known = await survey_queries.schemes(session, [new.division], new.code)
    if known and SchemeIn(**_scheme(known[0])) == new:
        return SchemeOut(**known[0])
    if not await survey_queries.add_scheme(session, new.model_dump()):
        raise Conflict(
            f"{new.division} has a survey {new.code} already, and what was asked is not changed; "
            "give the new one another code"
        )
    await audit.record(
        session, Action.SURVEY_CHANGED, "scheme", new.code, division_code=new.division
    )
    (row,) = await survey_queries.schemes(session, [new.division], new.code)
    return SchemeOut(**row)


def _scheme(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in SchemeIn.model_fields}


async def schemes(session: AsyncSession, division: str | None) -> list[SchemeOut]:
    """Surveys that can be asked in a division: its own, and those from above."""
    return [SchemeOut(**row) for row in await survey_queries.schemes(session, holding(division))]


async def start(session: AsyncSession, new: WaveIn, caller: Identity) -> WaveOut:
    """Begin a wave: draw up how many households each street is to be asked of.

    Raises
    ------
    NotFound
        If no such survey holds for the division.
    Conflict
        If another wave of it is open there on one of the days.
    BadInput
        If the sample cannot be drawn.
    """
    await check_own_area(session, new.division, caller, or_whole=True)
    found = await survey_queries.schemes(session, holding(new.division), new.scheme)
    if not found:
        raise NotFound(f"no survey {new.scheme!r} holds for {new.division}; lay it down first")
    scheme = found[0]["id"]
    other = await survey_queries.overlapping(session, new.division, scheme, new.opens, new.closes)
    if other is not None:
        raise Conflict(
            f"the wave {other['name']} is open from {other['opens']} to {other['closes']}; waves "
            "of one survey in one place follow each other, choose other days"
        )
    people = await survey_queries.households_by_street(session, *code_range(new.division))
    planned = allocate(people, new.sample)
    row = new.model_dump(exclude={"sample"}) | {
        "scheme": scheme,
        "made_by": actor_of(session).login,
    }
    wave_id = await survey_queries.add_wave(
        session, row, [(code, people[code], planned[code]) for code in people]
    )
    await audit.record(session, Action.SURVEY_CHANGED, "wave", wave_id, division_code=new.division)
    return await wave(session, wave_id)


async def wave(session: AsyncSession, wave_id: int) -> WaveOut:
    """A wave with its sample.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    return (await _with_strata(session, [await _row(session, wave_id)]))[0]


async def waves(session: AsyncSession, low: str, high: str, *, limit: int) -> list[WaveOut]:
    """Waves of a range of divisions, newest first."""
    return await _with_strata(session, await survey_queries.waves(session, low, high, limit=limit))


def before(one: WaveOut, waves: Iterable[WaveOut]) -> WaveOut | None:
    """The wave of the same survey and place that came next before one, or none."""
    same = (
        other
        for other in waves
        if (other.scheme, other.division) == (one.scheme, one.division) and other.opens < one.opens
    )
    return max(same, key=lambda other: other.opens, default=None)


async def _row(session: AsyncSession, wave_id: int) -> RowMapping:
    row = await survey_queries.wave(session, wave_id)
    if row is None:
        raise NotFound(f"there is no wave {wave_id} in your areas")
    return row


async def _with_strata(session: AsyncSession, rows: Sequence[RowMapping]) -> list[WaveOut]:
    found: dict[int, list[StratumOut]] = {row["id"]: [] for row in rows}
    for one in await survey_queries.strata(session, found):
        told = {name: one[name] for name in one if name != "wave_id"}
        found[one["wave_id"]].append(StratumOut(**told))
    return [WaveOut(**_shown(row), strata=found[row["id"]]) for row in rows]


def _shown(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in row if name != "dimensions"}


async def make_links(
    session: AsyncSession, wave_id: int, division: str, count: int, caller: Identity
) -> list[str]:
    """Links for households of a street of a wave, as secrets; they are told this once.

    Raises
    ------
    BadInput
        If the street is not in the wave's sample.
    """
    told = await wave(session, wave_id)
    check_area(division, caller)
    _check_street(told.strata, division)
    secrets = [new_secret() for _ in range(count)]
    await survey_queries.add_links(session, wave_id, division, [digest_of(one) for one in secrets])
    after = {"links": count}
    await audit.record(
        session, Action.SURVEY_CHANGED, "wave", wave_id, division_code=division, after=after
    )
    return secrets


def _check_street(strata: Iterable[StratumOut], division: str) -> None:
    streets = [one.division for one in strata]
    if division not in streets:
        raise BadInput(
            f"{division} is no street of this wave's sample; it has {', '.join(streets)}"
        )


async def questions(session: AsyncSession, secret: str) -> QuestionsOut:
    """What a link asks.

    Raises
    ------
    NotFound
        If there is no such link.
    Conflict
        If it was used.
    """
    row = await _of_link(session, secret)
    return QuestionsOut(name=row["name"], closes=row["closes"], dimensions=row["dimensions"])


async def _of_link(session: AsyncSession, secret: str) -> dict[str, Any]:
    link = await survey_queries.link(session, digest_of(secret))
    if link is None:
        raise NotFound("this link is none of a survey; ask for another one")
    if link["used"]:
        raise Conflict("this link was used; an answer counts once")
    row = await _row(session, link["wave_id"])
    return dict(row) | {"division": link["division"], "wave": link["wave_id"]}


async def answer(session: AsyncSession, secret: str, told: AnswerIn, zone: str) -> None:
    """Take the answer of a link, once.

    Raises
    ------
    NotFound, Conflict
        If there is no such link, it was used, or the wave is not open.
    BadInput
        If something was scored that was not asked.
    """
    row = await _of_link(session, secret)
    await survey_queries.use_link(session, digest_of(secret))
    await _keep(session, row, told, division=row["division"], channel="link", zone=zone)


async def answer_by_phone(
    session: AsyncSession, wave_id: int, told: PhoneAnswerIn, keyring: Keyring, zone: str
) -> None:
    """Take what somebody said on the phone, once for each number and wave.

    Raises
    ------
    Conflict
        If the number was asked in this wave, or the wave is not open.
    BadInput
        If something was scored that was not asked, or the street is not in the sample.
    """
    row = dict(await _row(session, wave_id)) | {"wave": wave_id}
    _check_street((await wave(session, wave_id)).strata, told.division)
    number = "".join(one for one in told.phone if one.isdigit())[-11:]
    digest = hmac.new(
        keyring.signing.encode(), f"survey {wave_id} {number}".encode(), hashlib.sha256
    ).digest()
    if not await survey_queries.add_caller(session, wave_id, told.division, digest):
        raise Conflict("this number was asked in this wave already; an answer counts once")
    await _keep(session, row, told, division=told.division, channel="phone", zone=zone)


async def _keep(
    session: AsyncSession,
    row: Mapping[str, Any],
    told: AnswerIn,
    *,
    division: str,
    channel: str,
    zone: str,
) -> None:
    today = datetime.now(ZoneInfo(zone)).date()
    if not row["opens"] <= today <= row["closes"]:
        raise Conflict(f"this survey is open from {row['opens']} to {row['closes']}, not today")
    asked = {one[0] for one in _asked(row["dimensions"])}
    unknown = sorted(set(told.scores) - asked)
    if unknown:
        raise BadInput(f"{', '.join(unknown)} is not asked; score {', '.join(sorted(asked))}")
    await survey_queries.add_answer(
        session,
        {
            "wave": row["wave"],
            "division": division,
            "channel": channel,
            "respondent": told.respondent,
            "scores": told.scores,
            "answered_on": today,
        },
    )


def _asked(dimensions: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, float, float]]:
    return [
        (one["code"], side["code"], one["weight"], one["weight"] * side["weight"])
        for side in dimensions
        for one in side["indicators"]
    ]


#: Strata of each thing that is told, by its code.
_Sums = dict[str, dict[str, Stratum]]


async def _sums(session: AsyncSession, row: RowMapping, strata: Iterable[StratumOut]) -> _Sums:
    people = {one.division: one.population for one in strata}
    found: _Sums = {}
    for one in await survey_queries.sums(session, row["id"], _asked(row["dimensions"])):
        stratum = Stratum(one["number"], one["mean"], one["deviation"], people[one["street"]])
        found.setdefault(one["key"], {})[one["street"]] = stratum
    return found


async def results(session: AsyncSession, wave_id: int, against: int | None) -> ResultsOut:
    """What a wave says, beside another wave of the same survey if one is named.

    Raises
    ------
    NotFound
        If there is no such wave in the caller's areas.
    BadInput
        If the other one asked something else.
    """
    row, told = await _row(session, wave_id), await wave(session, wave_id)
    sums = await _sums(session, row, told.strata)
    before: _Sums = {}
    if against is not None:
        other = await _row(session, against)
        if other["dimensions"] != row["dimensions"]:
            raise BadInput(f"wave {against} asked something else; compare waves of one survey")
        before = await _sums(session, other, (await wave(session, against)).strata)
    sides = [Dimension(**one) for one in row["dimensions"]]
    keys = {"all": "总体满意度"} | {one.code: one.name for one in sides}
    asked = {one.code: one.name for side in sides for one in side.indicators}

    def whole(found: _Sums, key: str) -> Estimate:
        return estimate(list(found.get(key, {}).values()))

    def street(found: _Sums, code: str) -> Estimate:
        stratum = found.get("all", {}).get(code)
        return estimate([stratum] if stratum else [])

    both = [(key, name, whole(sums, key), whole(before, key)) for key, name in keys.items()]
    both += [(key, name, whole(sums, key), whole(before, key)) for key, name in asked.items()]
    both += [
        (one.division, one.name, street(sums, one.division), street(before, one.division))
        for one in told.strata
    ]
    shown = _compared(both)
    first, last = 1 + len(sides), 1 + len(sides) + len(asked)
    return ResultsOut(
        wave=told,
        against=against,
        whole=shown[0],
        dimensions=shown[1:first],
        indicators=shown[first:last],
        streets=shown[last:],
    )


def _compared(told: Sequence[tuple[str, str, Estimate, Estimate]]) -> list[EstimateOut]:
    changes = [compare(before, now) for _, _, now, before in told]
    ps = iter(adjusted([change.p for change in changes if change is not None]))
    changes = [change and replace(change, p=next(ps)) for change in changes]
    return [
        EstimateOut(
            key=key,
            name=name,
            number=now.number,
            mean=now.mean,
            low=now.low,
            high=now.high,
            difference=change and change.difference,
            p=change and change.p,
            significant=None if change is None else change.p < _SIGNIFICANT,
        )
        for (key, name, now, _), change in zip(told, changes, strict=True)
    ]
