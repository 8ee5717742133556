"""What a run of the bench says: rows, a table of them, and ratios to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.maps.viewing import Viewing


@dataclass(frozen=True)
class Row:
    """One contender's figures on a city of `cells` micro-grids."""

    name: str
    cells: int
    vertices: int
    build_s: float
    html_mb: float
    view: Viewing

    def figures(self) -> dict[str, float]:
        """All that is compared, by the name it has in the JSON."""
        return {
            "build": self.build_s,
            "html": self.html_mb,
            "drawn": self.view.drawn_s,
            "memory": self.view.memory_mb,
            "pan": self.view.pan_ms,
            "zoom": self.view.zoom_ms,
            "pan_whole": self.view.pan_whole_ms,
            "zoom_whole": self.view.zoom_whole_ms,
        }


def ratios(rows: Sequence[Row]) -> dict[str, float]:
    """Our figures as shares of folium's and explore's, and our requests."""
    by_name = {row.name: row for row in rows}
    own = by_name["gridsvc"]
    shares = {
        f"{key}_vs_{rival}": round(value / by_name[rival].figures()[key], 4)
        for rival in ("folium", "explore")
        for key, value in own.figures().items()
    }
    return shares | {"outside_requests": own.view.outside}


def table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    head = (
        "| | cells | build CPU s | HTML MB | drawn s | renderer MB | worst pan ms | worst zoom ms "
        "| until whole, pan / zoom ms | outside requests |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    lines = [
        f"| {row.name} | {row.cells:,} | {row.build_s:.2f} | {row.html_mb:.2f} "
        f"| {row.view.drawn_s:.2f} | {row.view.memory_mb:.0f} | {row.view.pan_ms:.0f} "
        f"| {row.view.zoom_ms:.0f} | {row.view.pan_whole_ms:.0f} / {row.view.zoom_whole_ms:.0f} "
        f"| {row.view.outside} |"
        for row in rows
    ]
    return "\n".join([head, *lines])
