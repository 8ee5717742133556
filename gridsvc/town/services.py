"""Service points of a town: where its people are served."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsvc.geo import Datum
from gridsvc.town.people import Places

#: Kind, what it is called, and households of a community for each; the first of a community comes
#: from so many households on. Few enough that some homes lie outside every circle.
KINDS = (
    ("party", "党群服务中心", 3000, 0),
    ("station", "网格服务站", 1200, 400),
    ("health", "卫生服务站", 5000, 300),
    ("elderly", "养老服务站", 6000, 600),
    ("canteen", "社区食堂", 8000, 800),
    ("police", "警务室", 8000, 500),
)
#: Of the communities every so manieth has no service point yet.
NONE_EVERY = 5


def service_points(places: Places, names: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Service points, each at a building.

    Parameters
    ----------
    places
        Centres of buildings, and the communities with their households.
    names
        Name of each community.

    Returns
    -------
    pandas.DataFrame
        code (FW and five digits), name, kind, lon, lat, datum (WGS-84).
    """
    rows = []
    for community, households in enumerate(places.households.tolist()):
        spots = np.flatnonzero(places.community == community)
        if not len(spots) or community % NONE_EVERY == NONE_EVERY - 1:
            continue
        for kind, called, each, least in KINDS:
            if households < least:
                continue
            for number in range(max(1, round(households / each))):
                lon, lat = places.lonlat[rng.choice(spots)].round(7).tolist()
                which = f"第{number + 1}" if number else ""
                rows.append((f"{names[community]}{which}{called}", kind, lon, lat))
    frame = pd.DataFrame(rows, columns=["name", "kind", "lon", "lat"])
    frame.insert(0, "code", [f"FW{i + 1:05d}" for i in range(len(frame))])
    return frame.assign(datum=str(Datum.WGS84))
