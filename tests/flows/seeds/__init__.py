"""What real places do, one function for each of their 66 capabilities.

Each module holds one subject; a function named ``rowNN`` does what row NN describes, through the
API or the command line, with the row's own data and figures. Its docstring says how the service
expresses it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

Row = Callable[[AsyncEngine, httpx.AsyncClient], Awaitable[None]]


def rows() -> list[Row]:
    """Every row there is a function for, by number."""
    found: dict[str, Row] = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        if module.name.endswith("__main__"):
            continue
        for name, row in vars(importlib.import_module(module.name)).items():
            if re.fullmatch(r"row\d\d", name):
                assert name not in found, f"two modules have a {name}"
                found[name] = row
    return [found[name] for name in sorted(found)]
