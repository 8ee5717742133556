"""An atlas: an index of the whole, then one page for each street or community; pure.

All pages have the classes and colours of the whole, so that they can be compared: what is dark
on one page is dark on every page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import geopandas as gpd

from gridsvc.briefing.sheet import WORDS, Imprint, Sheet, place_level, sheet_of, with_places
from gridsvc.errors import BadInput
from gridsvc.maps.coverage import CoverageFrames

#: Pages beyond which an atlas is no atlas any more but a mistake.
MOST_PAGES = 1000


class Leaf(StrEnum):
    """What has a page of its own in an atlas."""

    STREET = "street"
    COMMUNITY = "community"


@dataclass(frozen=True)
class Atlas:
    """The index of an atlas and what its pages are made from.

    Attributes
    ----------
    index
        First page; the labels of its places begin with page numbers.
    frames
        Everything, of which each page takes its part.
    names
        Names of divisions by code.
    """

    index: Sheet
    frames: CoverageFrames
    names: Mapping[str, str]

    @property
    def pages(self) -> int:
        """Number of pages with the index."""
        return self.index.pages

    def sheet(self, page: int) -> Sheet:
        """A page by its number, from 1, the index; made when it is asked for."""
        return self.index if page == 1 else self._leaf(page)

    def _leaf(self, page: int) -> Sheet:
        whole = self.index
        place = whole.places.iloc[page - 2]
        inside = (whole.cells["place"] == place["code"]).to_numpy()
        cells = self.frames.micro_grids[inside].reset_index(drop=True)
        grids = self.frames.grids
        grids = grids[grids["code"].isin(cells["grid_code"])].reset_index(drop=True)
        part = replace(self.frames, micro_grids=cells, grids=grids)
        level = place_level(cells)
        cells, places = with_places(part, level, self.names)
        return replace(
            whole,
            title=f"{place['name']}网格覆盖图：{whole.theme.title}",
            cells=cells,
            grids=grids[["code", "geometry"]],
            places=places,
            place_words=WORDS[level],
            around=_but(whole.places, page - 2),
            page=page,
            of_whole="图集全域",
        )


def _but(places: gpd.GeoDataFrame, row: int) -> gpd.GeoDataFrame:
    return places.drop(index=places.index[row])


def atlas_of(
    frames: CoverageFrames,
    imprint: Imprint,
    names: Mapping[str, str],
    leaf: Leaf,
    around: gpd.GeoDataFrame,
) -> Atlas:
    """An atlas of some frames.

    Parameters
    ----------
    names
        Names of divisions by code.
    leaf
        What has a page of its own.
    around
        Polygon or MultiPolygon, EPSG:4326; what lies about the whole.

    Raises
    ------
    BadInput
        If it would have more than `MOST_PAGES` pages.
    """
    sheet = sheet_of(frames, imprint, names, level=leaf.value, around=around)
    pages = 1 + len(sheet.places)
    if pages > MOST_PAGES:
        raise BadInput(f"an atlas of {pages} pages is too long; make one for each county")
    numbered = [f"{page} {name}" for page, name in enumerate(sheet.places["name"], start=2)]
    places = sheet.places.assign(label=numbered)
    title = f"{sheet.title}（索引）"
    return Atlas(replace(sheet, title=title, places=places, page=1, pages=pages), frames, names)
