"""Real dispatch histories, and the roads they are replayed on.

There is no road extract of San Francisco or Baltimore here: each city is replayed on a SYNTHETIC
LATTICE of streets over its events' own extent. San Francisco's is replayed once more on the real
roads of Nanjing's centre, its times kept and its places stretched to the extent of the roads.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from gridsvc.roads.graph import RoadGraph
from gridsvc.roads.modes import MODES, kmh
from gridsvc.roads.ways import Gathering, Ways

DATA = Path(__file__).resolve().parents[4] / "shared/data"
EXTRACT = DATA / "cn_nanjing_osm/nanjing_centre.osm.pbf"
#: Streets of a lattice in each direction.
LINES = 60
#: How long a crew is busy where the history does not say, seconds, and at most.
STAY_S, MOST_STAY_S = 1500.0, 4 * 3600.0


def sf_fire() -> pd.DataFrame:
    """Incidents of San Francisco's fire department, eight days of December 2016.

    Returns
    -------
    DataFrame
        s (seconds since the first was received), lon and lat (degrees, WGS-84), stay_s (on scene
        until available again), real_s (received until the first crew was on scene; NaN = unknown).
    """
    table = pd.read_csv(DATA / "ev_sf_fire_dispatch/sf_fire_2016-12.csv.gz")
    place = table["Location"].str.extract(r"\(([-\d.]+), ([-\d.]+)\)").astype(float)
    received, there, available = (
        _seconds(table[name]) for name in ("Received DtTm", "On Scene DtTm", "Available DtTm")
    )
    told = pd.DataFrame({
        "incident": table["Incident Number"], "s": received, "lon": place[1], "lat": place[0],
        "stay_s": available - there, "real_s": there - received,
    })  # fmt: skip
    first = told.sort_values("real_s").groupby("incident").first()
    first["s"] = told.groupby("incident")["s"].min()
    return _tidy(first)


def baltimore_day() -> pd.DataFrame:
    """A day of Baltimore's requests, columns as `sf_fire`, without real_s.

    The file is a sample of 10,000 from five years: its busiest day has 16. So a day is made of all
    requests of one weekday of one year, the fullest there is, each at its own time of day. Whole
    degrees and no places are left out.
    """
    table = pd.read_csv(DATA / "ev_baltimore_311/311_sample.csv.gz", low_memory=False)
    lon, lat = (pd.to_numeric(table[name], errors="coerce") for name in ("Longitude", "Latitude"))
    known = lon.between(-76.8, -76.4) & lat.between(39.1, 39.5) & (lon % 1 != 0)
    created = pd.to_datetime(table["CreatedDate"], format="%m/%d/%Y %I:%M:%S %p")
    weekday = created.dt.year.astype(str) + created.dt.day_name()
    which = known & (weekday == weekday[known].value_counts().idxmax())
    since_midnight = _seconds(table["CreatedDate"]) % 86_400
    return _tidy(pd.DataFrame({"s": since_midnight, "lon": lon, "lat": lat})[which])


def _seconds(at: pd.Series) -> pd.Series:
    moment = pd.to_datetime(at, format="%m/%d/%Y %I:%M:%S %p")
    return (moment - pd.Timestamp("2000-01-01")).dt.total_seconds()


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    table = table.dropna(subset=["s", "lon", "lat"]).sort_values("s", ignore_index=True)
    stay_s = table.get("stay_s", pd.Series(STAY_S, index=table.index))
    return table.assign(
        s=table["s"] - table["s"].min(),
        stay_s=stay_s.where(stay_s > 0, STAY_S).fillna(STAY_S).clip(60, MOST_STAY_S),
        real_s=table.get("real_s", np.nan),
    )


def box_of(events: pd.DataFrame) -> tuple[float, float, float, float]:
    """West, south, east, north (degrees) of all places, a hundredth wider each way."""
    west, east = events["lon"].min(), events["lon"].max()
    south, north = events["lat"].min(), events["lat"].max()
    x, y = (east - west) / 100, (north - south) / 100
    return float(west - x), float(south - y), float(east + x), float(north + y)


def lattice(box: tuple[float, float, float, float]) -> Ways:
    """Made-up streets over a box: avenues, one-way streets in turn, every seventh piece missing."""
    rng, gathering = np.random.default_rng(0), Gathering()
    west, south, east, north = box
    lon, lat = np.linspace(west, east, LINES), np.linspace(south, north, LINES)
    for line in range(LINES):
        main = line % 6 == 0
        road_class = "primary" if main else "residential"
        back = main or line % 3 == 0
        speeds = [(kmh(road_class, mode), kmh(road_class, mode) * back) for mode in MODES]
        for step in range(LINES - 1):
            for along in (True, False):
                if not main and rng.random() < 0.15:
                    continue
                ends = [(step, line), (step + 1, line)]
                ends = ends if along else [(j, i) for i, j in ends]
                ends = ends[::-1] if line % 2 else ends
                points = [i * LINES + j for i, j in ends]
                places = [(float(lon[i]), float(lat[j])) for i, j in ends]
                gathering.add(len(gathering.source_id), road_class, speeds, points, places)
    return gathering.ways()


def middle_of(graph: RoadGraph) -> tuple[float, float, float, float]:
    """West, south, east, north of the dense part: the roads' middle 80 percent."""
    west, east = np.quantile(graph.lon, (0.1, 0.9))
    south, north = np.quantile(graph.lat, (0.1, 0.9))
    return float(west), float(south), float(east), float(north)


def transplanted(events: pd.DataFrame, graph: RoadGraph) -> pd.DataFrame:
    """The same times, places stretched to the middle of another city's roads."""
    west, south, east, north = middle_of(graph)
    rank_lon, rank_lat = events["lon"].rank(pct=True), events["lat"].rank(pct=True)
    return events.assign(
        lon=west + rank_lon * (east - west), lat=south + rank_lat * (north - south)
    )
