"""Counters by stage as they are shown: every rate with what it is a share of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import range_within
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.events import figures_queries
from gridsvc.events.life_schemas import Figures, Rate, StageFigures, Window
from gridsvc.events.stages import Stage
from gridsvc.mandates.queries import matter_codes

#: What is done in a stage, as its rates are called.
_DEEDS = {
    Stage.FILE: "受理",
    Stage.DISPATCH: "派遣",
    Stage.ACCEPT: "接单",
    Stage.ARRIVE: "到场",
    Stage.HANDLE: "处置",
    Stage.VERIFY: "核查",
    Stage.CLOSE: "销号",
    Stage.CASE: "结案",
}
#: Shares of events: name, what it is called, and the counts it is made of.
_SHARES = (
    ("filed", "立案率", "filed_of_reported", "reported"),
    ("rejected", "不立案率", "rejected_of_reported", "reported"),
    ("duplicates", "重复率", "duplicates_of_reported", "reported"),
    ("given_back", "退回率", "given_back_of_dispatched", "dispatched"),
    ("rework", "返工率", "rework_of_handled", "handled"),
)


def rate(name: str, label: str, numerator: int, denominator: int) -> Rate:
    """A share, or none where there is nothing to be a share of.

    Raises
    ------
    Conflict
        If it cannot be: more than there are, or fewer than none.
    """
    if not 0 <= numerator <= denominator:
        raise Conflict(
            f"the rate {name} ({label}) cannot be: {numerator} of {denominator}; the counts do not "
            "belong together"
        )
    value = numerator / denominator if denominator else None
    return Rate(name=name, label=label, numerator=numerator, denominator=denominator, value=value)


def rates(events: Mapping[str, int], stages: list[StageFigures]) -> list[Rate]:
    """Every rate there is; those of stages are shares of what was due (应办), not of what came."""
    shares = [rate(name, label, events[part], events[of]) for name, label, part, of in _SHARES]
    for one in stages:
        deed = _DEEDS[one.stage]
        done = one.on_time + one.late
        shares.append(rate(f"done_{one.stage}", f"{deed}率", done, one.due))
        shares.append(rate(f"on_time_{one.stage}", f"按期{deed}率", one.on_time, one.due))
    return shares


async def figures(
    session: AsyncSession,
    *,
    division: str | None,
    matter: str | None,
    since: datetime,
    until: datetime,
) -> Figures:
    """Counters of a division and matter, with all that is in them, within a window.

    Raises
    ------
    BadInput
        If the window ends before it begins, or the division's code is none.
    NotFound
        If there is no such matter.
    """
    if until <= since:
        raise BadInput("the window ends before it begins; give since before until")
    if matter is not None and matter not in await matter_codes(session):
        raise NotFound(f"there is no matter {matter!r}; use a code of the loaded list")
    low, high = range_within(division)
    row = await figures_queries.figures(
        session, low=low, high=high, matter=matter, since=since, until=until
    )
    counted = {one["stage"]: StageFigures(**one) for one in row["stages"]}
    stages = [counted[stage] for stage in Stage if stage in counted]
    return Figures(
        division=division,
        matter=matter,
        window=Window(since=since, until=row["until"]),
        moves=row["moves"],
        events=row["events"],
        stages=stages,
        rates=rates(row["events"], stages),
    )
