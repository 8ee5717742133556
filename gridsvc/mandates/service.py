"""What the office does with its lists: look a matter up, take new lists in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.errors import BadInput
from gridsvc.mandates import queries
from gridsvc.mandates.queries import MatterRow


async def reportable_matter(session: AsyncSession, code: str) -> MatterRow:
    """The matter an event is reported under.

    Raises
    ------
    BadInput
        If there is no such matter, or it is a class with sub-matters.
    """
    matter = await queries.matter(session, code)
    if matter is None:
        raise BadInput(f"unknown matter {code!r}; use a code of the loaded list of matters")
    if not matter.leaf:
        raise BadInput(f"matter {code} ({matter.name}) is a class; choose one of its sub-matters")
    return matter


async def load_powers(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> int:
    """Take in a list of powers; how many.

    Raises
    ------
    BadInput
        If a power comes twice or ends before it begins.
    """
    _check_once(rows)
    for row in rows:
        if row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
            raise BadInput(f"power {row['code']} ends before it begins; correct its dates")
    await queries.upsert_powers(session, rows)
    return len(rows)


async def load_matters(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> int:
    """Take in a list of matters, classes before what is in them; how many.

    Raises
    ------
    BadInput
        If a matter comes twice, names a parent or a power that is not on the list, or names a
        power without being one of enforcement.
    """
    _check_once(rows)
    powers = await queries.power_codes(session)
    known = await queries.matter_codes(session) | {row["code"] for row in rows}
    for row in rows:
        if row["parent_code"] is not None and row["parent_code"] not in known:
            raise BadInput(
                f"matter {row['code']} belongs to {row['parent_code']}, which is not on the list; "
                "add it or correct the parent"
            )
        if row["power_code"] is not None and row["kind"] != "enforcement":
            raise BadInput(
                f"matter {row['code']} names a power, which only enforcement matters need; "
                "make it one or leave the power out"
            )
        if row["power_code"] is not None and row["power_code"] not in powers:
            raise BadInput(
                f"matter {row['code']} needs power {row['power_code']}, which is not on the list; "
                "load the powers first"
            )
    await queries.upsert_matters(session, _parents_first(rows))
    return len(rows)


def _check_once(rows: Sequence[dict[str, Any]]) -> None:
    for code, count in Counter(row["code"] for row in rows).items():
        if count > 1:
            raise BadInput(f"{code} comes twice in the list; keep one row each")


def _parents_first(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    given = {row["code"] for row in rows}
    ordered: list[dict[str, Any]] = []
    placed: set[str] = set()
    waiting = list(rows)
    while waiting:
        ready = [
            row
            for row in waiting
            if row["parent_code"] is None
            or row["parent_code"] in placed
            or row["parent_code"] not in given
        ]
        if not ready:
            raise BadInput(f"matters {waiting[0]['code']} and its parents form a circle")
        ordered += ready
        placed |= {row["code"] for row in ready}
        waiting = [row for row in waiting if row["code"] not in placed]
    return ordered
