"""Kinds of arrays the roads room passes around."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
#: What the engine takes: milliseconds of an arc, number of a node.
Millis = NDArray[np.uint32]
