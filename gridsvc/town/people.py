"""Grid workers, liaisons and enforcement officers, where they are and what they may do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridsvc.geo import Datum, from_wgs84
from gridsvc.town.names import people as people_names

#: Households for one grid worker and for one liaison (seeds: 300 and 100).
PER_WORKER = 300
PER_LIAISON = 100
#: Households for one enforcement officer, and the fewest a street has.
PER_OFFICER = 500
FEWEST_OFFICERS = 4
#: Of the communities with two grid workers or more every so manieth, from the first, is one
#: short, so that some cells have none.
SHORT_EVERY = 4
ON_DUTY = 0.85
#: Share of phones that report GCJ-02, as Chinese phones do.
GCJ02 = 0.12
CAPACITY = {"grid_worker": 5, "liaison": 2, "officer": 3}
PREFIX = {"grid_worker": "WG", "liaison": "LL", "officer": "ZF"}


@dataclass(frozen=True)
class Places:
    """Where people can be: building centres by community, EPSG:4326."""

    lonlat: NDArray[np.float64]  # (n, 2) degrees, WGS-84
    community: NDArray[np.intp]  # community of each centre
    street: NDArray[np.intp]  # street of each community
    community_code: list[str]
    street_code: list[str]
    households: NDArray[np.int64]  # by community


def staff(places: Places, powers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Everybody who works for the town.

    Returns
    -------
    pandas.DataFrame
        code, name, role (grid_worker, liaison, officer), division_code (12 digits: community, for
        officers the street), on_duty, capacity, powers (codes joined by ';'), lon, lat, datum.
    """
    frames = [
        _of_communities("grid_worker", _workers(places.households), places, rng),
        _of_communities("liaison", _per(places.households, PER_LIAISON), places, rng),
        _officers(places, list(powers["code"]), rng),
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame.insert(1, "name", people_names(len(frame), rng))
    frame.insert(4, "on_duty", rng.random(len(frame)) < ON_DUTY)
    frame.insert(5, "capacity", frame["role"].map(CAPACITY))
    return _report_positions(frame, rng)


def _per(households: NDArray[np.int64], each: int) -> NDArray[np.int64]:
    count: NDArray[np.int64] = np.maximum(1, np.rint(households / each)).astype(np.int64)
    return count


def _workers(households: NDArray[np.int64]) -> NDArray[np.int64]:
    count = _per(households, PER_WORKER)
    large = count > 1
    short = large & ((np.cumsum(large) - 1) % SHORT_EVERY == 0)
    left: NDArray[np.int64] = count - short
    return left


def _of_communities(
    role: str, count: NDArray[np.int64], places: Places, rng: np.random.Generator
) -> pd.DataFrame:
    community = np.repeat(np.arange(len(count)), count)
    spots = _spots(places.community, community, rng)
    return pd.DataFrame(
        {
            "code": [f"{PREFIX[role]}{i + 1:05d}" for i in range(len(community))],
            "role": role,
            "division_code": np.array(places.community_code, dtype=object)[community],
            "powers": "",
            "lon": places.lonlat[spots, 0],
            "lat": places.lonlat[spots, 1],
        }
    )


def _officers(places: Places, powers: list[str], rng: np.random.Generator) -> pd.DataFrame:
    households = np.bincount(places.street, weights=places.households)
    count = np.maximum(FEWEST_OFFICERS, np.rint(households / PER_OFFICER)).astype(int)
    street = np.repeat(np.arange(len(count)), count)
    rank = np.concatenate([np.arange(n) for n in count])
    spots = _spots(places.street[places.community], street, rng)
    return pd.DataFrame(
        {
            "code": [f"{PREFIX['officer']}{i + 1:05d}" for i in range(len(street))],
            "role": "officer",
            "division_code": np.array(places.street_code, dtype=object)[street],
            "powers": [_held(int(r), powers, rng) for r in rank],
            "lon": places.lonlat[spots, 0],
            "lat": places.lonlat[spots, 1],
        }
    )


def _held(rank: int, powers: list[str], rng: np.random.Generator) -> str:
    """Powers of an officer: two whole domains (the letters of a code) and a few others.

    Turn by turn, so that the officers of a street together hold every domain.
    """
    domains = list(dict.fromkeys(code[:2] for code in powers))
    own = {domains[(2 * rank) % len(domains)], domains[(2 * rank + 1) % len(domains)]}
    extra = set(rng.choice(powers, 3, replace=False).tolist())
    return ";".join(code for code in powers if code[:2] in own or code in extra)


def _spots(
    group: NDArray[np.intp], wanted: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.intp]:
    """A random member of each wanted group."""
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], wanted, side="left")
    count = np.searchsorted(group[order], wanted, side="right") - start
    return order[start + (rng.random(len(wanted)) * count).astype(np.intp)]


def _report_positions(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give some positions in GCJ-02, and name the datum of each."""
    # However few there are, one at least.
    some = rng.permutation(len(frame)) < max(round(GCJ02 * len(frame)), 1)
    datum = np.where(some, Datum.GCJ02, Datum.WGS84)
    shown = [
        from_wgs84(lon, lat, Datum(name))
        for lon, lat, name in zip(frame["lon"], frame["lat"], datum, strict=True)
    ]
    frame[["lon", "lat"]] = np.round(np.array(shown), 7)
    frame["datum"] = [str(name) for name in datum]
    return frame
