"""``gridsvc split``: files to cells, no database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridsvc.config import Settings
from gridsvc.console import AsJson, bar, show
from gridsvc.errors import BadInput
from gridsvc.exchange.split import Sources, split_files
from gridsvc.planning.wish import Wish

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
Target = Annotated[float, typer.Option(min=1, help="Households per micro-grid.")]
Cells = Annotated[
    int | None, typer.Option(help="Exactly so many ordinary cells, in place of a target.")
]
Tolerance = Annotated[float, typer.Option(help="Share of the target by which a cell may be off.")]
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
    least: Annotated[float | None, typer.Option(help="No cell below this.")] = None,
    most: Annotated[float | None, typer.Option(help="No cell above this.")] = None,
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
    wish = Wish(
        target=target,
        cells=cells,
        tolerance=tolerance,
        least=least,
        most=most,
        weigh=_weights(weigh or []) or Wish().weigh,
        seed=seed,
    )
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


def _weights(given: list[str]) -> dict[str, float]:
    """Columns and weights from ``COLUMN`` or ``COLUMN=WEIGHT``."""
    weights = {}
    for text in given:
        column, equals, weight = text.partition("=")
        try:
            weights[column] = float(weight) if equals else 1.0
        except ValueError as failure:
            raise BadInput(f"--weigh {text} is not COLUMN or COLUMN=NUMBER") from failure
    return weights
