"""The bend: a smooth one-to-one map from the flat plan to the ground.

The town is planned in a flat plan whose streets are axis-parallel. Adding a few sine waves and
a turn to every coordinate bends streets, blocks and river together, so that nothing that was
apart in the plan meets on the ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Wave length and amplitude in metres. The slopes 2*pi*a/l add up to 0.62 over two directions
#: of displacement, small enough for the map to stay one-to-one.
WAVES = ((3600.0, 95.0), (1300.0, 36.0), (430.0, 8.0), (170.0, 1.4))
#: The whole town is turned by at most this angle, in radians; houses still face south.
TURN = 0.14


@dataclass(frozen=True)
class Warp:
    """Sine waves added to both coordinates, then a turn about the origin."""

    wave: Array  # (n, 2) wave vectors, radians per metre
    shift: Array  # (n, 2) displacement in metres
    phase: Array  # (n,) radians
    turn: Array  # (2, 2) rotation matrix

    def __call__(self, plan: Array) -> Array:
        """Ground coordinates in metres, shape (n, 2), of plan coordinates of the same shape."""
        u, v = plan[:, :1], plan[:, 1:]
        # Written out, not as matrix products: a place met twice must get the same digits.
        sines = np.sin(u * self.wave[:, 0] + v * self.wave[:, 1] + self.phase)
        x = plan[:, 0] + (sines * self.shift[:, 0]).sum(axis=1)
        y = plan[:, 1] + (sines * self.shift[:, 1]).sum(axis=1)
        (cos, minus), (sin, _) = self.turn
        ground: Array = np.column_stack([x * cos + y * sin, x * minus + y * cos])
        return ground.round(4)


def make_warp(rng: np.random.Generator) -> Warp:
    """Two waves of each length in random directions, and a random turn."""
    lengths, sizes = (np.repeat(column, 2) for column in zip(*WAVES, strict=True))
    heading = rng.uniform(0, 2 * np.pi, len(lengths))
    # The two waves of one length travel across each other, so that no direction stays straight.
    heading[1::2] = heading[::2] + np.pi / 2 + rng.uniform(-0.4, 0.4, len(lengths) // 2)
    travel = np.column_stack([np.cos(heading), np.sin(heading)])
    across = np.column_stack([-travel[:, 1], travel[:, 0]])
    angle = rng.uniform(-TURN, TURN)
    cos, sin = np.cos(angle), np.sin(angle)
    return Warp(
        wave=travel * (2 * np.pi / lengths)[:, None],
        shift=across * (sizes * 0.7)[:, None],
        phase=rng.uniform(0, 2 * np.pi, len(lengths)),
        turn=np.array([[cos, -sin], [sin, cos]]),
    )
