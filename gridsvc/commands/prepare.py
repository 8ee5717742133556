"""The command ``gridsvc prepare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridsvc.config import Settings
from gridsvc.console import AsJson, bar, show
from gridsvc.exchange.prepare import prepare_area


def prepare(
    osm: Annotated[Path, typer.Argument(help="OpenStreetMap extract, .osm.pbf.")],
    boundary: Annotated[
        str | None, typer.Option(help="Communities: polygons, FILE or FILE:layer.")
    ] = None,
    zones: Annotated[
        str | None, typer.Option(help="Polygons with known household totals, FILE[:layer].")
    ] = None,
    zone_households: Annotated[
        str | None, typer.Option(help="Column of --zones with the total.")
    ] = None,
    zone_id: Annotated[
        str | None, typer.Option(help="Column whose repeated values are parts of one zone.")
    ] = None,
    units: Annotated[
        bool, typer.Option("--units", help="Give big buildings by stairwell unit (单元).")
    ] = False,
    out: Annotated[Path, typer.Option(help="GeoPackage to write.")] = Path("prepared.gpkg"),
    as_json: AsJson = False,
) -> None:
    """Prepare an OpenStreetMap extract: boundary, buildings with households, barriers, sites."""
    with bar() as progress:
        report = prepare_area(
            osm,
            boundary=boundary,
            zones=zones,
            zone_households=zone_households,
            zone_id=zone_id,
            units=units,
            out=out,
            limits=Settings().file_limits,
            progress=progress,
        )
    show(report, as_json)
