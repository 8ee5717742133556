"""One day of events: matters reported in Chinese at places where such things happen."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import numpy as np
import pandas as pd

from gridsvc.geo import Datum, from_wgs84

#: The day shown, a Wednesday, and its zone.
DAY = date(2026, 9, 16)
CHINA = timezone(timedelta(hours=8))
#: How many events come in each hour of the day: little at night, peaks after breakfast and work.
HOURS = (1, 1, 1, 1, 1, 2, 5, 9, 13, 14, 13, 11, 7, 8, 11, 12, 11, 12, 11, 9, 7, 5, 3, 2)
#: Share of phones that report GCJ-02.
GCJ02 = 0.15
#: Some matters come up far more often than others.
FREQUENT = {"E0102": 5.0, "E0401": 5.0, "E0402": 4.0, "E0403": 4.0, "E0408": 4.0, "E0201": 2.0}
FREQUENT |= {"P0106": 3.0, "P0301": 4.0, "P0201": 3.0, "E0601": 3.0, "E0101": 2.0, "E0202": 3.0}


def day_of_events(
    spots: pd.DataFrame, descriptions: pd.DataFrame, count: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Events of one day in the order in which they were captured.

    Parameters
    ----------
    spots
        Where things happen: kind (road, homes, shop, lanes, village, park, river, field, school,
        hospital, enterprise),
        name, lon, lat in degrees, WGS-84.
    descriptions
        matter_code, place (a kind of spot), text.
    count
        Number of events.
    rng
        Source of all chance.

    Returns
    -------
    pandas.DataFrame
        client_key, matter_code, lon, lat, datum, description, captured_at (ISO 8601, +08:00).
    """
    by_kind = dict(list(spots.groupby("place", sort=True)))
    possible = descriptions[descriptions["place"].isin(by_kind)]
    # Several wordings of one matter share its weight.
    wordings = possible.groupby("matter_code")["text"].transform("size")
    weight = possible["matter_code"].map(FREQUENT).fillna(1.0) / wordings
    chosen = possible.iloc[rng.choice(len(possible), count, p=weight / weight.sum())]
    rows = []
    for text in chosen.itertuples():
        place = by_kind[text.place]
        spot = place.iloc[int(rng.integers(len(place)))]
        datum = Datum.GCJ02 if rng.random() < GCJ02 else Datum.WGS84
        lon, lat = from_wgs84(float(spot["lon"]), float(spot["lat"]), datum)
        said = text.text.replace("{place}", spot["name"])
        rows.append((text.matter_code, round(lon, 7), round(lat, 7), str(datum), said))
    frame = pd.DataFrame(rows, columns=["matter_code", "lon", "lat", "datum", "description"])
    frame["captured_at"] = _times(count, rng)
    frame.insert(0, "client_key", [f"demo-{DAY:%Y%m%d}-{i + 1:05d}" for i in range(count)])
    return frame


def _times(count: int, rng: np.random.Generator) -> list[str]:
    share = np.array(HOURS) / sum(HOURS)
    second = np.sort(rng.choice(24, count, p=share) * 3600 + rng.integers(0, 3600, count))
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=CHINA)
    return [(start + timedelta(seconds=int(s))).isoformat() for s in second]
