"""Make a whole town from a size and a seed."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridsvc.errors import BadInput
from gridsvc.geo import WGS84, metric_crs
from gridsvc.progress import Progress, silent
from gridsvc.town import buildings, divisions, layers, people, rooms
from gridsvc.town.codes import CodeLists, read_codes
from gridsvc.town.events import day_of_events
from gridsvc.town.layout import Layout, plan_layout
from gridsvc.town.lists import lists_of
from gridsvc.town.names import PlaceNames
from gridsvc.town.plots import Plots, make_plots
from gridsvc.town.quarters import InnerLine
from gridsvc.town.services import service_points
from gridsvc.town.warp import Array, make_warp
from gridsvc.town.windows import windows_of

#: Middle of the town, degrees WGS-84: flat farmland of the lower Yangtze, where such a county
#: could lie.
CENTRE = (119.62, 32.95)
SMALLEST, LARGEST = 1000, 2_000_000
#: A draft may differ by this share from the households wished for; else its land is scaled.
DRAFT_TOLERANCE = 0.04
DRAFTS = 40
EVENTS = 200


@dataclass(frozen=True)
class Town:
    """A town as frames; all geometry in EPSG:4326.

    divisions: MultiPolygon; code, name, level.
    boundary: Polygon, one community each; code, name.
    buildings: Polygon; building_id, households, levels, units, kind, estimated, address.
    units: Polygon, one stairwell unit each; the same columns, and parent (the building's id).
    barriers: LineString; class, w, name.
    special: Polygon; kind, name.
    households, services, powers, matters, people, events: tables described in
    geodata/README.md; lists, too, by the name of their file.
    """

    divisions: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    special: gpd.GeoDataFrame
    households: pd.DataFrame
    services: pd.DataFrame
    powers: pd.DataFrame
    matters: pd.DataFrame
    people: pd.DataFrame
    events: pd.DataFrame
    lists: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class _Draft:
    layout: Layout
    plots: Plots
    houses: pd.DataFrame
    lines: list[tuple[int, InnerLine]]


def build_town(households: int, seed: int = 0, progress: Progress = silent) -> Town:
    """Make a town of about so many households; the same arguments give the same town.

    Parameters
    ----------
    households
        Wished number, from 1,000 to 2,000,000; met within a few percent.
    seed
        Any whole number from 0.
    progress
        Told about each step.

    Returns
    -------
    Town
        Geometry in EPSG:4326.

    Raises
    ------
    BadInput
        If the size or the seed is out of range.
    Unavailable
        If the code lists are missing.
    """
    if not SMALLEST <= households <= LARGEST:
        raise BadInput(
            f"a town of {households} households cannot be made; ask for {SMALLEST} to {LARGEST}"
        )
    if seed < 0:
        raise BadInput(f"the seed {seed} is negative; give a whole number from 0")
    codes = read_codes()
    draft = _fitting_draft(households, seed, progress)
    progress("geometry", 0.0)
    return _finish(draft, codes, households, np.random.default_rng([seed, 1]), progress)


def _fitting_draft(households: int, seed: int, progress: Progress) -> _Draft:
    """Draft the town until its homes suit the households; the land is scaled each time."""
    scale, best, best_miss = 1.0, None, np.inf
    for attempt in range(DRAFTS):
        progress("layout", attempt / DRAFTS)
        draft = _draft(households, np.random.default_rng([seed, 0, attempt]), scale)
        lived_in = float(rooms.homes_of(draft.houses).sum()) * rooms.USUAL_SHARE
        miss = abs(lived_in / households - 1)
        if miss < best_miss:
            best, best_miss = draft, miss
        if miss <= DRAFT_TOLERANCE:
            break
        # Half the correction: in a small town the blocks' chances weigh as much as the land.
        scale *= float(np.clip(households / max(lived_in, 1.0), 0.4, 2.5)) ** 0.5
    progress("layout", 1.0)
    assert best is not None  # noqa: S101 - DRAFTS > 0; tells the type checker
    return best


def _draft(households: int, rng: np.random.Generator, scale: float) -> _Draft:
    warp = make_warp(rng)
    layout = plan_layout(households, rng, scale)
    plots = make_plots(layout, warp)
    houses, lines = buildings.stand_up(layout, plots, rng)
    return _Draft(layout, plots, houses, lines)


def _finish(
    draft: _Draft, codes: CodeLists, households: int, rng: np.random.Generator, progress: Progress
) -> Town:
    layout, plots = draft.layout, draft.plots
    inner = buildings.join_streets(layout, plots, draft.lines)
    layout.network.freeze(plots.warp)
    inner_shapes = buildings.inner_geometries(inner, plots)
    built = buildings.build(draft.houses, plots, inner_shapes)
    progress("geometry", 0.4)
    names = PlaceNames(rng)
    numbers = divisions.number(layout, names)
    layers.name_streets(layout, names, rng)
    block_name = layers.name_blocks(layout, names, rng)
    ground = layers.stand(layout, plots, built, numbers, block_name)
    homes = rooms.move_in(built.houses, households, rng)
    households_table = rooms.households_frame(homes, ground.house_code)
    counts = np.bincount(homes.house, minlength=len(built.houses)).astype(np.int64)
    place = _Placing.of(layout, plots)
    polygons = divisions.community_polygons(layout)
    whole = layers.buildings_frame(ground, counts)
    barriers = layers.barriers_frame(ground, inner, inner_shapes)
    progress("geometry", 0.7)
    spots = _inside(layers.spots_frame(ground, barriers, rng), polygons)
    progress("people and events", 0.0)
    all_divisions = place(divisions.divisions_frame(layout, numbers, polygons))
    whereabouts = _whereabouts(ground, counts, place)
    community_names = [name for _, name in ground.codes.community]
    # Dice of their own: whatever was thrown before them stays as it was.
    services = service_points(whereabouts, community_names, rng.spawn(1)[0])
    town = Town(
        divisions=all_divisions,
        boundary=place(layers.boundary_frame(ground, polygons)),
        buildings=place(whole),
        units=place(layers.units_frame(whole, ground, households_table)),
        barriers=place(barriers),
        special=place(layers.special_frame(ground)),
        households=households_table,
        services=services,
        powers=codes.powers,
        matters=codes.matters,
        people=people.staff(whereabouts, codes.powers, rng),
        events=day_of_events(_lonlat(place(spots)), codes.descriptions, _events(counts), rng),
        lists=lists_of(codes, all_divisions) | windows_of(services, codes.items),
    )
    progress("people and events", 1.0)
    return town


def _events(counts: NDArray[np.int64]) -> int:
    """Events of the day: 200, and in a large town one for each 200 households."""
    return max(EVENTS, int(counts.sum()) // 200)


@dataclass(frozen=True)
class _Placing:
    """Puts frames made in ground metres in their place on Earth."""

    origin: Array
    crs: CRS

    @classmethod
    def of(cls, layout: Layout, plots: Plots) -> _Placing:
        u0, v0, u1, v1 = layout.network.root.bounds
        middle = plots.warp(np.array([[(u0 + u1) / 2, (v0 + v1) / 2]]))[0]
        here = gpd.GeoDataFrame(geometry=[shapely.Point(CENTRE)], crs=WGS84)
        return cls(middle, metric_crs(here))

    def __call__(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """The frame in EPSG:4326, coordinates rounded to about a millimetre.

        Rounding is done vertex by vertex: what shared a vertex shares it still.
        """
        moved = frame.geometry.transform(lambda xy: xy - self.origin).set_crs(self.crs)
        degrees = moved.to_crs(WGS84).transform(lambda lonlat: lonlat.round(8))
        return frame.set_geometry(degrees)


def _inside(spots: gpd.GeoDataFrame, polygons: buildings.Geometries) -> gpd.GeoDataFrame:
    """Spots strictly inside a community, so that each has one."""
    found, _ = shapely.STRtree(polygons).query(spots.geometry.to_numpy(), predicate="within")
    return spots.iloc[np.unique(found)]


def _lonlat(points: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(points.drop(columns="geometry")).assign(
        lon=points.geometry.x.to_numpy(), lat=points.geometry.y.to_numpy()
    )


def _whereabouts(
    ground: layers.Ground, counts: NDArray[np.int64], place: _Placing
) -> people.Places:
    centres = shapely.point_on_surface(ground.built.footprints)
    lonlat = shapely.get_coordinates(place(gpd.GeoDataFrame(geometry=centres)).geometry)
    community = ground.house_community
    number = len(ground.layout.communities)
    households = np.bincount(community, weights=counts, minlength=number).astype(np.int64)
    return people.Places(
        lonlat=lonlat,
        community=community,
        street=np.array([c.street for c in ground.layout.communities]),
        community_code=[code for code, _ in ground.codes.community],
        street_code=[code + "000" for code, _ in ground.codes.street],
        households=households,
    )
