"""Vector tiles: which cells at which zoom, and a bounded memory of those already made."""

from __future__ import annotations

from collections import OrderedDict

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.errors import BadInput
from gridsvc.grids import tile_queries

#: Closer than this a window holds so few cells that GeoJSON by bbox is the smaller answer.
CLOSEST = 13
#: From this zoom a micro-grid is wide enough on the screen to be told from its neighbour.
MICRO_GRIDS_FROM = 12
_MOST_BYTES = 64 * 2**20
#: What an entry costs beside its bytes, so that empty tiles are not free.
_ENTRY_BYTES = 512

Key = tuple[str, int, int, int]


class Tiles:
    """The tiles made last, by what their asker may see, the plans in force, and place.

    Parameters
    ----------
    most_bytes
        What may be kept; the tile that was not asked for longest goes first.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> bytes | None:
        """A tile made before, if it is still here."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key: Key, tile: bytes) -> None:
        """Remember a tile, and forget others for it."""
        self._bytes -= self._cost(self._kept.pop(key, None))
        self._kept[key] = tile
        self._bytes += self._cost(tile)
        while self._bytes > self._most_bytes:
            self._bytes -= self._cost(self._kept.popitem(last=False)[1])

    @staticmethod
    def _cost(tile: bytes | None) -> int:
        return 0 if tile is None else len(tile) + _ENTRY_BYTES


def check(z: int, x: int, y: int) -> None:
    """Refuse a tile that does not exist or is not offered.

    Raises
    ------
    BadInput
        With where to ask instead.
    """
    if not 0 <= z <= CLOSEST:
        raise BadInput(
            f"tiles exist for z 0 to {CLOSEST}; closer, ask /api/micro-grids?bbox=… for GeoJSON"
        )
    if not (0 <= x < 2**z and 0 <= y < 2**z):
        raise BadInput(f"at z {z} both x and y run from 0 to {2**z - 1}, y from the north")


async def made(session: AsyncSession, kept: Tiles, version: str, z: int, x: int, y: int) -> bytes:
    """The tile, from memory or from the database; `version` is of this session's scope."""
    key = (version, z, x, y)
    tile = kept.get(key)
    if tile is None:
        layer = "micro_grids" if z >= MICRO_GRIDS_FROM else "grids"
        tile = await tile_queries.tile(session, layer, z, x, y)
        kept.keep(key, tile)
    return tile
