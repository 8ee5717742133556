"""Where communities, villages, river, railway and blocks lie in the flat plan."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gridsvc.town.streets import Axis, Network, Rect

#: Households per hectare of a whole community, streets and sites included, by its character.
DENSITY = {"old": 62.0, "slab": 100.0, "tower": 128.0}
#: Share of the urban communities of each character, from the centre outwards.
SHARE = {"old": 0.22, "slab": 0.48, "tower": 0.30}
#: Largest block in square metres by the community's character.
LARGEST_BLOCK = {"old": 14_000.0, "slab": 24_000.0, "tower": 30_000.0, "village": 55_000.0}
#: Land a site would like to have, square metres.
SITE_M2 = {
    "school": 16_000.0,
    "hospital": 18_000.0,
    "park": 22_000.0,
    "enterprise": 25_000.0,
    "shops": 10_000.0,
}
COMMUNITY_HOUSEHOLDS = 2000
VILLAGE_HOUSEHOLDS = 500
#: Households per hectare of hamlet.
HAMLET_DENSITY = 16.0
#: Communities in one street or town, and in one county, at most.
STREET_SIZE = 12
TOWN_SIZE = 7
COUNTY_SIZE = 160
#: Green strip between the river or the railway and the road along it, metres.
VERGE = 34.0


@dataclass
class Community:
    """One community of the plan."""

    rect: Rect
    kind: str  # old, slab, tower or village
    street: int
    sites: tuple[str, ...] = ()


@dataclass
class Block:
    """Land between streets, with what stands on it."""

    rect: Rect
    community: int
    use: str


@dataclass
class Layout:
    """The flat plan of a town."""

    network: Network
    communities: list[Community] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    #: Number of the county of each street or town, and whether it is a town.
    counties: list[int] = field(default_factory=list)
    rural: list[bool] = field(default_factory=list)
    river: float = 0.0  # v of the river, metres
    rail: float = 0.0  # v of the railway


def plan_layout(households: int, rng: np.random.Generator, scale: float) -> Layout:
    """Flat plan for about so many households.

    Parameters
    ----------
    households
        Size of the town.
    rng
        Source of all chance.
    scale
        Factor on the land, to correct for a first draft that held too few or too many.

    Returns
    -------
    Layout
        Lengths in metres; the network is not frozen yet.
    """
    rural_share = 0.10 if households < 5000 else 0.06
    villages = max(1, round(households * rural_share / VILLAGE_HOUSEHOLDS))
    count = max(3, round(households * (1 - rural_share) / COMMUNITY_HOUSEHOLDS))
    mean_density = sum(DENSITY[kind] * SHARE[kind] for kind in DENSITY)
    urban_m2 = households * (1 - rural_share) / mean_density * 1e4 * scale
    village_m2 = (70.0 if households < 5000 else 90.0) * 1e4
    width, height = np.sqrt(urban_m2 * 1.2), np.sqrt(urban_m2 / 1.2)
    sides = 1 if villages <= 3 else 2 if villages <= 9 else 4
    ring = _ring(width, height, villages * village_m2, sides)
    layout = _outline(width, height, ring, sides)
    draft = _Draft(layout, rng)
    town = draft.frame(width, height, ring, sides, count)
    for strip in draft.strips:
        draft.villages(strip, max(1, round(strip.area / village_m2)))
    draft.divide(town, count, None, None)
    draft.join_towns()
    _characters(layout, rng)
    for number in range(len(layout.communities)):
        _blocks(layout, number, rng)
    return layout


def _ring(width: float, height: float, area_m2: float, sides: int) -> float:
    """Thickness of the village land that gives the wanted area along 1, 2 or 4 sides."""
    if sides == 1:
        return area_m2 / width
    square, linear = (1.0, width + height) if sides == 2 else (4.0, 2 * (width + height))
    root: float = np.sqrt(linear**2 + 4 * square * area_m2)
    return (root - linear) / (2 * square)


def _outline(width: float, height: float, ring: float, sides: int) -> Layout:
    across, up = {1: (0, 1), 2: (1, 1), 4: (2, 2)}[sides]
    return Layout(Network(width + across * ring, height + up * ring))


class _Draft:
    """A layout while its communities are being cut out."""

    def __init__(self, layout: Layout, rng: np.random.Generator) -> None:
        self.layout, self.network, self.rng = layout, layout.network, rng
        self.strips: list[Rect] = []

    def frame(self, width: float, height: float, ring: float, sides: int, count: int) -> Rect:
        """Cut the village land off, with the railway north and a trunk road east."""
        south, west = (ring, ring) if sides == 4 else (0.0, 0.0)
        town, strip = self.network.split(self.network.root, "v", south + height, "rail")
        self.strips.append(strip)
        if sides >= 2:
            town, strip = self.network.split(town, "u", west + width, "trunk")
            self.strips.append(strip)
        if sides == 4:
            strip, town = self.network.split(town, "v", south, "primary")
            self.strips.append(strip)
            strip, town = self.network.split(town, "u", west, "primary")
            self.strips.append(strip)
        self.layout.rail = south + height
        # South of the river lie four communities in ten.
        self.layout.river = south + height * max(1, round(0.4 * count)) / count
        return town

    def street(self, county: int, rural: bool) -> int:
        """A new street or town."""
        self.layout.counties.append(county)
        self.layout.rural.append(rural)
        return len(self.layout.counties) - 1

    def divide(self, rect: Rect, count: int, street: int | None, county: int | None) -> None:
        """Cut a part of the town into `count` communities by main roads."""
        if county is None and count <= COUNTY_SIZE:
            county = 1 + max(self.layout.counties, default=-1)
        if county is not None and street is None and count <= STREET_SIZE:
            street = self.street(county, rural=False)
        if street is not None and count == 1:
            self.layout.communities.append(Community(rect, "", street))
            return
        low, river, high = rect.bounds[1], self.layout.river, rect.bounds[3]
        if low < river < high:
            first = min(max(round(count * (river - low) / (high - low)), 1), count - 1)
            halves = self.network.split(rect, "v", river, "river")
        else:
            first = count // 2
            halves = self._halve(rect, first / count, "primary" if count > 6 else "secondary", 60)
        self.divide(halves[0], first, street, county)
        self.divide(halves[1], count - first, street, county)

    def villages(self, strip: Rect, count: int) -> None:
        """Cut village land into villages; those along one strip follow each other."""
        low, river, high = strip.bounds[1], self.layout.river, strip.bounds[3]
        if low < river < high and count > 1:
            first = min(max(round(count * (river - low) / (high - low)), 1), count - 1)
            halves = self.network.split(strip, "v", river, "river")
        elif count == 1:
            self.layout.communities.append(Community(strip, "village", -1))
            return
        else:
            first = count // 2
            halves = self._halve(strip, first / count, "tertiary", 0)
        self.villages(halves[0], first)
        self.villages(halves[1], count - first)

    def _halve(self, rect: Rect, share: float, road: str, reach: float) -> tuple[Rect, Rect]:
        axis: Axis = "u" if rect.width > rect.height * self.rng.uniform(0.9, 1.2) else "v"
        low, length = (rect.bounds[0], rect.width) if axis == "u" else (rect.bounds[1], rect.height)
        at = low + length * (share + self.rng.uniform(-0.035, 0.035))
        return self.network.split(rect, axis, self.network.aligned(rect, axis, at, reach), road)

    def join_towns(self) -> None:
        """Join neighbouring villages to towns, each in the county whose town is nearest."""
        villages = [c for c in self.layout.communities if c.kind == "village"]
        urban = [c for c in self.layout.communities if c.kind != "village"]
        size = -(-len(villages) // -(-len(villages) // TOWN_SIZE))
        for start in range(0, len(villages), size):
            group = villages[start : start + size]
            middle = np.mean([_middle(c.rect) for c in group], axis=0)
            near = min(urban, key=lambda c: float(np.hypot(*(_middle(c.rect) - middle))))
            town = self.street(self.layout.counties[near.street], rural=True)
            for community in group:
                community.street = town


def _middle(rect: Rect) -> np.ndarray:
    u0, v0, u1, v1 = rect.bounds
    return np.array([(u0 + u1) / 2, (v0 + v1) / 2])


def _characters(layout: Layout, rng: np.random.Generator) -> None:
    """Old quarters near the middle, slab estates around them, towers outside; then sites."""
    urban = [c for c in layout.communities if c.kind != "village"]
    middle = np.mean([_middle(c.rect) for c in urban], axis=0)
    far = [float(np.hypot(*(_middle(c.rect) - middle))) * rng.uniform(0.75, 1.3) for c in urban]
    limits = np.cumsum([SHARE[kind] for kind in SHARE]) * len(urban)
    for rank, index in enumerate(np.argsort(far, kind="stable")):
        # The middle of the rank, so that three communities are one of each character.
        kind = list(SHARE)[int(np.searchsorted(limits, rank + 0.5))]
        urban[index].kind = kind
        urban[index].sites = _sites(kind, rank)
    for rank, village in enumerate(c for c in layout.communities if c.kind == "village"):
        village.sites = ("enterprise",) if rank % 3 == 0 else ("school",) if rank % 3 == 1 else ()


def _sites(kind: str, rank: int) -> tuple[str, ...]:
    """Sites of the community with this rank from the centre; every town has one of each."""
    if kind == "old":
        return ("school", "shops") if rank % 2 == 0 else ("park", "shops")
    if kind == "slab":
        return ("hospital", "park", "shops") if rank % 6 == 1 else ("school", "shops")
    return ("school", "enterprise", "shops") if rank % 2 == 0 else ("enterprise", "park")


def _blocks(layout: Layout, number: int, rng: np.random.Generator) -> None:
    """Cut a community into blocks by its streets and say what stands on each."""
    community, network = layout.communities[number], layout.network
    rest = _cut_verge(layout, number)
    limit = min(LARGEST_BLOCK[community.kind], community.rect.area / 5)
    roads = ("tertiary", "track") if community.kind == "village" else ("tertiary", "residential")
    parts: list[Rect] = []
    _subdivide(network, rest, limit, roads, parts, rng)
    uses = _uses(community, parts, rng)
    layout.blocks.extend(Block(part, number, use) for part, use in zip(parts, uses, strict=True))


def _cut_verge(layout: Layout, number: int) -> Rect:
    """Take the green strip and the road along the river, or north of the railway, off it."""
    rect, network = layout.communities[number].rect, layout.network
    urban = layout.communities[number].kind != "village"
    if urban and network.lines[rect.north].road == "river":
        rest, strip = network.split(rect, "v", rect.bounds[3] - VERGE, "tertiary")
    elif network.lines[rect.south].road in (("river",) if urban else ("rail",)):
        strip, rest = network.split(rect, "v", rect.bounds[1] + VERGE, "tertiary")
    else:
        return rect
    layout.blocks.append(Block(strip, number, "bank" if urban else "verge"))
    return rest


def _subdivide(
    network: Network,
    rect: Rect,
    limit: float,
    roads: tuple[str, str],
    parts: list[Rect],
    rng: np.random.Generator,
) -> None:
    short = min(rect.width, rect.height)
    if rect.area <= limit * rng.uniform(0.75, 1.3) or max(rect.width, rect.height) < 100:
        parts.append(rect)
        return
    long_u = rect.width > rect.height
    axis: Axis = "u" if long_u else "v"
    length, low = (rect.width, rect.bounds[0]) if long_u else (rect.height, rect.bounds[1])
    at = network.aligned(rect, axis, low + length * rng.uniform(0.4, 0.6), min(32.0, short / 4))
    road = roads[0] if rect.area > 4.5 * limit else roads[1]
    for part in network.split(rect, axis, at, road):
        _subdivide(network, part, limit, roads, parts, rng)


def _uses(community: Community, parts: list[Rect], rng: np.random.Generator) -> list[str]:
    """What stands on each block: the community's sites first, homes on the rest."""
    uses = [""] * len(parts)
    free = [int(i) for i in rng.permutation(len(parts))]
    for site in community.sites:
        # A site wants a block of its own that is not a sliver; homes keep at least one.
        fit = [i for i in free if min(parts[i].width, parts[i].height) > 55]
        if len(free) > 1 and fit:
            best = min(fit, key=lambda i: abs(np.log(parts[i].area / SITE_M2[site])))
            uses[best] = site
            free.remove(best)
    if community.kind == "village":
        _hamlets(community, parts, uses)
    for index in free:
        uses[index] = uses[index] or _homes(community.kind, rng)
    return uses


def _homes(kind: str, rng: np.random.Generator) -> str:
    shares = {
        "old": (("lanes", 0.85), ("slab", 0.15)),
        "slab": (("slab", 0.82), ("tower", 0.18)),
        "tower": (("tower", 0.75), ("slab", 0.25)),
        "village": (("field", 1.0),),
    }[kind]
    names, weights = zip(*shares, strict=True)
    return str(rng.choice(names, p=weights))


def _hamlets(community: Community, parts: list[Rect], uses: list[str]) -> None:
    """Houses stand together near the middle of a village; the rest is fields."""
    middle = _middle(community.rect)
    near = sorted(
        (i for i in range(len(parts)) if not uses[i]),
        key=lambda i: float(np.hypot(*(_middle(parts[i]) - middle))),
    )
    wanted_m2 = VILLAGE_HOUSEHOLDS / HAMLET_DENSITY * 1e4
    for index in near:
        if wanted_m2 <= 0:
            return
        uses[index] = "hamlet"
        wanted_m2 -= parts[index].area
