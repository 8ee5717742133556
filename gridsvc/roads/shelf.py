"""What a process keeps of graphs: those in use, under the conditions they are in use with.

Everything is told by its content: a graph by its digest, a condition by an id that exists once.
Two databases, or a graph loaded anew, never get each other's; and whoever still holds what has
left the shelf goes on with it until they are done.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple, TypeVar
from uuid import UUID

from gridsvc.roads.by_road import ByRoad
from gridsvc.roads.conditions import Condition
from gridsvc.roads.modes import Mode
from gridsvc.roads.net import RoadNet
from gridsvc.roads.packing import unpack

Name = TypeVar("Name")
Thing = TypeVar("Thing")

#: Counties a process keeps; one of 55,000 junctions takes about 100 MB with its three modes.
MOST_NETS = 16
#: Modes × conditions it keeps of them.
MOST_TRAVELS = 64


class Key(NamedTuple):
    """A mode on a graph under conditions."""

    digest: str
    mode: Mode
    conditions: tuple[UUID, ...]


class Shelf:
    """Graphs and travelling on them, the least recently used given away first."""

    def __init__(self) -> None:
        self._nets: OrderedDict[str, RoadNet] = OrderedDict()
        self._travels: OrderedDict[Key, ByRoad] = OrderedDict()
        self._looking = Lock()  # held for no longer than a look: the event loop waits for it
        self._building = Lock()

    def travel(self, key: Key) -> ByRoad | None:
        """What is there already, or none."""
        with self._looking:
            return _taken(self._travels, key)

    def net(self, digest: str) -> RoadNet | None:
        """A graph that is there already, or none."""
        with self._looking:
            return _taken(self._nets, digest)

    def make_net(self, digest: str, content: bytes) -> RoadNet:
        """Unpack a graph, once for all who ask at the same time; a tenth of a second."""
        with self._building:
            found = self.net(digest)
            if found is None:
                found = RoadNet(unpack(content))
                with self._looking:
                    _put(self._nets, digest, found, MOST_NETS)
            return found

    def make_travel(self, key: Key, net: RoadNet, conditions: Sequence[Condition]) -> ByRoad:
        """Customise a graph, once for all who ask at the same time; milliseconds."""
        with self._building:
            found = self.travel(key)
            if found is None:
                found = ByRoad(net, key.mode, net.weights(key.mode, conditions))
                with self._looking:
                    _put(self._travels, key, found, MOST_TRAVELS)
            return found


def _taken(shelf: OrderedDict[Name, Thing], name: Name) -> Thing | None:
    found = shelf.get(name)
    if found is not None:
        shelf.move_to_end(name)
    return found


def _put(shelf: OrderedDict[Name, Thing], name: Name, thing: Thing, most: int) -> None:
    shelf[name] = thing
    while len(shelf) > most:
        shelf.popitem(last=False)


#: The one of this process.
SHELF = Shelf()
