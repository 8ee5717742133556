"""What a demonstration town was judged by before today: two waves of a survey, stars, figures."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from gridsvc.accounts.roles import Role
from gridsvc.appraisal import rating, service, star_queries, survey_queries, surveying
from gridsvc.appraisal.schemas import DeclarationIn, QuotedIn
from gridsvc.appraisal.spotting import search
from gridsvc.appraisal.star_schemas import SearchIn
from gridsvc.appraisal.stars import Criterion, Rule, rate
from gridsvc.appraisal.survey_schemas import WaveIn
from gridsvc.codes import code_range
from gridsvc.grids.queries import communities
from gridsvc.mandates import queries as mandates
from gridsvc.registers.schemas import CountIn
from gridsvc.town.calling import Hand

#: Mean score of an answer in each wave, and how far answers are apart.
_MEANS, _SPREAD = (74.0, 80.0), 12.0
_SAMPLE, _ANSWERED = 160, 0.7
_SCHEME = "gulou_17"
_WAVE_DAYS = 30


async def judge(hand: Hand) -> dict[str, int]:
    """Fill a town with a survey of two waves, last month's stars, and figures it declared."""
    today = (await mandates.now(hand.session)).astimezone(hand.zone).date()
    answers = await _waves(hand, today)
    stars = await _stars(hand, today)
    await _declare(hand, today)
    found = await _sham(hand)
    return {"answers": answers, "stars": stars, "spot_checks": found}


async def _waves(hand: Hand, today: date) -> int:
    appraiser = await hand.identity(Role.APPRAISER)
    (scheme,) = (
        one for one in await surveying.schemes(hand.session, hand.county) if one.code == _SCHEME
    )
    codes = [one.code for side in scheme.dimensions for one in side.indicators]
    answered = 0
    opens = (today - timedelta(days=2 * _WAVE_DAYS), today - timedelta(days=_WAVE_DAYS - 1))
    for number, (begins, mean) in enumerate(zip(opens, _MEANS, strict=True), start=1):
        closes = begins + timedelta(days=_WAVE_DAYS)
        told = WaveIn(
            division=hand.county,
            scheme=_SCHEME,
            name=f"第 {number} 期",
            opens=begins,
            closes=closes,
            sample=_SAMPLE,
        )
        wave = await surveying.start(hand.session, told, appraiser)
        for street in wave.strata:
            for _ in range(round(street.planned * _ANSWERED)):
                level = hand.rng.normal(mean, _SPREAD)
                scores = hand.rng.normal(level, _SPREAD / 2, len(codes)).clip(0, 100).round()
                row: dict[str, Any] = {
                    **{"wave": wave.id, "division": street.division, "channel": "link"},
                    **{"respondent": "resident", "answered_on": begins},
                    "scores": dict(zip(codes, map(float, scores), strict=True)),
                }
                await survey_queries.add_answer(hand.session, row)
                answered += 1
    return answered


async def _stars(hand: Hand, today: date) -> int:
    """Stars of last month, before the service counted: measures by chance, stars by the rule."""
    (held,) = (row for row in await rating.rules(hand.session, hand.county))
    row = (await star_queries.rules(hand.session, [held.division], held.code))[0]
    rule = Rule(
        [Criterion(**one) for one in row["criteria"]],
        row["thresholds"],
        row["least_cases"],
        row["most_with_sham"],
    )
    until = today.replace(day=1)
    since = (until - timedelta(days=1)).replace(day=1)
    low, high = code_range(hand.county)
    grids = await star_queries.measured(
        hand.session, low=low, high=high, zone=hand.zone.key, since=since, until=until
    )
    rated = []
    for grid in grids:
        skill = hand.rng.normal(0.8, 0.12)
        measures = {
            "on_time_handle": float(round(min(1.0, skill + 0.1), 3)),
            "closed": float(round(min(1.0, skill + 0.12), 3)),
            "rework": float(round(max(0.0, (1 - skill) / 3), 3)),
            "satisfaction": float(round(min(1.0, max(0.0, skill)), 3)),
        }
        cases = int(hand.rng.integers(4, 60))
        earned = rate(rule, measures, cases=cases, sham=0)
        rated.append(
            {
                **{"grid_id": grid["grid_id"], "division": grid["division_code"]},
                **{"rule": row["id"], "since": since, "until": until},
                "stars": earned.stars,
                "points": earned.points,
                "measures": measures | {"cases": cases, "sham": 0, "ratings": cases // 3},
            }
        )
    await star_queries.put(hand.session, rated)
    return len(rated)


async def _declare(hand: Hand, today: date) -> None:
    """Figures of last year as the county tells them of itself."""
    year = date(today.year - 1, 1, 1)
    told = DeclarationIn(
        division=hand.county,
        title="网格事件上年通报",
        source="年度工作报告",
        since=year,
        until=date(today.year, 1, 1),
        counts=[
            CountIn(code="reported", label="上报", number=2864),
            CountIn(code="closed", label="办结", number=2813),
        ],
        rates=[QuotedIn(part="closed", of="reported", percent="98.22")],
        client_key="demo-declaration",
    )
    await service.declare(hand.session, told, await hand.identity(Role.APPRAISER))


async def _sham(hand: Hand) -> int:
    """What looks like sham work in one community: its people told no positions that day."""
    now = await mandates.now(hand.session)
    told = SearchIn(
        division=(await communities(hand.session))[-1],
        since=now - timedelta(days=1),
        until=now + timedelta(days=1),
        instant_s=0,
        share_of_way=0,
    )
    found = await search(hand.session, told, await hand.identity(Role.APPRAISER))
    return sum(found.found.values())
