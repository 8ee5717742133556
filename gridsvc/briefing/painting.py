"""Who paints pages: Chromium where there is one, matplotlib where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gridsvc.briefing.scene import Scene

#: Asked while something long is painted; true = give up.
Stopped = Callable[[], bool]


class GivenUp(Exception):
    """Whoever asked for pages does not want them any more."""


def never() -> bool:
    """Nobody stops it."""
    return False


class Painter(Protocol):
    """Turns scenes into files, one page at a time.

    Attributes
    ----------
    name
        What it is, for logs and the command line.
    """

    name: str

    def pdf(self, scene: Scene) -> bytes:
        """A document of one page in the size of the scene."""

    def png(self, scene: Scene, dots_per_mm: float) -> bytes:
        """A picture of the scene."""
