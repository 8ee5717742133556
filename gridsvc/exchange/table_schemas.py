"""What goes over HTTP of tables sent to the service."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field


class ColumnOut(BaseModel):
    """A column of a table, and what stands in its first rows."""

    name: str
    samples: list[str]


class FieldOut(BaseModel):
    """What a row may say, and the column that seems to say it."""

    name: str
    needed: bool
    column: str | None


class ColumnsOut(BaseModel):
    """Columns of a table, and the fields they can be."""

    columns: list[ColumnOut]
    fields: list[FieldOut]


class FaultOut(BaseModel):
    """Why a row cannot be used; `code` says it for programs, `cell` is what stands there."""

    line: int
    field: Annotated[str, Field(description="Field that is wrong; empty = the row as such")]
    code: str
    reason: str
    cell: str


class CheckedOut(BaseModel):
    """What loading a table would do; nothing was stored.

    `faults` are the first ones; `bad` counts all rows that cannot be used.
    """

    rows: int
    bad: int
    faults: list[FaultOut]
    replaced: Annotated[
        int,
        Field(description="Households or people that are known and would be written anew"),
    ]


class LoadedOut(BaseModel):
    """How many rows were stored."""

    loaded: int
