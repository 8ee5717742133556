"""The planner's desk as hands use it: cells by number, places in degrees become pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
import shapely
from playwright.sync_api import Page
from shapely.geometry.base import BaseGeometry

Place = tuple[float, float]
#: Two clicks sooner than that are a double one.
CLICK_MS = 300


class Border(NamedTuple):
    """What two cells have in common."""

    one: int
    other: int
    line: shapely.LineString


class PlanDesk:
    """The page of one draft."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_selector("[data-ready]")

    def reload(self) -> None:
        self.page.reload()
        self.ready()

    def cells(self) -> dict[int, shapely.Polygon]:
        """Shape of every ordinary cell by its number, plump ones first."""
        told = self.page.evaluate("[...planDesk.cells.values()].filter(c => c.kind === 'ordinary')")
        shapes = {cell["number"]: shapely.geometry.shape(cell["geometry"]) for cell in told}
        by = sorted(shapes, key=lambda n: shapes[n].convex_hull.area / shapes[n].area)
        return {number: shapes[number] for number in by}

    def borders(self) -> list[Border]:
        """Borders of ordinary cells that are one line each, the longest first."""
        found = []
        for (one, a), (other, b) in combinations(self.cells().items(), 2):
            line = shapely.line_merge(shapely.intersection(a, b))
            if isinstance(line, shapely.LineString) and not line.is_empty:
                found.append(Border(one, other, line))
        return sorted(found, key=lambda border: -border.line.length)

    def buildings(self) -> list[BaseGeometry]:
        told = self.page.evaluate("planDesk.view.ground.buildings")
        return [shapely.geometry.shape(one) for one in told]

    def households(self) -> dict[int, int]:
        """Of every ordinary cell by its number."""
        told = "[...planDesk.cells.values()].filter(c => c.kind === 'ordinary')"
        pairs = self.page.evaluate(f"{told}.map(c => [c.number, c.households])")
        return dict(pairs)

    def every_cell_has_people(self) -> bool:
        return min(self.households().values()) > 0

    def tool(self, name: str) -> None:
        self.page.locator(f"[data-tool={name}]").click()

    def tab(self, name: str) -> None:
        self.page.locator(f"#tab-{name}").click()

    def choose(self, *numbers: int) -> None:
        """These and no others, by the list, which also goes there."""
        self.tool("select")
        self.tab("cells")
        before = self.page.evaluate("[...planDesk.chosen]")
        for number in [*(set(before) - set(numbers)), *(set(numbers) - set(before))]:
            self.page.locator(f'#cells tr[data-number="{number}"] button').click(
                modifiers=["Shift"]
            )
        self.page.wait_for_function(
            "n => planDesk.chosen.size === n && !planDesk.view.map.getView().getAnimating()",
            arg=len(numbers),
        )

    def look_at(self, *shapes: BaseGeometry, zoom: float = 18.5) -> None:
        """As if the wheel were turned until these fill the map."""
        ends = shapely.MultiPoint(np.array(shapely.union_all(shapes).bounds).reshape(2, 2))
        self.page.evaluate(
            """([ends, zoom]) => {
                const R = 6378137, rad = Math.PI / 180;
                const at = ends.map(([lon, lat]) =>
                    [R * lon * rad, R * Math.log(Math.tan(Math.PI / 4 + lat * rad / 2))]);
                planDesk.view.map.getView().fit([...at[0], ...at[1]],
                    { padding: [80, 80, 80, 80], maxZoom: zoom });
                planDesk.view.map.renderSync();
            }""",
            [shapely.get_coordinates(ends).tolist(), zoom],
        )

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        x, y = self.page.evaluate(
            """([lon, lat]) => {
                const R = 6378137, rad = Math.PI / 180;
                const at = [R * lon * rad, R * Math.log(Math.tan(Math.PI / 4 + lat * rad / 2))];
                const box = document.getElementById('map').getBoundingClientRect();
                const [x, y] = planDesk.view.map.getPixelFromCoordinate(at);
                return [box.x + x, box.y + y];
            }""",
            [lon, lat],
        )
        return x, y

    def trace(self, places: Sequence[Place]) -> None:
        """Click from place to place, and only point at the last."""
        for place in places[:-1]:
            self.page.mouse.click(*self.pixel(*place))
            self.page.wait_for_timeout(CLICK_MS)
        self.page.mouse.move(*self.pixel(*places[-1]), steps=5)

    def draw(self, places: Sequence[Place], before_the_end: Callable = lambda: None) -> bool:
        """Trace a line and end it by a double click; whether the service took it."""
        self.trace(places)
        before_the_end()
        return self.try_to(lambda: self.page.mouse.dblclick(*self.pixel(*places[-1])))

    def try_to(self, act: Callable) -> bool:
        """Whether the service took what an act led to; what it said against it is closed."""
        version = self.page.evaluate("planDesk.version()")
        act()
        answered = "was => planDesk.version() !== was || !document.getElementById('banner').hidden"
        self.page.wait_for_function(answered, arg=version)
        if self.page.locator("#banner").is_visible():
            self.page.get_by_role("button", name="知道了").click()
            return False
        self._changed_from(version)
        return True

    @contextmanager
    def change(self) -> Iterator[None]:
        """Wait until what is done in here has been taken by the service."""
        version = self.page.evaluate("planDesk.version()")
        yield
        self._changed_from(version)

    def undo(self) -> None:
        with self.change():
            self.page.keyboard.press("Control+z")

    def _changed_from(self, version: int) -> None:
        script = "was => planDesk.version() !== was && !planDesk.sender.busy"
        self.page.wait_for_function(script, arg=version)


def across(shape: shapely.Polygon) -> list[Place]:
    """Ends of a line through the middle of a shape, a little beyond its longer sides."""
    corners = shapely.get_coordinates(shape.minimum_rotated_rectangle)
    sides = sorted(pairwise(corners), key=lambda c: np.hypot(*(c[1] - c[0])))
    (a, b), middle = sides[0], np.array(shape.centroid.coords[0])
    half = 0.7 * (b - a)
    return [tuple(middle - half), tuple(middle + half)]
