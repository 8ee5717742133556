"""A draft being edited: numbered cells, what stands on their land, and the planner's operations.

Every operation gives a new sketch whose cells are again a proper coverage of the same land, or
refuses with the reason and where on the map it is; the sketch given stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning import reshape
from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints
from gridsvc.planning.edits import merge
from gridsvc.planning.fitting import fitted
from gridsvc.planning.keeping import refuse_improper
from gridsvc.planning.parcels import block_at, land_of


@dataclass(frozen=True)
class Site:
    """What a draft is drawn on, in one metric CRS.

    Attributes
    ----------
    footprints
        Polygons: buildings, big ones by stairwell unit.
    households, building
        Households of each, and the building it is a unit of.
    barriers, weights
        LineStrings, and how well each serves as a border.
    land
        Polygon or MultiPolygon of the community.
    """

    footprints: Geometries
    households: Ints
    building: Ints
    barriers: Geometries
    weights: Floats
    land: shapely.Geometry


@dataclass(frozen=True)
class Sketch:
    """Cells of a draft.

    Attributes
    ----------
    number
        What each cell is called; stays with it over edits.
    cells
        Polygons, a coverage.
    dedicated, locked
        Whether it is a cell of its own (专属); whether it must stay as it is.
    last
        Highest number ever used.
    """

    number: Ints
    cells: Geometries
    dedicated: Bools
    locked: Bools
    last: int

    def row(self, number: int) -> int:
        """Row of a cell.

        Raises
        ------
        BadInput
            If there is none of this number.
        """
        found = np.flatnonzero(self.number == number)
        if len(found) == 0:
            raise BadInput(f"the draft has no cell {number}; load it anew")
        return int(found[0])

    def rows(self, numbers: Sequence[int]) -> list[int]:
        """Rows of some cells."""
        return [self.row(number) for number in dict.fromkeys(numbers)]


def split(sketch: Sketch, site: Site, number: int, line: shapely.LineString) -> Sketch:
    """Cut a cell in two along a drawn line that goes round buildings; see `reshape`."""
    row = sketch.row(number)
    return _next(sketch, site, reshape.split_round(sketch.cells, row, line, site.footprints), row)


def merged(sketch: Sketch, site: Site, numbers: Sequence[int]) -> Sketch:
    """Make one cell of several neighbours; it keeps the first number."""
    rows = sketch.rows(numbers)
    after = sketch.cells.copy()
    after[rows[0]] = merge(sketch.cells, rows)[-1]
    after[rows[1:]] = None
    return _next(sketch, site, after, rows[0])


def moved(sketch: Sketch, site: Site, moves: Sequence[tuple[Floats, Floats | None]]) -> Sketch:
    """Move corners of borders, for all cells that share them."""
    return _next(sketch, site, reshape.move_vertices(sketch.cells, moves))


def redrawn(
    sketch: Sketch, site: Site, numbers: tuple[int, int], line: shapely.LineString
) -> Sketch:
    """Move the border of two neighbours to a drawn line."""
    one, other = (sketch.row(number) for number in numbers)
    if one == other:
        raise BadInput("choose two neighbours whose border is to move")
    return _next(sketch, site, reshape.redraw_border(sketch.cells, one, other, line))


def with_building(sketch: Sketch, site: Site, at: Floats, to: int) -> Sketch:
    """Hand a building, with the land nearest to it, over to a neighbouring cell.

    Raises
    ------
    BadInput
        If no building stands at the place, or it stands in the cell already.
    """
    footprint = site.footprints[shapely.intersects(site.footprints, shapely.Point(at))]
    if len(footprint) == 0:
        raise BadInput("no building stands at the place; choose one")
    giver = _holding(sketch, footprint[0])
    building = site.building[np.flatnonzero(site.footprints == footprint[0])[0]]
    here = _in_cell(sketch, site, giver)
    chosen = np.flatnonzero(site.building[here] == building)
    cell = sketch.cells[giver]
    land = land_of(cell, _near(site, cell), site.footprints[here], chosen)
    return _handed(sketch, site, giver, to, land)


def with_block(sketch: Sketch, site: Site, at: Floats, to: int) -> Sketch:
    """Hand the block at a place, as far as it lies in one cell, over to a neighbouring cell."""
    giver = _holding(sketch, shapely.Point(at))
    cell = sketch.cells[giver]
    footprints = site.footprints[_in_cell(sketch, site, giver)]
    land = block_at(cell, _near(site, cell), footprints, at)
    return _handed(sketch, site, giver, to, land)


def _handed(sketch: Sketch, site: Site, giver: int, to: int, land: shapely.Geometry) -> Sketch:
    taker = sketch.row(to)
    if taker == giver:
        raise BadInput(f"it lies in cell {to} already; choose a neighbour")
    return _next(sketch, site, reshape.hand_over(sketch.cells, giver, taker, land))


def _holding(sketch: Sketch, thing: shapely.Geometry) -> int:
    """Row of the cell that holds a thing, or most of it."""
    held = np.flatnonzero(shapely.intersects(sketch.cells, thing))
    if len(held) == 0:
        raise BadInput("the place lies in no cell of the draft; choose one inside")
    share = shapely.area(shapely.intersection(sketch.cells[held], thing))
    return int(held[int(share.argmax())])


def _in_cell(sketch: Sketch, site: Site, row: int) -> Ints:
    cell = sketch.cells[row]
    rows = np.sort(shapely.STRtree(site.footprints).query(cell, predicate="intersects"))
    shapes = site.footprints[rows]
    inside = shapely.area(shapely.intersection(shapes, cell)) > 0.5 * shapely.area(shapes)
    return np.asarray(rows[inside], dtype=np.int64)


def _near(site: Site, cell: shapely.Polygon) -> Geometries:
    return np.asarray(site.barriers[shapely.intersects(site.barriers, cell)])


def carved(sketch: Sketch, site: Site, area: shapely.Polygon, *, dedicated: bool) -> Sketch:
    """Draw a new cell; the others give up its land."""
    after = reshape.carve(sketch.cells, area, site.footprints)
    return _next(sketch, site, after, dedicated=dedicated)


def redivided(sketch: Sketch, site: Site, numbers: Sequence[int], planned: Geometries) -> Sketch:
    """Replace cells by those planned on their land."""
    rows = sketch.rows(numbers)
    return _next(sketch, site, reshape.redivide(sketch.cells, rows, planned))


@dataclass(frozen=True)
class Drawn:
    """Cells that were drawn elsewhere, row by row.

    Attributes
    ----------
    cells
        Polygons in the sketch's CRS.
    number
        What each is called, 0 where it has no number; none = nobody has.
    dedicated, locked
        As in `Sketch`; none = as the cell of this number is.
    """

    cells: Geometries
    number: Ints | None = None
    dedicated: Bools | None = None
    locked: Bools | None = None


def replaced(sketch: Sketch, site: Site, drawn: Drawn) -> Sketch:
    """Replace all cells by others that cover the same land.

    A number that comes twice, as when a cell was cut in two elsewhere, stays with the larger part.
    Without numbers, cells go by that of the cell they share most land with. Cells that are the
    same are kept to the last bit, and locked cells must be.

    Raises
    ------
    BadInput
        As `fitting.fitted`; or if a border cuts a building, or a locked cell changed.
    """
    cells = fitted(sketch.cells, drawn.cells)
    number, last = _called(sketch, cells, drawn.number)
    rows = {int(one): row for row, one in enumerate(sketch.number)}
    was = np.array([rows.get(int(one), -1) for one in number], dtype=np.int64)
    for k in np.flatnonzero(was >= 0):
        if shapely.equals_identical(*shapely.normalize([cells[k], sketch.cells[was[k]]])):
            cells[k] = sketch.cells[was[k]]
    dedicated = _carried(sketch.dedicated, was, drawn.dedicated)
    stays = np.zeros(len(sketch.cells), dtype=bool)
    for k in np.flatnonzero(was >= 0):
        same = _same_ground(sketch.cells[was[[k]]], cells[[k]])[0]
        stays[was[k]] = same and sketch.dedicated[was[k]] == dedicated[k]
    _refuse_locked(sketch, np.flatnonzero(~stays))
    gone = np.full(len(sketch.cells), None, dtype=object)
    refuse_improper(sketch.cells, np.append(gone, cells), sketch.number, site.footprints, site.land)
    locked = _carried(sketch.locked, was, drawn.locked)
    order = np.argsort(number, kind="stable")
    return Sketch(number[order], cells[order], dedicated[order], locked[order], last)


def _called(sketch: Sketch, cells: Geometries, number: Ints | None) -> tuple[Ints, int]:
    """Number of every new cell, and the highest ever used."""
    told = np.zeros(len(cells), dtype=np.int64)
    if number is None:
        heirs = reshape.heirs_of(sketch.cells, cells)
        told[heirs[heirs >= 0]] = sketch.number[heirs >= 0]
    else:
        seen: set[int] = set()
        for k in np.argsort(-shapely.area(cells), kind="stable"):
            if number[k] > 0 and int(number[k]) not in seen:
                told[k] = number[k]
                seen.add(int(number[k]))
    last = max(sketch.last, int(told.max()))
    new = np.flatnonzero(told == 0)
    told[new] = last + 1 + np.arange(len(new))
    return told, last + len(new)


def _carried(before: Bools, was: Ints, said: Bools | None) -> Bools:
    """A flag of new cells: as it is said, else as the cell of the number has it."""
    return np.asarray((was >= 0) & before[was] if said is None else said, dtype=bool)


def told_dedicated(sketch: Sketch, numbers: Sequence[int], dedicated: bool) -> Sketch:
    """Make cells dedicated ones, or ordinary again."""
    flags = sketch.dedicated.copy()
    rows = sketch.rows(numbers)
    _refuse_locked(sketch, np.array(rows))
    flags[rows] = dedicated
    return replace(sketch, dedicated=flags)


def told_locked(sketch: Sketch, numbers: Sequence[int], locked: bool) -> Sketch:
    """Lock cells, or unlock them."""
    flags = sketch.locked.copy()
    flags[sketch.rows(numbers)] = locked
    return replace(sketch, locked=flags)


def _next(
    sketch: Sketch,
    site: Site,
    after: Geometries,
    parent: int | None = None,
    *,
    dedicated: bool = False,
) -> Sketch:
    """The sketch after an edit whose rows keep their cells; refused where it is improper."""
    before = len(sketch.cells)
    same = _same(sketch.cells, after[:before])
    shaped = ~same & ~_same_ground(sketch.cells, after[:before])
    _refuse_locked(sketch, np.flatnonzero(shaped))
    refuse_improper(sketch.cells, after, sketch.number, site.footprints, site.land)
    new = len(after) - before
    kind = dedicated if parent is None else bool(sketch.dedicated[parent])
    there = ~shapely.is_missing(after)
    number = np.r_[sketch.number, sketch.last + 1 + np.arange(new)].astype(np.int64)
    return Sketch(
        number=number[there],
        cells=after[there],
        dedicated=np.r_[sketch.dedicated, np.full(new, kind)][there].astype(bool),
        locked=np.r_[sketch.locked, np.zeros(new, dtype=bool)][there].astype(bool),
        last=sketch.last + new,
    )


def _same(before: Geometries, after: Geometries) -> Bools:
    return np.array([one is other for one, other in zip(before, after, strict=True)], dtype=bool)


def _same_ground(before: Geometries, after: Geometries) -> Bools:
    """Cells that only won a vertex on a side: the neighbour needs it, the ground is the same."""
    told = np.zeros(len(before), dtype=bool)
    for row, (one, other) in enumerate(zip(before, after, strict=True)):
        if one is other or (
            other is not None and shapely.hausdorff_distance(one.boundary, other.boundary) < 1e-3
        ):
            told[row] = True
    return told


def _refuse_locked(sketch: Sketch, rows: Ints) -> None:
    held = [int(sketch.number[row]) for row in rows if sketch.locked[row]]
    if held:
        named = ", ".join(map(str, held[:5]))
        raise BadInput(f"cell {named} is locked; unlock it first, or leave it out", cells=held)


#: What an operation is: from a sketch and its site to the next sketch.
Operation = Callable[[Sketch, Site], Sketch]
