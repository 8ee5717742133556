"""How long work says how far it has come.

Long-running functions take a ``progress`` argument of type `Progress` and call it with a
step's name and the share of that step done. The command line draws a bar from it.
"""

from __future__ import annotations

from collections.abc import Callable

#: ``progress(step, share)``: name of the running step and share of it done, 0.0 to 1.0.
Progress = Callable[[str, float], None]


def silent(step: str, share: float) -> None:
    """Report nothing; the default where nobody watches."""
