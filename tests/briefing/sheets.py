"""Sheets made in code, from the frames of the coverage map's tests."""

from dataclasses import replace

import geopandas as gpd
import shapely

from gridsvc.briefing.atlas import Leaf, atlas_of
from gridsvc.briefing.sheet import Ground, Imprint, no_shapes, sheet_of
from gridsvc.geo import WGS84
from tests.maps.frames import make_frames

#: What somebody may call a community, or write into a source or an approval number.
HOSTILE = (
    "\"><script>document.title='x'</script>",
    "</script></svg><img src=x onerror=alert(1)>",
    "`${alert(1)}` 'quoted' \\",
    "\u202eردود فعل \u05d0\u05d1\u05d2",
    "🏘️👮🏽‍♀️ 社区 \U0001f469\u200d\U0001f469\u200d\U0001f467",
    '=HYPERLINK("http://outside.invalid","x")',
    "名称" * 100,
    "W" * 200,
)
LONG = "青云街道办事处辖区第一社区居民委员会" * 12


def imprint(frames, approval=None):
    return Imprint(frames.made_at, frames.source, approval)


def a_sheet(count=40, *, approval=None, names=None, **changes):
    """A page of one community, its places the grids."""
    frames = make_frames(count, wobble=4, **changes)
    return sheet_of(frames, imprint(frames, approval), names or {})


def ground_of(frames):
    """Streets across the cells, a river beside them, a building in one of them."""
    west, south, east, north = frames.micro_grids.total_bounds
    middle = (south + north) / 2
    far = east + 10 * (east - west)
    lines = {
        "primary": [(west - 1, middle), (east + 1, middle)],
        "residential": [(west, south), (east, north)],
        "river": [(far, south), (far, north)],
        "compound": [(west, middle), (east, middle)],
    }
    house = frames.micro_grids.geometry.iloc[0].centroid.buffer(0.0003, cap_style="square")
    return Ground(
        gpd.GeoDataFrame(
            {"kind": list(lines)}, geometry=[*map(shapely.LineString, lines.values())], crs=WGS84
        ),
        gpd.GeoDataFrame(geometry=[house], crs=WGS84),
    )


def several(count=60, parts=6):
    """Frames whose cells are shared by several communities, west to east."""
    frames = make_frames(count, wobble=4)
    cells = frames.micro_grids
    rank = cells.geometry.bounds["minx"].rank(method="first") - 1
    number = (rank * parts // count).astype(int) + 1
    grid = [f"3201020010{n:02d}{g[12:]}" for n, g in zip(number, cells["grid_code"], strict=True)]
    cells = cells.assign(grid_code=grid, code=[f"{g}{n:03d}" for n, g in enumerate(grid)])
    grids = cells.dissolve("grid_code", aggfunc={"households": "sum", "workers": "max"})
    grids = grids.reset_index(names="code").assign(kind="ordinary", name="网格")
    return replace(frames, micro_grids=cells, grids=grids)


def an_atlas(count=60, parts=6, names=None):
    frames = several(count, parts)
    told = names or {f"3201020010{n:02d}": f"第{n}社区" for n in range(1, parts + 1)}
    return atlas_of(frames, imprint(frames), told, Leaf.COMMUNITY, no_shapes(code="str"))
