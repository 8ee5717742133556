"""The layers of the town as frames, in metres on the ground, before they get their place."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridsvc.town import buildings, names
from gridsvc.town.buildings import WEIGHT, Built, Geometries, Index
from gridsvc.town.divisions import Codes
from gridsvc.town.layout import Layout
from gridsvc.town.plots import Plots
from gridsvc.town.warp import Array

#: Names of the buildings of a site, in turn.
SITE_BUILDINGS = {
    "school": ("教学楼", "实验楼", "行政楼", "体育馆"),
    "hospital": ("门诊楼", "住院楼", "医技楼", "行政楼"),
    "park": ("凉亭", "管理房"),
    "industrial": ("一号车间", "二号车间", "三号车间", "四号车间", "仓库", "办公楼"),
}
#: Where events happen at buildings, by the use of their block.
SPOT_AT_HOUSE = {
    "slab": "homes",
    "tower": "homes",
    "lanes": "lanes",
    "hamlet": "village",
    "shops": "shop",
}
SPOT_AT_BLOCK = {
    "bank": "river",
    "field": "field",
    "park": "park",
    "school": "school",
    "hospital": "hospital",
    "enterprise": "enterprise",
}
#: Most event spots of one kind; a few thousand are plenty for any day.
MOST_SPOTS = 4000


@dataclass(frozen=True)
class Ground:
    """A town that stands, with its names; `house_name` has one entry per building."""

    layout: Layout
    plots: Plots
    built: Built
    codes: Codes
    block_name: list[str]
    house_name: NDArray[np.object_]
    house_code: NDArray[np.object_]  # 17 digits: community and a number of five digits

    @property
    def house_community(self) -> Index:
        """Community of each building."""
        of_block = np.array([block.community for block in self.layout.blocks])
        community: Index = of_block[self.built.houses["block"].to_numpy()]
        return community


def name_streets(layout: Layout, places: names.PlaceNames, rng: np.random.Generator) -> None:
    """Name every street; pieces that continue each other over a crossing share their name."""
    own = {"river": places.take() + "河", "rail": places.take() + "铁路"}
    known: dict[tuple[str, float], str] = {}
    for line in layout.network.lines:
        key = (line.axis, line.at)
        if line.road in own:
            line.name = own[line.road]
        elif line.road:
            line.name = known.setdefault(key, names.street(line.road, line.axis, places, rng))


def name_blocks(layout: Layout, places: names.PlaceNames, rng: np.random.Generator) -> list[str]:
    """Name of the estate, site, lane, hamlet or field of every block."""
    return [names.estate(block.use, places, rng) for block in layout.blocks]


def stand(
    layout: Layout, plots: Plots, built: Built, codes: Codes, block_name: list[str]
) -> Ground:
    """Number the buildings within their community and give each an address."""
    houses = built.houses
    block = houses["block"].to_numpy()
    community = np.array([b.community for b in layout.blocks])[block]
    # Blocks of one community follow each other, but a riverside strip may come first.
    serial = pd.Series(community).groupby(community).cumcount() + 1
    code = pd.Series([c for c, _ in codes.community], dtype="str").to_numpy()[community]
    ids = pd.Series(code) + serial.astype("str").str.zfill(5)
    number = houses.groupby("block").cumcount()
    house_name = np.array(
        [
            block_name[b] + _house_name(kind, layout.blocks[b].use, int(n))
            for b, kind, n in zip(block, houses["kind"], number, strict=True)
        ],
        dtype=object,
    )
    return Ground(layout, plots, built, codes, block_name, house_name, ids.to_numpy(dtype=object))


def _house_name(kind: str, use: str, number: int) -> str:
    turn = SITE_BUILDINGS.get(kind) or SITE_BUILDINGS.get(use)
    if turn:
        return turn[number % len(turn)]
    if kind == "retail":
        return f"商铺{number + 1}号"
    if kind == "dormitory":
        return f"职工宿舍{number + 1}幢"
    return f"{number + 1}号" if use in ("lanes", "hamlet", "field") else f"{number + 1}幢"


def boundary_frame(ground: Ground, polygons: Geometries) -> gpd.GeoDataFrame:
    """Communities: code, name."""
    code, name = zip(*ground.codes.community, strict=True)
    return gpd.GeoDataFrame({"code": code, "name": name}, geometry=polygons)


def buildings_frame(ground: Ground, households: NDArray[np.int64]) -> gpd.GeoDataFrame:
    """Buildings: building_id, households, levels, units, kind, estimated, address."""
    houses = ground.built.houses
    columns = {
        "building_id": ground.house_code,
        "households": households,
        "levels": houses["levels"].to_numpy(),
        "units": houses["units"].to_numpy(),
        "kind": houses["kind"].to_numpy(),
        "estimated": np.zeros(len(houses), dtype=bool),
        "address": ground.house_name,
    }
    return gpd.GeoDataFrame(columns, geometry=ground.built.footprints)


def units_frame(whole: gpd.GeoDataFrame, ground: Ground, homes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Stairwell units: the columns of the buildings, and parent, the building's id.

    A building with one unit appears as it is; building_id has two more digits for the unit.
    """
    units = whole["units"].to_numpy()
    house, shapes = buildings.unit_footprints(ground.built, units)
    frame = whole.iloc[house].reset_index(drop=True).set_geometry(shapes)
    number = pd.Series(np.arange(len(house)) - np.repeat(np.cumsum(units) - units, units) + 1)
    frame["parent"] = frame["building_id"]
    frame["building_id"] = frame["parent"] + number.astype("str").str.zfill(2)
    lived_in = homes["building_id"] + homes["unit"].astype("str").str.zfill(2)
    counts = lived_in.value_counts()
    frame["households"] = frame["building_id"].map(counts).fillna(0).astype("int64")
    frame["units"] = 1
    return gpd.GeoDataFrame(frame[[*whole.columns.drop("geometry"), "parent", "geometry"]])


def barriers_frame(
    ground: Ground, inner: list[tuple[int, str, Array]], inner_shapes: Geometries
) -> gpd.GeoDataFrame:
    """Streets, bridges, river, railway, walls, lanes and ditches: class, w, name."""
    lines = ground.layout.network.lines
    numbers, streets = buildings.street_geometries(ground.layout)
    classes, called, spans = buildings.crossings(ground.layout, ground.plots)
    inner_names = [
        ground.block_name[block] if kind == "living_street" else "" for block, kind, _ in inner
    ]
    frame = gpd.GeoDataFrame(
        {
            "class": [lines[i].road for i in numbers] + classes + [kind for _, kind, _ in inner],
            "name": [lines[i].name for i in numbers] + called + inner_names,
        },
        geometry=np.concatenate([streets, spans, inner_shapes]),
    )
    frame.insert(1, "w", frame["class"].map(WEIGHT))
    return frame


def special_frame(ground: Ground) -> gpd.GeoDataFrame:
    """Sites that are cells of their own: kind, name."""
    block, shapes = buildings.sites(ground.layout, ground.plots)
    kinds = [ground.layout.blocks[i].use for i in block]
    called = [ground.block_name[i] for i in block]
    return gpd.GeoDataFrame({"kind": kinds, "name": called}, geometry=shapes)


def spots_frame(
    ground: Ground, barriers: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Points where events happen: place (kind of spot), name."""
    spots = pd.concat(
        [_house_spots(ground), _block_spots(ground), _road_spots(barriers, rng)],
        ignore_index=True,
    )
    # At most so many of each kind, without favouring any part of the town.
    shuffled = spots.iloc[rng.permutation(len(spots))]
    few = shuffled[shuffled.groupby("place").cumcount() < MOST_SPOTS].sort_index()
    return gpd.GeoDataFrame(few.reset_index(drop=True))


def _house_spots(ground: Ground) -> gpd.GeoDataFrame:
    """In front of the southern wall of each building, three metres away."""
    a, b, _, d = (ground.built.corners[:, i] for i in range(4))
    away = a - d
    away /= np.hypot(away[:, 0], away[:, 1])[:, None]
    uses = pd.Series([block.use for block in ground.layout.blocks])
    place = uses.map(SPOT_AT_HOUSE).iloc[ground.built.houses["block"]].to_numpy()
    points = shapely.points((a + b) / 2 + 3 * away)
    frame = gpd.GeoDataFrame({"place": place, "name": ground.house_name}, geometry=points)
    retail = ground.built.houses["kind"].to_numpy() == "retail"
    frame.loc[retail, "place"] = "shop"
    return frame[frame["place"].notna()]


def _block_spots(ground: Ground) -> gpd.GeoDataFrame:
    chosen = [
        i
        for i, block in enumerate(ground.layout.blocks)
        if block.use in SPOT_AT_BLOCK and ground.plots.size_m[i].min() > 3
    ]
    middle = ground.plots.ground(np.array(chosen), ground.plots.size_m[chosen] * [0.45, 0.4])
    return gpd.GeoDataFrame(
        {
            "place": [SPOT_AT_BLOCK[ground.layout.blocks[i].use] for i in chosen],
            "name": [ground.block_name[i] for i in chosen],
        },
        geometry=shapely.points(middle),
    )


def _road_spots(barriers: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """On the pavement, five metres beside named streets, one in each 60 m."""
    classes = ("primary", "secondary", "tertiary", "residential")
    roads = barriers[barriers["class"].isin(classes) & (barriers["name"] != "")]
    length = roads.length.to_numpy()
    road = np.repeat(np.arange(len(roads)), np.maximum(1, length / 60).astype(int))
    at = rng.random(len(road)) * length[road]
    shapes = roads.geometry.to_numpy()[road]
    here = shapely.get_coordinates(shapely.line_interpolate_point(shapes, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(shapes, at + 0.5))
    way = ahead - here
    length_m = np.hypot(way[:, 0], way[:, 1])
    usable = length_m > 0.1
    side = np.column_stack([-way[:, 1], way[:, 0]])[usable] / length_m[usable, None]
    points = here[usable] + side * rng.choice([-5.0, 5.0], len(side))[:, None]
    return gpd.GeoDataFrame(
        {"place": "road", "name": roads["name"].to_numpy()[road[usable]]},
        geometry=shapely.points(points),
    )
