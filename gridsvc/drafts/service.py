"""What planners do with drafts: change one, undo and redo, comment, compare.

The server owns the topology. Every change names the version it was made on; whoever changed an
older one is told and nothing is overwritten. A change is computed beside the event loop, checked,
and written with its revision in one transaction.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.audit.actor import actor_of
from gridsvc.drafts import figures, ground, queries, schemas
from gridsvc.drafts.ground import Ground
from gridsvc.drafts.operating import operated
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.planning.sketch import Sketch

#: Grounds of the communities being edited, by code.
Kept = OrderedDict[str, Ground]
MOST_LISTED = 200


async def required(
    session: AsyncSession, draft_id: int | None, *, lock: bool = False
) -> RowMapping:
    """A draft that the caller may see.

    Raises
    ------
    NotFound
        If there is none, or it was discarded.
    """
    row = await queries.one(session, draft_id or 0, lock=lock)
    if row is None or row["state"] == "discarded":
        raise NotFound(f"there is no draft {draft_id}")
    return row


async def to_change(session: AsyncSession, draft_id: int, version: int) -> RowMapping:
    """A draft locked for a change that was made on a version of it.

    Raises
    ------
    Conflict
        If it was changed meanwhile, or is not open; ``version`` and ``changed_by`` tell more.
    """
    row = await required(session, draft_id, lock=True)
    if row["version"] != version:
        last = await queries.revision(session, draft_id, row["version"])
        by = last["actor"] if last else row["actor"]
        raise Conflict(
            f"{by} changed the draft meanwhile (version {row['version']}, yours {version}); "
            "load it anew, nothing was overwritten",
            version=row["version"],
            changed_by=by,
        )
    if row["state"] != "open":
        raise Conflict(
            f"the draft is {row['state']} and cannot be changed; withdraw it first",
            state=row["state"],
        )
    return row


async def operate(
    session: AsyncSession, draft_id: int, asked: schemas.OperationIn, kept: Kept
) -> schemas.Changed:
    """Do an operation on a draft and tell what changed.

    Raises
    ------
    BadInput
        If the draft would be no proper coverage any more; ``bbox`` tells where. Or the client's key
        was used for another operation.
    Conflict
        If somebody else changed it meanwhile, or there is nothing to undo or redo.
    """
    done = await queries.revision_by_key(session, draft_id, asked.client_key)
    if done is not None:
        _refuse_other(done["asked"], asked)
        return await told_changed(session, draft_id, done, kept)
    row = await to_change(session, draft_id, asked.version)
    operation = asked.operation
    if isinstance(operation, schemas.Undo | schemas.Redo):
        await _turn(session, row, operation.kind, asked.client_key)
    else:
        land = await ground.of(session, row["division_code"], kept)
        before, ids, known = ground.sketch_of(
            await queries.cells(session, draft_id), row["last_cell"], land
        )
        after = await asyncio.to_thread(operated, before, land, operation, asked.datum)
        await write(session, row, (before, ids, known), after, land, asked.told, asked.client_key)
    made = await queries.revision(session, draft_id, row["version"] + 1)
    return await told_changed(session, draft_id, made, kept)


def _refuse_other(known: Mapping[str, Any], asked: schemas.OperationIn) -> None:
    """Refuse a key that comes again with another operation; a turn is told by its kind alone."""
    sent = asked.told
    if isinstance(asked.operation, schemas.Undo | schemas.Redo):
        known, sent = {"kind": known["kind"]}, {"kind": sent["kind"]}
    client_keys.check_same(
        asked.client_key,
        *(json.dumps(one, sort_keys=True).encode() for one in (known, sent)),
        used="with another operation",
    )


async def write(
    session: AsyncSession,
    row: RowMapping,
    was: tuple[Sketch, dict[int, int], dict[tuple[float, float], Any]],
    after: Sketch,
    land: Ground,
    asked: dict[str, Any],
    client_key: str | None,
) -> None:
    """Write a change of a draft as its next revision."""
    before, ids, known = was
    rows = {int(number): k for k, number in enumerate(before.number)}
    fresh = [
        k
        for k, number in enumerate(after.number)
        if _changed(before, rows.get(int(number)), after, k)
    ]
    numbers = set(after.number.tolist())
    replaced = [int(after.number[k]) for k in fresh if int(after.number[k]) in rows]
    gone = [number for number in ids if number not in numbers]
    shapes = ground.stored(after.cells[fresh], land, known)
    given = await queries.add_cells(
        session,
        row["id"],
        row["division_code"],
        [
            {
                "number": int(after.number[k]),
                "kind": "dedicated" if after.dedicated[k] else "ordinary",
                "locked": bool(after.locked[k]),
                "geometry": shape,
            }
            for k, shape in zip(fresh, shapes, strict=True)
        ],
    )
    taken = [ids[number] for number in (*replaced, *gone)]
    await queries.bring(session, back=[], away=taken)
    await _advance(session, row, head=row["version"] + 1, last_cell=after.last)
    await queries.add_revision(
        session,
        draft_id=row["id"],
        division_code=row["division_code"],
        version=row["version"] + 1,
        parent=row["head"],
        action=asked["kind"],
        asked=asked,
        taken=taken,
        given=given,
        actor=actor_of(session).login,
        client_key=client_key,
    )


def _changed(before: Sketch, was: int | None, after: Sketch, now: int) -> bool:
    return (
        was is None
        or before.cells[was] is not after.cells[now]
        or before.dedicated[was] != after.dedicated[now]
        or before.locked[was] != after.locked[now]
    )


async def _advance(session: AsyncSession, row: RowMapping, **columns: Any) -> None:
    await queries.set_columns(session, row["id"], version=row["version"] + 1, **columns)


async def _turn(session: AsyncSession, row: RowMapping, kind: str, client_key: str) -> None:
    """Undo the revision that stands, or redo the last one undone from here."""
    if kind == "undo":
        turned = await queries.revision(session, row["id"], row["head"])
    else:
        turned = await queries.to_redo(session, row["id"], row["head"])
    if turned is None:
        raise Conflict(f"there is nothing to {kind}")
    taken, given = turned["taken"], turned["given"]
    if kind == "undo":
        taken, given = given, taken
    head = turned["parent"] if kind == "undo" else turned["version"]
    await queries.bring(session, back=given, away=taken)
    await _advance(session, row, head=head)
    await queries.add_revision(
        session,
        draft_id=row["id"],
        division_code=row["division_code"],
        version=row["version"] + 1,
        parent=head,
        action=kind,
        asked={"kind": kind, "of": turned["version"]},
        taken=taken,
        given=given,
        actor=actor_of(session).login,
        client_key=client_key,
    )


async def told_changed(
    session: AsyncSession, draft_id: int, made: RowMapping | None, kept: Kept
) -> schemas.Changed:
    """What a revision changed, as far as it still stands."""
    assert made is not None  # noqa: S101 - written just now, or found by its key
    row = await required(session, draft_id)
    present = await queries.cells(session, draft_id)
    was = await queries.cells_by_id(session, made["taken"])
    land = await ground.of(session, row["division_code"], kept)
    numbers = {one["number"] for one in present}
    given = set(made["given"])
    only = {one["number"] for one in present if one["id"] in given}
    out = await _out(session, row, present, land, only)
    return schemas.Changed(
        version=row["version"],
        can_undo=row["can_undo"],
        can_redo=row["can_redo"],
        changed=out,
        gone=sorted({one["number"] for one in was} - numbers),
    )


async def _out(
    session: AsyncSession,
    row: RowMapping,
    cells: Sequence[Mapping[str, Any]],
    land: Ground,
    only: set[int] | None = None,
) -> list[schemas.CellOut]:
    before: list[dict[str, Any]] = []
    if row["now_in_force"] is not None:
        before = await queries.plan_cells(session, row["now_in_force"])
    posts = await queries.workers(session, row["division_code"])

    def made() -> list[schemas.CellOut]:
        sketch, _, _ = ground.sketch_of(cells, row["last_cell"], land)
        workers = figures.workers_of(sketch, land, before, posts)
        return figures.cells_out(sketch, land, row["target"], workers, only)

    return await asyncio.to_thread(made)


def told_row(row: RowMapping) -> dict[str, Any]:
    """A draft's own columns, and whether another plan came into force since it was begun."""
    waits = row["state"] in {"open", "submitted", "approved"}
    return dict(row) | {"outdated": waits and row["in_force"] != row["now_in_force"]}


async def opened(session: AsyncSession, draft_id: int, kept: Kept) -> schemas.DraftOut:
    """A draft with all its cells."""
    row = await required(session, draft_id)
    land = await ground.of(session, row["division_code"], kept)
    cells = await _out(session, row, await queries.cells(session, draft_id), land)
    return schemas.DraftOut(**(told_row(row) | {"cells": cells}))


async def drawn_on(session: AsyncSession, draft_id: int, kept: Kept) -> dict[str, Any]:
    """What a draft is drawn on."""
    row = await required(session, draft_id)
    land = await ground.of(session, row["division_code"], kept)
    return await asyncio.to_thread(figures.ground_out, land)


async def sketched(
    session: AsyncSession, row: RowMapping, kept: Kept
) -> tuple[Sketch, dict[int, int], dict[tuple[float, float], Any], Ground]:
    """A draft's present cells as a sketch, with what `write` needs, and its ground."""
    land = await ground.of(session, row["division_code"], kept)
    cells = await queries.cells(session, row["id"])
    return (*ground.sketch_of(cells, row["last_cell"], land), land)


async def problems(session: AsyncSession, draft_id: int, kept: Kept) -> schemas.ProblemsOut:
    """Everything wrong with a draft."""
    row = await required(session, draft_id)
    sketch, _, _, land = await sketched(session, row, kept)
    found = await asyncio.to_thread(figures.problems, sketch, land, row["target"])
    return schemas.ProblemsOut(version=row["version"], problems=found)


async def rename(session: AsyncSession, draft_id: int, name: str) -> None:
    """Give a draft another name."""
    await required(session, draft_id, lock=True)
    await queries.set_columns(session, draft_id, name=name)


async def comment(session: AsyncSession, draft_id: int, asked: schemas.CommentIn) -> None:
    """Say something of a draft or one of its cells."""
    row = await required(session, draft_id)
    await queries.add_comment(
        session,
        draft_id=draft_id,
        division_code=row["division_code"],
        note=asked.note,
        cell=asked.cell,
        actor=actor_of(session).login,
    )


async def discard(session: AsyncSession, draft_id: int, version: int) -> None:
    """Put a draft away; it stays in the database."""
    row = await to_change(session, draft_id, version)
    await _advance(session, row, state="discarded")


def refuse_elsewhere(code: str, wanted: str) -> None:
    """Refuse what is of another community."""
    if code != wanted:
        raise BadInput(f"that is of community {code}, not of {wanted}; choose one of the same")


async def compare(
    session: AsyncSession, draft_id: int, other: tuple[str, int], kept: Kept
) -> schemas.ComparisonOut:
    """How a draft differs from another draft or a plan (kind and id) of the same community."""
    row = await required(session, draft_id)
    sketch, _, _, land = await sketched(session, row, kept)
    kind, other_id = other
    if kind == "draft":
        against = await required(session, other_id)
        cells = await queries.cells(session, other_id)
        names = [str(cell["number"]) for cell in cells]
    else:
        plan = await queries.plan(session, other_id)
        if plan is None:
            raise NotFound(f"there is no plan {other_id}")
        against, cells = plan, await queries.plan_cells(session, other_id)
        names = [cell["code"] for cell in cells]
    refuse_elsewhere(against["division_code"], row["division_code"])
    shapes = shapely.from_wkb(np.array([cell["wkb"] for cell in cells], dtype=object))
    kinds = [cell["kind"] for cell in cells]
    return await asyncio.to_thread(figures.comparison, sketch, land, (names, kinds, shapes))
