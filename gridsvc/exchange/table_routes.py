"""HTTP doors of tables of households and people: look at one, check it, load it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.exchange import table_files
from gridsvc.exchange.table_files import Kind, Table
from gridsvc.exchange.table_schemas import CheckedOut, ColumnsOut, LoadedOut
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api/tables", tags=["tables"])

_LOAD = may(Permission.LOAD_TABLES)
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

_Pairs = Annotated[list[Annotated[PlainText, Query(max_length=300)]], Query(max_length=40)]


async def _table(
    request: Request,
    kind: Kind,
    division: Annotated[str, Query(pattern=r"^[0-9]{12}$")],
    column: _Pairs = [],  # noqa: B006 - FastAPI copies it
    value: _Pairs = [],  # noqa: B006
) -> Table:
    """The table in the body: CSV (UTF-8) or XLSX.

    ``column=field:name`` tells which column says what (none = columns named as the fields are),
    ``value=field:text`` what holds for rows that say nothing.
    """
    columns = table_files.columns_of(kind, column, value)
    return Table(kind, division, await request.body(), columns)


Sent = Annotated[Table, Depends(_table)]


@router.post("/{kind}/columns", dependencies=[_LOAD], openapi_extra=_UPLOAD)
async def columns(session: Session, table: Sent) -> ColumnsOut:
    """Columns of a table (the body, CSV or XLSX), and which fields they seem to be."""
    return await table_files.columns(session, table)


@router.post("/{kind}/check", dependencies=[_LOAD], openapi_extra=_UPLOAD)
async def check(session: Session, table: Sent) -> CheckedOut:
    """What is wrong with each row of a table; nothing is stored.

    Buildings of households are those of the division; people may be of any division of the
    caller's area.
    """
    return await table_files.check(session, table)


@router.post("/{kind}", dependencies=[_LOAD], openapi_extra=_UPLOAD)
async def load(request: Request, session: Session, table: Sent) -> LoadedOut:
    """Store a table whole, or refuse it with its bad rows; loading it again changes nothing.

    The households of a building replace those registered in it before. People are known by
    their code; without a phone or identity number a known one stays.
    """
    return await table_files.load(session, table, request.app.state.keyring)
