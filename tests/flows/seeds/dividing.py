"""How real places divide their land, done by the command line, file to file."""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import shapely

from gridsvc.exchange.layers import write_layers
from tests.towns import SIDE, SOUTH, WEST

COMMAND_LINE = "from gridsvc.cli import main; main()"


async def _command(*arguments):
    """JSON that a command prints, run in a process of its own."""
    done = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", COMMAND_LINE, *map(str, arguments), "--json"),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await done.communicate()
    assert done.returncode == 0, err.decode()
    return json.loads(out)


def _square(column, row, margin=0.0):
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    inner = SIDE * margin
    return shapely.box(west + inner, south + inner, west + SIDE - inner, south + SIDE - inner)


def _blocks(columns, rows, sites, households):
    """Street blocks side by side, each with one building or taken up by a site; as layers."""
    places = [(column, row) for column in range(columns) for row in range(rows)]
    kinds = dict(zip(places, sites, strict=False))
    lived_in = [place for place in places if place not in kinds]
    east, north = WEST + columns * SIDE, SOUTH + rows * SIDE
    streets = [
        *(shapely.LineString([(WEST + i * SIDE, SOUTH), (WEST + i * SIDE, north)])
          for i in range(1, columns)),
        *(shapely.LineString([(WEST, SOUTH + j * SIDE), (east, SOUTH + j * SIDE)])
          for j in range(1, rows)),
    ]  # fmt: skip

    def layer(geometry, **columns_told):
        return gpd.GeoDataFrame(geometry=geometry, crs="EPSG:4326").assign(**columns_told)

    return {
        "boundary": layer([shapely.box(WEST, SOUTH, east, north)], code=["320104003001"]),
        "buildings": layer([_square(*place, 0.2) for place in lived_in], households=households),
        "barriers": layer(streets, w=0.5),
        "special": layer([_square(*place) for place in kinds], kind=list(kinds.values())),
    }


async def _split(layers, target):
    """Cells that ``gridsvc split`` makes of layers."""
    with tempfile.TemporaryDirectory(prefix="gridsvc-row-") as name:
        area, out = Path(name) / "area.gpkg", Path(name) / "cells.gpkg"
        write_layers(area, layers)
        asked = [f"--{layer}={area}:{layer}" for layer in layers]
        await _command("split", *asked, "--target", target, "--out", out)
        return gpd.read_file(out, layer="cells")


async def row32(town, client):
    """双塘街道: 84 grids of 300 households and 16 of their own for units, towers, parks: 100."""
    sites = (["enterprise", "tower", "park", "school"] * 4)[:16]
    cells = await _split(_blocks(10, 10, sites, 300), 300)
    ordinary = cells[cells["kind"] == "ordinary"]
    assert (len(ordinary), len(cells)) == (84, 100)
    assert (ordinary["households"] == 300).all()
    assert ordinary["households"].sum() == 25_200


async def row55(town, client):
    """精网微格: a hundred households a cell; enterprises and schools are cells of their own."""
    cells = await _split(_blocks(12, 6, ["enterprise", "school"], 50), 100)
    ordinary = cells[cells["kind"] == "ordinary"]
    assert (ordinary["households"] == 100).all()
    assert len(ordinary) == 35
    assert len(cells) - len(ordinary) == 2
