"""Tables sent to the service: which columns they have, what is wrong with them, loading them.

A table is sent anew for each step and kept nowhere in between: nothing is half stored, and no
list of people lies about.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import checked, code_range
from gridsvc.config import FileLimits
from gridsvc.db import NOWHERE, Scope
from gridsvc.errors import BadInput, NotFound
from gridsvc.exchange import table_checks, tables
from gridsvc.exchange.table_schemas import (
    CheckedOut,
    ColumnOut,
    ColumnsOut,
    FaultOut,
    FieldOut,
    LoadedOut,
)
from gridsvc.exchange.tables import Columns, HouseholdRow, PersonRow, RowFault
from gridsvc.grids import area_queries
from gridsvc.grids.queries import existing_divisions
from gridsvc.keyring import Keyring
from gridsvc.people import post_queries
from gridsvc.people import service as people_service

Kind = Literal["households", "people"]

#: What a table may ask for: a community's, not a city's, while somebody waits.
LIMITS = FileLimits(
    table_bytes=12 * 2**20,
    unpacked_ratio=100,
    rows=100_000,
    seconds=20,
    memory_bytes=2**30,
)
#: Rows shown of each column; faults told one by one; characters of a cell told with its fault.
MOST_SAMPLES, MOST_FAULTS, MOST_CELL = 3, 500, 60
_ROWS: dict[str, type[BaseModel]] = {"households": HouseholdRow, "people": PersonRow}
_ZIP = b"PK\x03\x04"
#: What lists that others made call a field; compared without blanks, in lower case.
_CALLED = {
    "address_code": "地址编码 标准地址编码 地址编号 户编号 户号",
    "building_id": "楼栋编号 楼栋编码 楼栋号 楼栋 楼号",
    "unit": "单元 单元号",
    "floor": "楼层 层",
    "room": "房号 室 户室号 门牌",
    "residents": "人数 居住人数 常住人口 人口数 户内人数",
    "code": "编号 人员编号 工号 编码",
    "name": "姓名 名字",
    "phone": "电话 手机 手机号 联系电话 手机号码",
    "id_number": "身份证 身份证号 身份证号码 公民身份号码",
    "role": "角色 岗位 人员类型 类别",
    "division_code": "区划代码 社区代码 所属社区代码 所属区划",
    "on_duty": "在岗 是否在岗",
    "capacity": "同时办理数 容量 在手上限",
    "powers": "权力 权力编码 执法权力",
    "lon": "经度 lng longitude",
    "lat": "纬度 latitude",
    "datum": "坐标系 坐标基准",
}


class Table(NamedTuple):
    """A table that was sent: what it lists, of which division, its bytes and its columns."""

    kind: Kind
    division: str
    content: bytes
    columns: Columns = tables.AS_NAMED


async def columns(session: AsyncSession, table: Table) -> ColumnsOut:
    """Columns of a table with samples, and the fields it may fill with a guess at their columns.

    Raises
    ------
    BadInput
        If it cannot be read.
    NotFound
        If the division is unknown or outside the caller's area.
    """
    await _in_area(session, table.division)
    header, rows = await _read(table, tables.head_of, LIMITS, MOST_SAMPLES)
    told = [
        ColumnOut(name=name, samples=[row[at][:MOST_CELL] for row in rows if at < len(row)])
        for at, name in enumerate(header)
        if name
    ]
    seems = {_plain(name): name for name in reversed(header)}
    return ColumnsOut(
        columns=told,
        fields=[
            FieldOut(
                name=name,
                needed=field.is_required(),
                column=next((seems[w] for w in (name, *_CALLED[name].split()) if w in seems), None),
            )
            for name, field in _ROWS[table.kind].model_fields.items()
        ],
    )


def _plain(name: str) -> str:
    return "".join(name.split()).lower()


async def check(session: AsyncSession, table: Table) -> CheckedOut:
    """What is wrong with each row, and what would be written anew; nothing is stored.

    Raises
    ------
    BadInput
        If it cannot be read or lacks a column.
    NotFound
        If the division is unknown or outside the caller's area.
    """
    good, faults, _ = await _judged(session, table)
    return CheckedOut(
        rows=len(good) + len({fault.line for fault in faults} - set(good)),
        bad=len({fault.line for fault in faults}),
        faults=[
            FaultOut(**fault._asdict() | {"cell": fault.cell[:MOST_CELL]})
            for fault in faults[:MOST_FAULTS]
        ],
        replaced=await _replaced(session, table, good),
    )


async def load(session: AsyncSession, table: Table, keyring: Keyring) -> LoadedOut:
    """Store a table whole; how many rows.

    Raises
    ------
    BadInput
        If it cannot be read or a row is bad; the rows are told, and nothing is stored.
    NotFound
        If the division is unknown or outside the caller's area.
    """
    good, faults, found = await _judged(session, table)
    if faults:
        tables.refuse(_name(table), faults)
    if table.kind == "households":
        await area_queries.replace_households(session, found)
    else:
        await people_service.load_people(session, found, keyring)
    await audit.record(
        session,
        Action.LOADED,
        "table",
        table.kind,
        division_code=table.division,
        after={table.kind: len(good)},
    )
    return LoadedOut(loaded=len(good))


async def _judged(
    session: AsyncSession, table: Table
) -> tuple[dict[int, Any], list[RowFault], list[dict[str, Any]]]:
    """Rows by line, everything wrong with them by line, and the good ones as they are stored."""
    await _in_area(session, table.division)
    row_type = _ROWS[table.kind]
    good, bad = await _read(table, tables.judged_lines, row_type, LIMITS, table.columns)
    if table.kind == "households":
        found, more = await table_checks.households(session, good, table.division)
    else:
        more = await table_checks.people(session, good)
        wrong = {fault.line for fault in more}
        found = [table_checks.person(row) for line, row in good.items() if line not in wrong]
    return good, sorted([*bad, *more], key=lambda fault: fault.line), found


async def _replaced(session: AsyncSession, table: Table, good: dict[int, Any]) -> int:
    if table.kind == "households":
        buildings = sorted({row.building_id for row in good.values()})
        return await area_queries.count_registered(session, table.division, buildings)
    return len(await post_queries.known_codes(session, sorted({r.code for r in good.values()})))


async def _in_area(session: AsyncSession, code: str) -> None:
    scope: Scope = session.info.get("scope", NOWHERE)
    known = await existing_divisions(session, [checked(code)])
    if not known or not scope.shows_all_of([code_range(code)]):
        raise NotFound(f"there is no division {code} in your area")


def _name(table: Table) -> str:
    return table.kind + (".xlsx" if table.content.startswith(_ZIP) else ".csv")


async def _read(table: Table, read: Callable[..., Any], *given: Any) -> Any:
    """Have a table read from a file of its own, gone afterwards."""

    def work() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _name(table)
            path.write_bytes(table.content)
            return read(path, *given)

    return await asyncio.to_thread(work)


def columns_of(kind: Kind, taken: Sequence[str], given: Sequence[str]) -> Columns:
    """Columns from ``field:column`` and values for every row from ``field:value``.

    Raises
    ------
    BadInput
        If a field is unknown or comes twice.
    """
    return Columns(_pairs(kind, taken), _pairs(kind, given))


def _pairs(kind: Kind, told: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for one in told:
        name, _, value = one.partition(":")
        if name not in _ROWS[kind].model_fields:
            raise BadInput(f"{kind} have no {name!r}; give {', '.join(_ROWS[kind].model_fields)}")
        if name in pairs:
            raise BadInput(f"{name} is given twice; choose one column")
        pairs[name] = value
    return pairs
