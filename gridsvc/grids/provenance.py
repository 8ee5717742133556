"""What a plan was made from, as one digest: settings, what stands there, and the method."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.grids.area_queries import AreaFrames

#: Libraries whose next version may draw another border from the same input.
_LIBRARIES = ("numba", "numpy", "pymetis", "pyproj", "scipy", "shapely")
#: Modules of ours that decide about borders and codes: a package whole, or single files of one.
_SOURCES = {"gridsvc.planning": None, "gridsvc.grids": ("numbering.py",), "gridsvc": ("geo.py",)}


def made_from(area: AreaFrames, **settings: Any) -> str:
    """SHA-256 of all that decides how a plan comes out, in hexadecimal.

    The same digest means the same plan, or one mended from the plan in force before, which left
    nothing to mend. Codes depend on that plan too.

    Parameters
    ----------
    area
        The layers as they were read.
    **settings
        What was asked for, by name, in terms of JSON.
    """
    whole = sha256(method().encode())
    whole.update(_digest(json.dumps(settings, sort_keys=True).encode()))
    for name, frame in vars(area).items():
        whole.update(_digest(name.encode()))
        whole.update(_layer(frame))
    return whole.hexdigest()


@cache
def method() -> str:
    """Version of the method: SHA-256 of the planner's source text and its libraries' versions.

    Nobody needs to remember to count it up; a change of a comment costs a plan made anew.
    """
    whole = sha256()
    for package, only in _SOURCES.items():
        for file in sorted(files(package).iterdir(), key=lambda file: file.name):
            if file.name in only if only else file.name.endswith(".py"):
                whole.update(_digest(file.name.encode()))
                whole.update(_digest(file.read_bytes()))
    libraries = [*(f"{name} {version(name)}" for name in _LIBRARIES), shapely.geos_version_string]
    whole.update(_digest(" ".join(libraries).encode()))
    return whole.hexdigest()


def _layer(frame: gpd.GeoDataFrame) -> bytes:
    attributes = frame.drop(columns=frame.geometry.name).to_csv(index=False)
    shapes = shapely.to_wkb(np.asarray(frame.geometry))
    return _digest(attributes.encode()) + _digest(b"".join(shape or b"-" for shape in shapes))


def _digest(part: bytes) -> bytes:
    """Of one part, so that what ends one and begins the next makes a difference."""
    return sha256(part).digest()
