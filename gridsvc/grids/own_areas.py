"""Whether whoever lays something down for a division answers for it."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.codes import WHOLE
from gridsvc.errors import BadInput, Forbidden
from gridsvc.grids.queries import division_name


def check_area(division: str, caller: Identity) -> None:
    """Refuse a division that the caller does not answer for.

    Raises
    ------
    Forbidden
        If it lies outside the caller's areas.
    """
    if not caller.answers_for(division):
        raise Forbidden(f"{division} lies outside your areas; choose one of them, or in them")


async def check_own_area(
    session: AsyncSession, division: str, caller: Identity | None, *, or_whole: bool = False
) -> None:
    """Refuse a division that there is none of, or that the caller does not answer for.

    Parameters
    ----------
    caller
        None = the command line, which answers for everything.
    or_whole
        Whether something may be laid down for everywhere, which is no division.

    Raises
    ------
    Forbidden
        If it lies outside the caller's areas.
    BadInput
        If there is none of this code.
    """
    if caller is not None:
        check_area(division, caller)
    if or_whole and division == WHOLE:
        return
    if await division_name(session, division) is None:
        raise BadInput(f"there is no division {division}; use a code of your areas")
