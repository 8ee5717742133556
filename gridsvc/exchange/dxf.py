"""Polygons from and to DXF, the drawings of CAD programs; GDAL's driver is not loaded.

A drawing has no polygons with holes and no attributes. Every ring is a closed polyline, a ring
within a larger one is its hole, and attributes stand in the extended data of the outer ring, where
CAD programs leave them alone. The CRS stands in the drawing's custom properties.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from ezdxf.document import Drawing
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.entities.lwpolyline import LWPolyline
from ezdxf.entities.polyline import Polyline
from ezdxf.filemanagement import new, readfile
from ezdxf.lldxf.const import DXFError
from ezdxf.path import make_path
from pyproj import CRS
from shapely.errors import ShapelyError

from gridsvc import geo
from gridsvc.config import FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.apart import read_apart
from gridsvc.exchange.guard import check_size

#: Layers of a drawing that is written: outer rings, holes, and the numbers to be read.
CELLS, HOLES, LABELS = "CELLS", "CELL_HOLES", "CELL_LABELS"
#: Name under which attributes are kept, and of the custom property with the CRS.
APP, CRS_PROPERTY = "GRIDSVC", "CRS"
#: Group code of text in extended data, and the most characters of it.
_TEXT, _MOST_TEXT = 1000, 255
#: How far a curve may be from the straight line that stands for it, as a share of its extent.
_SAGITTA = 1e-4
_READ_ERRORS = (
    DXFError,
    ShapelyError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
)


def write_dxf(path: Path, frame: gpd.GeoDataFrame, label: str) -> None:
    """Write polygons as a drawing.

    Parameters
    ----------
    frame
        Polygon in a CRS with an EPSG code; its columns hold texts, whole numbers and truths.
    label
        Column that is written inside every polygon.
    """
    drawing = new("R2010", units=6 if frame.crs.is_projected else 0)
    drawing.appids.add(APP)
    drawing.header.custom_vars.append(CRS_PROPERTY, f"EPSG:{frame.crs.to_epsg()}")
    for name, colour in ((CELLS, 5), (HOLES, 8), (LABELS, 7)):
        drawing.layers.add(name, color=colour)
    space = drawing.modelspace()
    west, south, east, north = frame.total_bounds
    height = float(max(east - west, north - south)) / 100
    records = frame.drop(columns=frame.geometry.name).to_dict("records")
    for shape, row in zip(frame.geometry, records, strict=True):
        outline = space.add_lwpolyline(
            list(shape.exterior.coords)[:-1], close=True, dxfattribs={"layer": CELLS}
        )
        told = json.dumps(row, default=_plain)
        outline.set_xdata(
            APP,
            [(_TEXT, told[k : k + _MOST_TEXT]) for k in range(0, len(told), _MOST_TEXT)],
        )
        for hole in shape.interiors:
            space.add_lwpolyline(list(hole.coords)[:-1], close=True, dxfattribs={"layer": HOLES})
        text = space.add_text(str(row[label]), height=height, dxfattribs={"layer": LABELS})
        at = shape.representative_point()
        text.set_placement((at.x, at.y))
    drawing.saveas(path)


def _plain(value: Any) -> Any:
    """A number of numpy as JSON writes it."""
    return value.item()


def read_dxf(path: Path, limits: FileLimits) -> gpd.GeoDataFrame:
    """Polygons of a drawing: closed polylines of its model space, each without those inside it.

    Returns
    -------
    geopandas.GeoDataFrame
        Polygon, with the attributes that `write_dxf` left, in the CRS it named; None elsewhere.

    Raises
    ------
    BadInput
        If the file is no drawing, has no closed polyline, or asks for more than it may.
    """
    return read_apart(path.name, limits, _read_checked, path, limits)


def _read_checked(path: Path, limits: FileLimits) -> gpd.GeoDataFrame:
    check_size(path, limits.file_bytes)
    try:
        drawing = readfile(path)
        rings = list(_rings(drawing, limits))
        shapes = np.array([shapely.Polygon(ring) for ring, _, _ in rings], dtype=object)
        rows = [k for k, (_, layer, _) in enumerate(rings) if layer != HOLES]
        cells = [_without_inner(shapes, k) for k in rows]
    except _READ_ERRORS as failure:
        raise BadInput(f"{path.name} is no drawing that can be read; save it as DXF") from failure
    if not cells:
        raise BadInput(f"{path.name} has no closed polyline; draw the cells as such")
    return gpd.GeoDataFrame(
        [rings[k][2] for k in rows], index=range(len(rows)), geometry=cells, crs=_crs(drawing)
    )


def _rings(drawing: Drawing, limits: FileLimits) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """Places, layer and attributes of every closed polyline."""
    vertices = 0
    for count, entity in enumerate(drawing.modelspace().query("LWPOLYLINE POLYLINE"), start=1):
        if not isinstance(entity, LWPolyline | Polyline) or not _is_closed(entity):
            continue
        path = make_path(entity)
        corners = np.array([(at.x, at.y) for at in path.control_vertices()]).reshape(-1, 2)
        reach = float(np.ptp(corners, axis=0).max()) if len(corners) > 1 else 0.0
        if not reach > 0:
            continue
        places = [(at.x, at.y) for at in path.flattening(_SAGITTA * reach)]
        vertices += len(places)
        if count > limits.rows or vertices > limits.vertices:
            raise BadInput("the drawing has too many polylines or vertices; divide it")
        if len(set(places)) > 2:
            yield places, entity.dxf.layer, _attributes(entity)


def _is_closed(entity: LWPolyline | Polyline) -> bool:
    if isinstance(entity, LWPolyline):
        ends = [tuple(entity[k][:2]) for k in (0, -1)] if len(entity) > 3 else []
        return entity.closed or (len(ends) == 2 and ends[0] == ends[1])
    return entity.is_2d_polyline and entity.is_closed


def _attributes(entity: DXFGraphic) -> dict[str, Any]:
    if not entity.has_xdata(APP):
        return {}
    text = "".join(str(tag.value) for tag in entity.get_xdata(APP) if tag.code == _TEXT)
    told = json.loads(text)
    return told if isinstance(told, dict) else {}


def _without_inner(shapes: Any, row: int) -> shapely.Geometry:
    """A ring's area without those of smaller rings in it."""
    outer = shapes[row]
    if not outer.is_valid:
        return outer
    inner = [
        other
        for other in shapes[shapely.is_valid(shapes) & shapely.intersects(outer, shapes)]
        if other.area < outer.area * (1 - 1e-9) and outer.covers(other)
    ]
    return outer.difference(shapely.union_all(inner)) if inner else outer


def _crs(drawing: Drawing) -> CRS | None:
    named = drawing.header.custom_vars.get(CRS_PROPERTY)
    return geo.named_crs(named) if named else None
