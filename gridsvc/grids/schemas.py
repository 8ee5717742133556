"""What the grids room sends over HTTP."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class CellAt(BaseModel):
    """The published cells and the community at a point."""

    division_code: str = Field(examples=["990101001001"])
    division_name: str = Field(examples=["青云社区"])
    grid_code: str = Field(examples=["990101001001003"])
    micro_grid_code: str = Field(examples=["99010100100100302"])
    kind: str = Field(examples=["ordinary"], description="kind of the micro-grid")
    households: int = Field(examples=[98], description="households in the micro-grid")


class FeatureCollection(BaseModel):
    """GeoJSON (RFC 7946) with the counts of OGC API Features."""

    type: str = "FeatureCollection"
    features: list[dict[str, Any]]
    numberMatched: int  # noqa: N815 - the standard's spelling
    numberReturned: int  # noqa: N815
