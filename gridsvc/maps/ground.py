"""The layer of the background: lines and areas to see where one is."""

from __future__ import annotations

from typing import Any

from gridsvc.maps.compact import CompactData, CompactLayer


class GroundLayer(CompactLayer):
    """Roads, water and buildings, quietly below borders and above the colours of cells.

    Parameters
    ----------
    data, name, z_index, show
        As for `CellLayer`.
    table
        Name of a table of lines in the data block; ``kind`` numbers `kinds`.
    kinds
        By number: colour, width_px (0 = filled) and from_zoom.
    """

    maker = "ground"

    def __init__(
        self,
        data: CompactData,
        table: str,
        *,
        name: str,
        kinds: list[dict[str, Any]],
        z_index: int = 405,
        show: bool = True,
    ) -> None:
        super().__init__(data, name, z_index, show, table=table, kinds=kinds)
        self._name = "GroundLayer"
