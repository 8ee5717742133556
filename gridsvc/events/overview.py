"""What a leader looks at: an area beside its children, its course, the cases behind a figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import WHOLE, ancestors, checked, code_range
from gridsvc.errors import BadInput, NotFound
from gridsvc.events import figures_queries
from gridsvc.events.figures import figures
from gridsvc.events.life_schemas import Figures, Window
from gridsvc.events.overview_schemas import Case, Cases, ChildFigures, Course, Overview, Place
from gridsvc.events.stages import Stage
from gridsvc.grids import queries as grids

#: Windows that a course is cut into at most: more are no longer told apart on a screen.
MOST_WINDOWS = 62


@dataclass(frozen=True)
class Asked:
    """What is counted: a division or all, a matter or all, from `since` until before `until`."""

    division: str | None
    matter: str | None
    since: datetime
    until: datetime

    async def figures(self, session: AsyncSession) -> Figures:
        """Its figures; raises as `gridsvc.events.figures.figures`."""
        return await figures(
            session,
            division=self.division,
            matter=self.matter,
            since=self.since,
            until=self.until,
        )


async def overview(session: AsyncSession, division: str, asked: Asked) -> Overview:
    """Figures of a division and of those right below it.

    Raises
    ------
    NotFound
        If there is no such division, or matter.
    BadInput
        If the window ends before it begins, or the division's code is none.
    """
    found = await grids.division_ways(session, [*ancestors(checked(division)), division])
    places = [Place(**row) for row in found]
    if not places or places[-1].code != division:
        raise NotFound(f"there is no division {division}; use the code of a loaded one")
    whole = await asked.figures(session)
    # The same moment for all: what arrives meanwhile is in none of them.
    asked = replace(asked, until=whole.window.until)
    children = []
    for row in await grids.children(session, division):
        own = await replace(asked, division=row["code"]).figures(session)
        children.append(ChildFigures(**row, figures=own))
    return Overview(place=places[-1], above=places[:-1], figures=whole, children=children)


async def course(session: AsyncSession, asked: Asked, *, days: int) -> Course:
    """Figures of windows of so many days each, first to last; the last may be shorter.

    Raises
    ------
    BadInput
        If there would be too many, or the window ends before it begins.
    NotFound
        If there is no such matter.
    """
    step = timedelta(days=days)
    until = (await asked.figures(session)).window.until
    if (until - asked.since) / step > MOST_WINDOWS:
        raise BadInput(f"that makes more than {MOST_WINDOWS} windows; give more days to each")
    windows: list[Figures] = []
    begins = asked.since
    while begins < until:
        ends = min(begins + step, until)
        windows.append(await replace(asked, since=begins, until=ends).figures(session))
        begins = ends
    return Course(windows=windows)


async def cases(
    session: AsyncSession,
    asked: Asked,
    *,
    figure: str,
    stage: Stage | None,
    limit: int,
    offset: int,
) -> Cases:
    """What a figure counted, page by page; `total` is the figure.

    Raises
    ------
    BadInput
        If no such figure has cases; the message names those that have.
    """
    known = figures_queries.OF_EVENTS if stage is None else figures_queries.OF_LIMITS
    if figure not in known:
        of = "events" if stage is None else f"the stage {stage}"
        raise BadInput(f"{figure!r} is no figure of {of}; give one of: {', '.join(known)}")
    low, high = code_range(checked(asked.division) if asked.division is not None else WHOLE)
    span = {"matter": asked.matter, "since": asked.since, "until": asked.until}
    rows = await figures_queries.cases(
        session, figure, stage, low=low, high=high, **span, limit=limit, offset=offset
    )
    shown = [Case(**{name: row[name] for name in Case.model_fields}) for row in rows]
    return Cases(
        window=Window(since=asked.since, until=asked.until),
        total=rows[0]["total"] if rows else 0,
        cases=shown,
    )
