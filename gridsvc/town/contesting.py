"""Rounds in which units of a demonstration town judge each other: last year's over, one open."""

from __future__ import annotations

from datetime import date

from gridsvc.accounts.roles import Role
from gridsvc.appraisal import judging
from gridsvc.appraisal.round_schemas import RoundIn, ScoreIn, ScoresIn
from gridsvc.mandates import queries as mandates
from gridsvc.town.calling import Hand

#: Codes of `geodata/codes/practices.json`, and what part of the raters has scored.
_TWO_WAY, _CONTEST = "lai_bin_shuang_xiang", "nian_du_lei_tai"
_SCORED_YET = 0.6
_MEAN, _SPREAD = 84.0, 5.0


async def contest(hand: Hand) -> int:
    """Open this year's two-way round, and hold last year's contest to its end; scores given."""
    appraiser = await hand.identity(Role.APPRAISER)
    today = (await mandates.now(hand.session)).astimezone(hand.zone).date()
    this_year = date(today.year, 1, 1)
    last_year = date(today.year - 1, 1, 1)
    given = 0
    for scheme, since, until, part in (
        (_CONTEST, last_year, this_year, 1.0),
        (_TWO_WAY, this_year, date(today.year + 1, 1, 1), _SCORED_YET),
    ):
        told = RoundIn(
            **{"division": hand.county, "scheme": scheme, "name": f"{since.year} 年度"},
            **{"since": since, "until": until},
        )
        opened = await judging.open_round(hand.session, told, appraiser)
        for side in opened.sides:
            aspects = [one.code for one in side.aspects if one.source == "raters"]
            skill = {one.code: hand.rng.normal(_MEAN, _SPREAD) for one in side.ratees}
            for rater in side.raters[: max(2, round(part * len(side.raters)))]:
                scores = [
                    ScoreIn(
                        ratee=unit,
                        aspect=aspect,
                        score=float(min(100.0, round(hand.rng.normal(mean, _SPREAD / 2)))),
                    )
                    for unit, mean in skill.items()
                    if unit != rater.code
                    for aspect in aspects
                ]
                told_scores = ScoresIn(side=side.code, rater=rater.code, scores=scores)
                await judging.score(hand.session, opened.id, told_scores, appraiser)
                given += len(scores)
        if part == 1:
            await judging.close(hand.session, opened.id, appraiser, zone=hand.zone.key)
    return given
