"""Small generated towns, crooked enough to be interesting."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from shapely.affinity import rotate, translate

CRS = "EPSG:32650"
ORIGIN = (668_000.0, 3_546_000.0)


def frame(geometries, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(geometries), crs=CRS)


def box(x, y, width, height):
    """Rectangle with its lower left corner at (x, y) metres from the town's origin."""
    x, y = x + ORIGIN[0], y + ORIGIN[1]
    return shapely.box(x, y, x + width, y + height)


def point(x, y):
    return shapely.Point(x + ORIGIN[0], y + ORIGIN[1])


def line(*points):
    return shapely.LineString([(x + ORIGIN[0], y + ORIGIN[1]) for x, y in points])


def build_town(seed, blocks=4, communities=1, sites=1):
    """Crooked streets with gaps, rows and towers, duplicates, empty blocks, sites.

    Returns the four frames as keyword arguments of ``plan_cells``.
    """
    rng = np.random.default_rng(seed)
    size, pitch = 130.0, 130.0
    corner = {
        (i, j): np.array([i, j]) * pitch + rng.uniform(-18, 18, 2)
        for i in range(blocks + 1)
        for j in range(blocks + 1)
    }
    lines, weights = [], []
    for (i, j), at in corner.items():
        for other in ((i + 1, j), (i, j + 1)):
            if other in corner and rng.random() < 0.9:
                short = rng.choice([0.0, 0.0, 0.004, 3.0])
                there = corner[other]
                there = there + (at - there) / np.hypot(*(at - there)) * short
                lines.append(line(at, there))
                weights.append(float(rng.choice([0.0, 0.3, 0.6, 1.2], p=[0.05, 0.5, 0.35, 0.1])))
    buildings, households = [], []
    for i in range(blocks):
        for j in range(blocks):
            kind = rng.choice(["rows", "towers", "yards", "empty"], p=[0.45, 0.25, 0.2, 0.1])
            shapes, counts = _block(rng, kind, i * pitch, j * pitch, size)
            buildings += shapes
            households += counts
    if buildings and seed % 3 == 0:
        buildings.append(buildings[0])
        households.append(3)
    whole = blocks * pitch
    cuts = np.linspace(0, whole, communities + 1)
    boundary = [box(a, 0, b - a, whole) for a, b in pairwise(cuts)]
    special = [box(*rng.uniform(0, whole - 60, 2), *rng.uniform(40, 90, 2)) for _ in range(sites)]
    return {
        "buildings": frame(buildings, households=np.array(households, dtype=int)),
        "boundary": frame(boundary),
        "barriers": frame(lines, w=weights),
        "special": frame(special, kind=["school"] * len(special)) if special else None,
    }


def _block(rng, kind, x, y, size):
    turn = rng.uniform(-8, 8)
    place = lambda shape: rotate(shape, turn, origin=box(x, y, size, size).centroid)  # noqa: E731
    shapes, counts = [], []
    if kind == "rows":  # terraces that share walls
        for row in range(3):
            for k in range(5):
                shapes.append(box(x + 25 + 16 * k, y + 25 + 30 * row, 16, 11))
                counts.append(int(rng.integers(0, 14)))
    elif kind == "towers":
        for row in range(2):
            for k in range(2):
                shapes.append(box(x + 30 + 45 * k, y + 30 + 45 * row, 22, 20))
                counts.append(int(rng.choice([40, 60, 90, 150])))
    elif kind == "yards":  # a courtyard with a house in it
        ring = box(x + 30, y + 30, 60, 60).difference(box(x + 42, y + 42, 36, 36))
        shapes += [ring, box(x + 55, y + 55, 10, 10)]
        counts += [int(rng.integers(20, 80)), int(rng.integers(0, 5))]
    dx, dy = rng.uniform(-3, 3, 2)
    return [translate(place(shape), dx, dy) for shape in shapes], counts
