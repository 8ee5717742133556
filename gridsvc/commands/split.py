"""``gridsvc split``: files to cells, no database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridsvc.commands.wishes import Cells, Least, Most, Target, Tolerance, wish_of
from gridsvc.config import Settings
from gridsvc.console import AsJson, bar, show
from gridsvc.exchange.split import Sources, split_files

Buildings = Annotated[str, typer.Option(help="Buildings with a column households.")]
Boundary = Annotated[str, typer.Option(help="Polygons; each is a community.")]
Barriers = Annotated[
    str | None,
    typer.Option(help="Lines borders should follow; optional columns w (weight) and never."),
]
Special = Annotated[str | None, typer.Option(help="Polygons that must be cells of their own.")]
Zones = Annotated[
    str | None, typer.Option(help="Polygons no cell crosses: villages' groups, given grids.")
]
Seeds = Annotated[
    str | None, typer.Option(help="Points that each get a cell: workers' homes, stations.")
]
Locked = Annotated[str | None, typer.Option(help="Cells that stay as they are.")]
Previous = Annotated[
    str | None, typer.Option(help="Cells of an earlier plan: mend only what broke.")
]
Weigh = Annotated[
    list[str] | None,
    typer.Option(
        help="Column of the buildings that counts, with its weight: residents or "
        "key_persons=5; may be given again. Households alone if never."
    ),
]
GridTarget = Annotated[
    int | None, typer.Option(help="Also build grids of so many households from whole cells.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same input and seed, the same cells.")]
Report = Annotated[
    list[Path] | None,
    typer.Option(help="Report to write, .json or .html; may be given again."),
]


def split(
    buildings: Buildings,
    boundary: Boundary,
    barriers: Barriers = None,
    special: Special = None,
    zones: Zones = None,
    seeds: Seeds = None,
    locked: Locked = None,
    previous: Previous = None,
    target: Target = 100,
    cells: Cells = None,
    tolerance: Tolerance = 0.1,
    least: Least = None,
    most: Most = None,
    weigh: Weigh = None,
    grid_target: GridTarget = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="File for the layer cells.")] = Path("cells.gpkg"),
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Split communities into cells of about TARGET households, file to file.

    Any format GDAL reads, any CRS; FILE:layer chooses a layer. Exit code 1 when the plan is
    not a proper coverage or something wished for cannot be met; the report says which.
    """
    wish = wish_of(target, cells, tolerance, least, most, weigh, seed)
    sources = Sources(buildings, boundary, barriers, special, zones, seeds, locked, previous)
    with bar() as progress:
        figures = split_files(
            sources,
            wish=wish,
            grid_target=grid_target,
            out=out,
            reports=report or [],
            limits=Settings().file_limits,
            progress=progress,
        )
    show(figures, as_json)
