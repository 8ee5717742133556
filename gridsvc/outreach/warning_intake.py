"""Warnings taken in from outside models, row by row: what is wrong with one stops no other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import ancestors, code_range
from gridsvc.db import Scope, widened
from gridsvc.errors import BadInput
from gridsvc.grids.own_areas import check_own_area
from gridsvc.keyring import Keyring
from gridsvc.mandates.calendar import time_shown
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.outreach import warning_queries
from gridsvc.outreach.warning_schemas import WarningRow, WarningsTaken, WarningTaken

#: Of one file; more are several files.
MOST_ROWS = 5000
_COLUMNS = {"ref", "scene", "address", "subject", "detail"}


@dataclass(frozen=True)
class _Sent:
    """A row that can be read."""

    number: int
    row: WarningRow


class _Digested(BaseModel):
    division: str
    row: WarningRow


def read_file(content: bytes) -> tuple[list[_Sent], list[WarningTaken]]:
    """Rows of a CSV file (UTF-8) with ref, scene, address, subject and detail, and faulty ones.

    Raises
    ------
    BadInput
        If it is no such file, or has too many rows.
    """
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        lines = [(table.line_num, line) for line in table]
    except (UnicodeDecodeError, csv.Error) as failure:
        raise BadInput(f"this is no CSV file in UTF-8 ({failure}); export it again") from failure
    if missing := sorted(_COLUMNS - {"subject"} - set(table.fieldnames or [])):
        raise BadInput(f"the file lacks the columns {', '.join(missing)}; name them in line 1")
    if len(lines) > MOST_ROWS:
        raise BadInput(f"the file has {len(lines)} rows, {MOST_ROWS} are the most; divide it")
    good, bad = [], []
    for number, line in lines:
        try:
            told = {name: line.get(name) or None for name in _COLUMNS}
            good.append(_Sent(number, WarningRow.model_validate(told)))
        except ValidationError as failure:
            first = failure.errors()[0]
            error = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            bad.append(_refused(number, line.get("ref") or "", error))
    return good, bad


def numbered(rows: Iterable[WarningRow]) -> list[_Sent]:
    """Rows with their places, from 1."""
    return [_Sent(number, row) for number, row in enumerate(rows, start=1)]


async def take_in(
    session: AsyncSession,
    division: str,
    sent: list[_Sent],
    faulty: list[WarningTaken],
    caller: Identity,
    keyring: Keyring,
) -> WarningsTaken:
    """Take in every warning that can be, and say of each what became of it.

    One whose address is unknown is kept without a cell, until who supervises says where it
    belongs. The same number with the same content is the same warning.

    Raises
    ------
    Forbidden, BadInput
        If the division is none, or not among the caller's areas.
    """
    await check_own_area(session, division, caller)
    # Who sends sees no warnings, not even the own ones.
    async with widened(session, Scope((code_range(division),), above=tuple(ancestors(division)))):
        taken = await _rows(session, division, sent, caller.account_id, keyring)
        ids = [one.warning for one in taken if one.warning is not None]
        after = {"warnings": len(ids)}
        await audit.record(
            session, Action.WARNING_TAKEN, "warnings", "", division_code=division, after=after
        )
    taken = sorted([*taken, *faulty], key=lambda one: one.row)
    return WarningsTaken(
        taken=len(ids),
        unrouted=sum(one.state == "UNROUTED" for one in taken),
        refused=sum(one.warning is None for one in taken),
        warnings=taken,
    )


async def _rows(
    session: AsyncSession, division: str, sent: list[_Sent], account_id: int, keyring: Keyring
) -> list[WarningTaken]:
    low, high = code_range(division)
    scenes: dict[str, RowMapping] = {}
    for scene in await warning_queries.scenes(session, [*ancestors(division), division]):
        scenes[scene["code"]] = scene
    found: dict[str, list[RowMapping]] = {}
    for home in await warning_queries.homes(session, low, high, [one.row.address for one in sent]):
        found.setdefault(home["address_code"], []).append(home)
    known: dict[str, Any] = {
        row["source_ref"]: row
        for row in await warning_queries.by_ref(session, account_id, [one.row.ref for one in sent])
    }
    taken = []
    for one in sent:
        digest = client_keys.digest_of(_Digested(division=division, row=one.row))
        if one.row.ref in known:
            taken.append(_again(one, known[one.row.ref], digest, found.get(one.row.address, [])))
            continue
        meant = scenes.get(one.row.scene)
        if meant is None:
            listed = ", ".join(sorted(scenes)) or "none"
            why = f"unknown scene {one.row.scene}; {division} has {listed}"
            taken.append(_refused(one.number, one.row.ref, why))
            continue
        homes = found.get(one.row.address, [])
        added = await _add(session, division, one, meant, homes, (account_id, digest), keyring)
        known[one.row.ref] = added[0]
        taken.append(added[1])
    return taken


def _again(one: _Sent, known: Any, digest: bytes, homes: list[RowMapping]) -> WarningTaken:
    if bytes(known["body_sha256"]) != digest:
        why = "this number was sent before with other content; give what is new its own"
        return _refused(one.number, one.row.ref, why)
    error = _unrouted(one.row.address, homes) if known["state"] == "UNROUTED" else None
    return WarningTaken(
        row=one.number, ref=one.row.ref, warning=known["id"], state=known["state"], error=error
    )


def _refused(number: int, ref: str, error: str) -> WarningTaken:
    return WarningTaken(row=number, ref=ref, warning=None, state=None, error=error)


async def _add(
    session: AsyncSession,
    division: str,
    one: _Sent,
    scene: RowMapping,
    homes: list[RowMapping],
    sender: tuple[int, bytes],
    keyring: Keyring,
) -> tuple[Any, WarningTaken]:
    home = homes[0] if len(homes) == 1 and homes[0]["micro_grid_code"] else None
    state = "UNROUTED" if home is None else "OPEN"
    row = await warning_queries.add(
        session,
        {
            "division_code": division if home is None else home["division_code"],
            "scene_id": scene["id"],
            "household_id": home and home["id"],
            "micro_grid_code": home and home["micro_grid_code"],
            "address_sealed": keyring.seal(one.row.address),
            "subject_sealed": one.row.subject and keyring.seal(one.row.subject),
            "detail_sealed": keyring.seal(one.row.detail),
            **{"state": state, "limit_h": scene["limit_h"], "source_ref": one.row.ref},
            **{"account_id": sender[0], "body_sha256": sender[1]},
        },
    )
    if row is None:  # the same sender, at the same moment
        (row,) = await warning_queries.by_ref(session, sender[0], [one.row.ref])
        return row, _again(one, row, sender[1], homes)
    actor = actor_of(session)
    await warning_queries.note(
        session,
        row["id"],
        deed="receive",
        from_state=None,
        actor=actor.shown,
        account_id=actor.account_id,
    )
    if home is not None:
        await tell(session, row["id"], home, row["due_at"])
    told = {"id": row["id"], "state": state, "body_sha256": sender[1]}
    error = None if home else _unrouted(one.row.address, homes)
    return told, WarningTaken(
        row=one.number, ref=one.row.ref, warning=row["id"], state=state, error=error
    )


def _unrouted(address: str, homes: list[RowMapping]) -> str:
    if not homes:
        why = "is unknown"
    elif len(homes) > 1:
        why = "is that of several households"
    else:
        why = "lies in no micro-grid in force"
    return f"the address {address} {why}; the warning is kept and waits to be routed by hand"


async def tell(session: AsyncSession, warning_id: int, home: Any, due_at: Any) -> None:
    """Tell whoever answers for a cell that there is a warning; nothing of what it says."""
    await notices.tell(
        session,
        kind=Kind.WARNING,
        subject_type="warning",
        subject_id=warning_id,
        recipients=Recipients(cell=home["micro_grid_code"]),
        division_code=home["division_code"],
        facts={"cell": home["micro_grid_code"], "due": time_shown(due_at)},
    )
