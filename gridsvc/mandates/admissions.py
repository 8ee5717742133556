"""What departments may bring into our grids (准入清单), and how their own grids lie over ours."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import WHOLE, ancestors, code_range
from gridsvc.grids import department_queries
from gridsvc.mandates import office_queries
from gridsvc.mandates.office_schemas import (
    AdmissionOut,
    AdmissionsOut,
    AdmittedKind,
    OverlaidPiece,
    OverlayOut,
)
from gridsvc.mandates.service import known_division, moment_of


async def admissions_on(
    session: AsyncSession, division_code: str, day: date | None
) -> AdmissionsOut:
    """What departments may bring into the grids of a division on a day."""
    day, moment = await moment_of(session, day)
    rows = await office_queries.admissions(session, division_code, moment)
    return AdmissionsOut(day=day, admissions=[AdmissionOut(**row) for row in rows])


async def overlay_on(session: AsyncSession, division_code: str, day: date | None) -> OverlayOut:
    """How the grids of departments that are admitted on a day lie over ours in force.

    Raises
    ------
    NotFound
        If there is no such division in the caller's areas.
    """
    await known_division(session, division_code)
    told = await admissions_on(session, division_code, day)
    low, high = code_range(division_code)
    above = ancestors(division_code) if division_code != WHOLE else []
    there = await department_queries.kinds(session, low, high, above)
    admitted = {one.code: one for one in told.admissions}
    chosen = [kind for kind in there if kind in admitted]
    pieces: dict[str, list[OverlaidPiece]] = defaultdict(list)
    for row in await department_queries.pieces(session, low, high, chosen):
        pieces[row["kind"]].append(
            OverlaidPiece(
                **{name: row[name] for name in row if name != "kind"},
                households_share=row["households"] / row["of_households"]
                if row["of_households"]
                else None,
            )
        )
    covered = await department_queries.covered(session, low, high, chosen)
    return OverlayOut(
        day=told.day,
        division=division_code,
        kinds=[
            AdmittedKind(
                **admitted[kind].model_dump(),
                grids=there[kind],
                covered=covered[kind][0],
                households=covered[kind][1],
                pieces=pieces[kind],
            )
            for kind in chosen
        ],
        refused=sorted(set(there) - set(admitted)),
    )
