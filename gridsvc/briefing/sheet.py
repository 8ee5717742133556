"""What one page shows, before anything is laid out; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridsvc.codes import DIGITS
from gridsvc.geo import WGS84
from gridsvc.maps import legend
from gridsvc.maps.coverage import CoverageFrames
from gridsvc.maps.themes import Theme

#: More communities than this on one page are told street by street.
_MOST_COMMUNITIES = 15
#: What is told of places is told of grids where there is but one community.
GRID = "grid"
#: What places of each level are called.
WORDS = {"street": "街道", "community": "社区", GRID: "网格"}


def no_shapes(**columns: str) -> gpd.GeoDataFrame:
    """A frame of shapes without rows; columns with their types."""
    empty = {name: pd.Series(dtype=kind) for name, kind in columns.items()}
    return gpd.GeoDataFrame(empty, geometry=[], crs=WGS84)


@dataclass(frozen=True)
class Ground:
    """What stands on the ground, as a quiet background; EPSG:4326.

    Attributes
    ----------
    lines
        LineString; kind (class of a barrier, such as primary, river or wall).
    buildings
        Polygon.
    """

    lines: gpd.GeoDataFrame = field(default_factory=lambda: no_shapes(kind="str"))
    buildings: gpd.GeoDataFrame = field(default_factory=no_shapes)


@dataclass(frozen=True)
class Imprint:
    """What a page says of itself.

    Attributes
    ----------
    made_at
        When the figures were taken, with a time zone, in which it is shown.
    source
        Where the data comes from.
    approval
        Map approval number (审图号); none = the page says that it is not given.
    """

    made_at: datetime
    source: str
    approval: str | None = None


@dataclass(frozen=True)
class Sheet:
    """One page's contents; geometry in EPSG:4326.

    Attributes
    ----------
    title
        Title of the page.
    imprint
        Date, source and approval number.
    theme
        The question asked of the micro-grids, with its classes; it may know more of them.
    cells
        Polygon; code, name, kind, households, grid_code, place (code).
    grids
        Polygon; code.
    places
        Polygon or MultiPolygon; code, name (in full), label (on the map): the streets,
        communities or grids that the table tells of.
    place_words
        What those are called: 街道, 社区 or 网格.
    ground
        Background.
    around
        Polygon or MultiPolygon; what lies about, for the inset.
    page, pages
        Number of the page in its atlas and how many there are; 0 = no atlas.
    of_whole
        Name of the whole that the theme's note speaks of, where the page is a part of it.
    """

    title: str
    imprint: Imprint
    theme: Theme
    cells: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    place_words: str
    ground: Ground = field(default_factory=Ground)
    around: gpd.GeoDataFrame = field(default_factory=no_shapes)
    page: int = 0
    pages: int = 0
    of_whole: str = ""

    @property
    def levels(self) -> pd.Series:
        """Class of each cell in the order of `cells`; -1 where the theme knows nothing of it."""
        return self.theme.level.reindex(self.cells["code"]).fillna(-1).astype(int)

    @property
    def is_index(self) -> bool:
        """Whether this is the index of an atlas, whose places are its pages."""
        return self.pages > 0 and self.page == 1

    @property
    def by_grid(self) -> bool:
        """Whether the places are the grids of one community, which have numbers for names."""
        return self.place_words == WORDS[GRID]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return bool(self.cells.empty)


def households(frames: CoverageFrames) -> Theme:
    """Households against target, with the classes of the coverage map, as a theme."""
    cells = frames.micro_grids
    level = pd.Series(legend.levels(cells, frames.target), cells["code"].to_numpy())
    ordinary = cells["kind"] != "dedicated"
    homes = int(cells.loc[ordinary, "households"].sum())
    on_target = int((level == legend.ON_TARGET).sum())
    return Theme(
        "households",
        level,
        legend.FILLS,
        [*legend.LEVELS, "专属微网格"],
        f"户数 ÷ 目标 {frames.target} 户；普通微网格 {int(ordinary.sum())} 个，共 {homes} 户；当前",
        (("达标微网格", f"{on_target} / {int(ordinary.sum())}"),),
    )


def theme_of(frames: CoverageFrames) -> Theme:
    """The question a coverage map's frames were asked, households if none else."""
    return frames.themes[0] if frames.themes else households(frames)


def place_level(cells: gpd.GeoDataFrame) -> str:
    """Level of the places a page of these cells tells of: street, community or grid."""
    communities = cells["code"].str[: DIGITS["community"]].nunique()
    streets = cells["code"].str[: DIGITS["street"]].nunique()
    if communities > _MOST_COMMUNITIES and streets > 1:
        return "street"
    return "community" if communities > 1 else GRID


def with_places(
    frames: CoverageFrames, level: str, names: Mapping[str, str]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Cells with the place each belongs to, and the places.

    Parameters
    ----------
    level
        ``street``, ``community`` or `GRID`.
    names
        Names of divisions by code; one without a name here is called by its code.
    """
    wanted = ["code", "name", "kind", "households", "grid_code", "geometry"]
    cells = frames.micro_grids[wanted]
    if level == GRID:
        place = cells["grid_code"]
        told = dict(zip(frames.grids["code"], frames.grids["name"], strict=True))
    else:
        place = cells["code"].str[: DIGITS[level]].str.ljust(12, "0")
        told = dict(names)
    cells = cells.assign(place=place)
    codes = sorted(place.unique())
    shapes = np.asarray(cells.geometry, dtype=object)
    member = place.to_numpy()
    outlines = [shapely.union_all(shapely.make_valid(shapes[member == code])) for code in codes]
    called = [told.get(code, code) for code in codes]
    # The default scheme writes 12 digits of the community and 3 of the grid.
    labels = [code[-3:] for code in codes] if level == GRID else called
    places = gpd.GeoDataFrame(
        {
            "code": pd.Series(codes, dtype="str"),
            "name": pd.Series(called, dtype="str"),
            "label": pd.Series(labels, dtype="str"),
        },
        geometry=outlines,
        crs=WGS84,
    )
    return cells, places


def sheet_of(
    frames: CoverageFrames,
    imprint: Imprint,
    names: Mapping[str, str],
    *,
    level: str | None = None,
    ground: Ground | None = None,
    around: gpd.GeoDataFrame | None = None,
) -> Sheet:
    """One page that shows all of some frames.

    Parameters
    ----------
    frames
        What the map of the division shows; of the themes the first counts.
    names
        Names of divisions by code.
    level
        Level of the places told of; none = what fits the number of cells.
    """
    theme = theme_of(frames)
    level = level or place_level(frames.micro_grids)
    cells, places = with_places(frames, level, names)
    return Sheet(
        title=f"{frames.title}：{theme.title}",
        imprint=imprint,
        theme=theme,
        cells=cells,
        grids=frames.grids[["code", "geometry"]],
        places=places,
        place_words=WORDS[level],
        ground=ground or Ground(),
        around=no_shapes() if around is None else around,
    )


# ---- figures of the table ---------------------------------------------------------------


def by_class(sheet: Sheet) -> pd.DataFrame:
    """Micro-grids and households in each class of the theme; one row for each class."""
    levels = sheet.levels.to_numpy()
    homes = sheet.cells["households"].to_numpy(int)
    classes = range(len(sheet.theme.labels))
    return pd.DataFrame(
        {
            "label": sheet.theme.labels,
            "cells": [int((levels == i).sum()) for i in classes],
            "households": [int(homes[levels == i].sum()) for i in classes],
        }
    )


def by_place(sheet: Sheet) -> pd.DataFrame:
    """Figures of each place: code, name, label, cells, households, and cells by class (0, 1 …)."""
    levels = sheet.levels.to_numpy()
    member = sheet.cells["place"].to_numpy()
    homes = sheet.cells["households"].to_numpy(int)
    rows = []
    for code in sheet.places["code"]:
        inside = member == code
        counts = {i: int((levels[inside] == i).sum()) for i in range(len(sheet.theme.labels))}
        rows.append({"cells": int(inside.sum()), "households": int(homes[inside].sum())} | counts)
    told = sheet.places[["code", "name", "label"]].reset_index(drop=True)
    columns = ["cells", "households", *range(len(sheet.theme.labels))]
    return told.join(pd.DataFrame(rows, columns=columns))
